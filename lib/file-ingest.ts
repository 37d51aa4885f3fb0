import { Aws } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { EventSourceMapping, type EventSourceMappingProps, RecursiveLoop } from 'aws-cdk-lib/aws-lambda';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { environment } from '../lambda/aws/names.ts';
import { filedRecordPrefix } from '../lambda/store/tables.ts';
import { acknowledgeObjects } from './acknowledgements.ts';
import type { IngestProps } from './ingest.ts';
import { fileMapping, functions } from './limits.ts';
import { NodeFunction } from './node-function.ts';
import { makeQueue } from './queue.ts';
import type { ImporterSettings } from './settings.ts';

/** Properties of {@link FileIngest}. */
export interface FileIngestProps extends IngestProps {
  readonly settings: ImporterSettings;
}

/** Files that are imported concurrently when dead letters are redriven: the minimum that Lambda accepts. */
const concurrentDeadLetters = 2;

/** Ingestion through S3: buckets notify a queue, from which the importer gets its files. */
export class FileIngest extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;
  readonly importer: NodeFunction;
  /** Disabled: enable it by hand to redrive dead letters to the importer. */
  readonly redrive: EventSourceMapping;

  constructor(scope: Construct, id: string, props: FileIngestProps) {
    super(scope, id);
    // A message keeps its age when it moves, so the dead-letter queue must retain messages longer than the queue.
    const { dataKey } = props.operation;
    const common = { visibilityTimeoutSeconds: fileMapping.visibilityTimeoutSeconds, dataKey };
    this.deadLetters = makeQueue(this, 'DeadLetters', { ...common, retentionDays: 14 });
    this.queue = makeQueue(this, 'Queue', {
      ...common,
      retentionDays: 4,
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: fileMapping.maximumReceives },
    });
    this.#allowNotifications();
    for (const source of props.sources) source.notifyOfFiles(this.queue);
    this.importer = this.#createImporter(props);
    this.#allowImport(props);
    this.#import('Mapping', this.queue, { maxConcurrency: props.settings.maximumConcurrency });
    this.redrive = this.#import('Redrive', this.deadLetters, {
      maxConcurrency: concurrentDeadLetters,
      enabled: false,
    });
  }

  #import(
    id: string,
    queue: Queue,
    options: Pick<EventSourceMappingProps, 'enabled' | 'maxConcurrency'>,
  ): EventSourceMapping {
    return new EventSourceMapping(this, id, {
      target: this.importer.handler,
      eventSourceArn: queue.queueArn,
      batchSize: fileMapping.batchSize,
      reportBatchItemFailures: true,
      ...options,
    });
  }

  /**
   * Lets this account's buckets send notifications. The policy cannot name the buckets, because it must exist before
   * they do. The importer refuses notifications from buckets that belong to no source.
   */
  #allowNotifications(): void {
    this.queue.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('s3.amazonaws.com')],
        actions: ['sqs:SendMessage'],
        resources: [this.queue.queueArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    );
  }

  #createImporter(props: IngestProps): NodeFunction {
    return new NodeFunction(this, 'FileImporter', {
      definition: functions.fileImporter,
      description: "Stores carriers' CSV files from S3 in the ledger",
      environment: {
        ...props.environment,
        [environment.filesTable]: props.storage.files.tableName,
        [environment.fileQueueUrl]: this.queue.queueUrl,
      },
      // The import of a long file continues with a new message, and Lambda would stop that as a recursive loop after
      // about 16 messages.
      recursiveLoop: RecursiveLoop.ALLOW,
      operation: props.operation,
    });
  }

  #allowImport({ sources, storage }: IngestProps): void {
    storage.allowLedgerWrite(this.importer);
    this.importer.allow(
      ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
      [storage.files.tableArn],
    );
    this.importer.allow(
      ['dynamodb:BatchWriteItem', 'dynamodb:PutItem'],
      [storage.dayState.tableArn],
      [`${filedRecordPrefix}*`],
    );
    const buckets = sources.flatMap(({ bucket }) => bucket ?? []);
    this.importer.allow(
      ['s3:GetObject', 's3:GetObjectVersion'],
      buckets.map((bucket) => bucket.arnForObjects('*')),
    );
    // Without permission to list, S3 answers 403 for a missing file, as for a forbidden one.
    this.importer.allow(
      ['s3:ListBucket'],
      buckets.map((bucket) => bucket.bucketArn),
    );
    for (const bucket of buckets) {
      acknowledgeObjects(this.importer.role, bucket, '', 'Carriers name their files themselves.');
    }
    this.importer.allow(
      ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'],
      [this.queue.queueArn, this.deadLetters.queueArn],
    );
    this.importer.allow(['sqs:SendMessage'], [this.queue.queueArn]);
  }
}
