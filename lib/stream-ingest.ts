import { Duration } from 'aws-cdk-lib';
import { EventSourceMapping, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { IngestProps } from './ingest.ts';
import { functions, streamMapping } from './limits.ts';
import { NodeFunction } from './node-function.ts';
import type { CarrierSource } from './source.ts';
import type { Storage } from './storage.ts';

/** Where Lambda puts the records of a batch that kept failing: `aws/lambda/<mapping>/<shard>/<date>/…`. */
const failedBatchPrefix = 'aws/lambda/';

/** The way in through Kinesis: one consumer function, and one mapping for each source's stream. */
export class StreamIngest extends Construct {
  readonly consumer: NodeFunction;

  constructor(scope: Construct, id: string, props: IngestProps) {
    super(scope, id);
    this.consumer = new NodeFunction(this, 'KinesisConsumer', {
      definition: functions.kinesisConsumer,
      description: "Takes carriers' records from Kinesis into the ledger",
      environment: props.environment,
      removalPolicy: props.removalPolicy,
    });
    this.#allow(props);
    for (const source of props.sources) this.#consume(source, props.storage);
  }

  #allow({ sources, storage }: IngestProps): void {
    storage.allowLedgerWrite(this.consumer);
    this.consumer.allow(
      [
        'kinesis:DescribeStream',
        'kinesis:DescribeStreamSummary',
        'kinesis:GetRecords',
        'kinesis:GetShardIterator',
        'kinesis:ListShards',
      ],
      sources.map((source) => source.stream.streamArn),
    );
    // Lambda writes the failure destination with the function's role, and asks for the listing when it is set up.
    this.consumer.allow(['s3:PutObject'], [storage.quarantine.arnForObjects(`${failedBatchPrefix}*`)]);
    this.consumer.allow(['s3:ListBucket'], [storage.quarantine.bucketArn]);
  }

  #consume(source: CarrierSource, storage: Storage): void {
    new EventSourceMapping(this, source.node.id, {
      target: this.consumer.handler,
      eventSourceArn: source.stream.streamArn,
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: streamMapping.batchSize,
      maxBatchingWindow: Duration.seconds(streamMapping.batchingWindowSeconds),
      parallelizationFactor: streamMapping.parallelizationFactor,
      reportBatchItemFailures: true,
      bisectBatchOnError: streamMapping.bisectOnError,
      retryAttempts: streamMapping.retryAttempts,
      maxRecordAge: Duration.hours(streamMapping.maximumRecordAgeHours),
      // Only S3 gets the whole records; a queue or topic would get a pointer that ends with the stream's retention.
      onFailure: { bind: () => ({ destination: storage.quarantine.bucketArn }) },
    });
  }
}
