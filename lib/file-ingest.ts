import { Aws, Duration } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { EventSourceMapping, RecursiveLoop } from 'aws-cdk-lib/aws-lambda';
import { Queue, QueueEncryption, type QueueProps } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { environment } from '../lambda/names.ts';
import type { IngestProps } from './ingest.ts';
import { fileMapping, functions } from './limits.ts';
import { NodeFunction } from './node-function.ts';

/** The way in through S3: buckets announce files on a queue, which the importer works off. */
export class FileIngest extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;
  readonly importer: NodeFunction;

  constructor(scope: Construct, id: string, props: IngestProps) {
    super(scope, id);
    // A message keeps its age when it moves, so it has to live longer among the dead letters than in the queue.
    this.deadLetters = this.#queue('DeadLetters', { retentionPeriod: Duration.days(14) });
    this.queue = this.#queue('Queue', {
      retentionPeriod: Duration.days(4),
      // Six times the function's time, as AWS advises: no message shows up again while it is worked on or retried.
      visibilityTimeout: Duration.seconds(6 * functions.fileImporter.timeoutSeconds),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: fileMapping.maximumReceives },
    });
    this.#allowAnnouncements();
    for (const source of props.sources) source.announceFilesTo(this.queue);
    this.importer = this.#importer(props);
    this.#allowImport(props);
    new EventSourceMapping(this, 'Mapping', {
      target: this.importer.handler,
      eventSourceArn: this.queue.queueArn,
      batchSize: fileMapping.batchSize,
      maxConcurrency: fileMapping.maximumConcurrency,
      reportBatchItemFailures: true,
    });
  }

  #queue(id: string, props: QueueProps): Queue {
    return new Queue(this, id, { ...props, encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true });
  }

  /**
   * Lets this account's buckets announce files. It can't name the buckets: each needs the policy before it is created.
   * The importer refuses announcements of buckets that belong to no source.
   */
  #allowAnnouncements(): void {
    this.queue.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('s3.amazonaws.com')],
        actions: ['sqs:SendMessage'],
        resources: [this.queue.queueArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    );
  }

  #importer(props: IngestProps): NodeFunction {
    return new NodeFunction(this, 'FileImporter', {
      definition: functions.fileImporter,
      description: "Takes carriers' CSV files from S3 into the ledger",
      environment: {
        ...props.environment,
        [environment.filesTable]: props.storage.files.tableName,
        [environment.fileQueueUrl]: this.queue.queueUrl,
      },
      // A long file goes on in a new message. Lambda would take that for a runaway loop after about 16 of them.
      recursiveLoop: RecursiveLoop.ALLOW,
      removalPolicy: props.removalPolicy,
    });
  }

  #allowImport({ sources, storage }: IngestProps): void {
    storage.allowLedgerWrite(this.importer);
    this.importer.allow(
      ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
      [storage.files.tableArn],
    );
    this.importer.allow(
      ['s3:GetObject', 's3:GetObjectVersion'],
      sources.map((source) => source.bucket.arnForObjects('*')),
    );
    this.importer.allow(
      ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage', 'sqs:SendMessage'],
      [this.queue.queueArn],
    );
  }
}
