import { Annotations, Duration } from 'aws-cdk-lib';
import { EventSourceMapping, MetricType, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { environment, failedBatchPrefix } from '../lambda/aws/names.ts';
import { shardNotePrefix } from '../lambda/store/tables.ts';
import { acknowledgeObjects } from './acknowledgements.ts';
import type { IngestProps } from './ingest.ts';
import { functions, streamMapping } from './limits.ts';
import { NodeFunction } from './node-function.ts';
import type { ConsumerSettings, SourceSettings } from './settings.ts';
import {
  chooseParallelizationFactor,
  estimateOnDemandShards,
  findShortages,
  onDemandShards,
} from './sizing.ts';
import type { CarrierSource } from './source.ts';

/** An account's default concurrency in Lambda. */
const newAccountConcurrency = 1_000;

/** Properties of {@link StreamIngest}. */
export interface StreamIngestProps extends IngestProps {
  readonly settings: ConsumerSettings;
}

/** Ingestion through Kinesis: one consumer function, and a mapping for each source's stream. */
export class StreamIngest extends Construct {
  readonly consumer: NodeFunction;
  /** Each source's mapping. */
  readonly mappings: ReadonlyMap<CarrierSource, EventSourceMapping>;

  constructor(scope: Construct, id: string, props: StreamIngestProps) {
    super(scope, id);
    const { reservedConcurrency } = props.settings;
    this.consumer = new NodeFunction(this, 'KinesisConsumer', {
      definition: { ...functions.kinesisConsumer, memoryMegabytes: props.settings.memoryMegabytes },
      description: "Stores carriers' records from Kinesis in the ledger",
      environment: {
        ...props.environment,
        [environment.deliveriesTable]: props.storage.deliveries.tableName,
        [environment.parallelBatches]: String(findParallelBatches(props)),
      },
      ...(reservedConcurrency > 0 && { reservedConcurrency }),
      operation: props.operation,
    });
    this.#allow(props);
    this.mappings = new Map(props.sources.map((source) => [source, this.#consume(source, props)]));
    this.#checkConcurrency(props);
  }

  #allow({ sources, storage }: IngestProps): void {
    storage.allowLedgerWrite(this.consumer);
    this.consumer.allow(['dynamodb:GetItem', 'dynamodb:PutItem'], [storage.deliveries.tableArn]);
    // The consumer notes how far it has read each shard.
    this.consumer.allow(
      ['dynamodb:GetItem', 'dynamodb:UpdateItem'],
      [storage.alertState.tableArn],
      [`${shardNotePrefix}*`],
    );
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
    // Lambda writes to the failure destination with the function's role, and checks `s3:ListBucket` when that is
    // configured.
    this.consumer.allow(['s3:PutObject'], [storage.quarantine.arnForObjects(`${failedBatchPrefix}*`)]);
    acknowledgeObjects(
      this.consumer.role,
      storage.quarantine,
      failedBatchPrefix,
      'Lambda names the objects of failed batches itself, all below this prefix.',
    );
    this.consumer.allow(['s3:ListBucket'], [storage.quarantine.bucketArn]);
  }

  #consume(source: CarrierSource, { storage, settings }: StreamIngestProps): EventSourceMapping {
    return new EventSourceMapping(this, source.node.id, {
      target: this.consumer.handler,
      eventSourceArn: source.stream.streamArn,
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: settings.batchSize,
      maxBatchingWindow: Duration.seconds(settings.batchingWindowSeconds),
      parallelizationFactor: this.#chooseParallelization(source, settings),
      reportBatchItemFailures: true,
      bisectBatchOnError: streamMapping.bisectOnError,
      retryAttempts: streamMapping.retryAttempts,
      maxRecordAge: Duration.hours(streamMapping.maximumRecordAgeHours),
      // Only S3 receives whole records; a queue or topic would receive a pointer that is useless after the stream's
      // retention.
      onFailure: { bind: () => ({ destination: storage.quarantine.bucketArn }) },
      // The only count of records that went to the failure destination.
      metricsConfig: { metrics: [MetricType.EVENT_COUNT] },
    });
  }

  /** Concurrent batches per shard. Warns if they are too few for the source's fleet. */
  #chooseParallelization({ settings, node }: CarrierSource, consumer: ConsumerSettings): number {
    const { fleet, name } = settings;
    const capacity = describeCapacity(settings, consumer);
    if (fleet === undefined) return capacity.parallelizationFactor;
    for (const [index, shortage] of findShortages(fleet, capacity).entries()) {
      Annotations.of(this).addWarningV2(`simledger:fleet:${node.id}:${index}`, `Source ${name}: ${shortage}`);
    }
    return capacity.parallelizationFactor;
  }

  /** Warns if the consumer's concurrency is below what the shards can use. */
  #checkConcurrency({ sources, settings }: StreamIngestProps): void {
    const { reservedConcurrency } = settings;
    const needed = sources
      .map((source) => describeCapacity(source.settings, settings))
      .reduce((sum, { shards, parallelizationFactor }) => sum + shards * parallelizationFactor, 0);
    const limit = reservedConcurrency === 0 ? newAccountConcurrency : reservedConcurrency;
    if (needed <= limit) return;
    const whose =
      reservedConcurrency === 0
        ? `an account is limited to ${limit} by default`
        : `consumer.reservedConcurrency limits them to ${limit}`;
    Annotations.of(this).addWarningV2(
      'simledger:fleet:concurrency',
      `The streams may have ${needed} concurrent batches; ${whose}.`,
    );
  }
}

/** The largest number of concurrent batches per shard of any source. */
function findParallelBatches({ sources, settings: consumer }: StreamIngestProps): number {
  return Math.max(
    1,
    ...sources.map(({ settings }) => describeCapacity(settings, consumer).parallelizationFactor),
  );
}

/** A source's capacity: as configured, or as its fleet needs it. */
function describeCapacity({ fleet, stream }: SourceSettings, consumer: ConsumerSettings) {
  const { memoryMegabytes } = consumer;
  const isOnDemand = stream.shards === undefined;
  const shards = stream.shards ?? (fleet === undefined ? onDemandShards : estimateOnDemandShards(fleet));
  const chosen =
    fleet === undefined
      ? streamMapping.parallelizationFactor
      : chooseParallelizationFactor(fleet, { shards, memoryMegabytes });
  const parallelizationFactor = consumer.parallelizationFactor ?? chosen;
  return { shards, parallelizationFactor, memoryMegabytes, isOnDemand };
}
