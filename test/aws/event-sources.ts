import { setTimeout as wait } from 'node:timers/promises';
import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  ListShardsCommand,
} from '@aws-sdk/client-kinesis';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { KinesisStreamRecord } from 'aws-lambda';
import { readBatchResponse } from '../../emulators/event-source-mapping/batch-response.ts';
import { makeRecordFactory } from '../../emulators/event-source-mapping/kinesis-record.ts';
import { type InvocationTarget, systemClock } from '../../emulators/event-source-mapping/mapping.ts';
import { createSqsRecord } from '../../emulators/event-source-mapping/sqs.ts';
import { type BatchOutcome, deliver } from '../../emulators/event-source-mapping/stream-delivery.ts';
import type { Endpoint } from './endpoint.ts';

/** How a stream's mapping is deployed, as the template has it. */
export interface StreamMappingProperties {
  readonly BatchSize: number;
  readonly BisectBatchOnFunctionError: boolean;
  readonly MaximumRetryAttempts: number;
  readonly MaximumRecordAgeInSeconds: number;
}

/** What came of a delivery. */
export interface Delivered {
  readonly records: number;
  /** Batches that did not succeed as a whole. */
  readonly failures: readonly BatchOutcome[];
}

/** A client for streams. Not every endpoint understands HTTP/2, which it would speak by default. */
export function createKinesisClient({ proxy, region, credentials }: Endpoint): KinesisClient {
  return new KinesisClient({
    ...{ endpoint: proxy.url, region, credentials },
    requestHandler: new NodeHttpHandler(),
  });
}

/**
 * Reads a stream from its oldest record to its end and delivers it to a function, as Lambda does by the deployed mapping.
 *
 * @param failureBucket takes what is given up.
 */
export async function deliverStream(
  client: KinesisClient,
  s3: S3Client,
  {
    streamArn,
    target,
    mapping,
    failureBucket,
  }: {
    streamArn: string;
    target: InvocationTarget;
    mapping: StreamMappingProperties;
    failureBucket: string;
  },
): Promise<Delivered> {
  const failures: BatchOutcome[] = [];
  let records = 0;
  const { Shards = [] } = await client.send(new ListShardsCommand({ StreamARN: streamArn }));
  for (const { ShardId: shardId = '' } of Shards) {
    const events = await readShard(client, streamArn, shardId, target.arn);
    records += events.length;
    for (let from = 0; from < events.length; from += mapping.BatchSize) {
      await deliver(events.slice(from, from + mapping.BatchSize), {
        ...{ target, streamArn, shardId, mappingId: 'test', clock: systemClock },
        rules: {
          bisectOnError: mapping.BisectBatchOnFunctionError,
          retryAttempts: mapping.MaximumRetryAttempts,
          maximumRecordAgeHours: mapping.MaximumRecordAgeInSeconds / 3_600,
        },
        retryDelay: { firstMilliseconds: 100, longestMilliseconds: 1_000 },
        onFailure: async ({ key, body }) => {
          await s3.send(new PutObjectCommand({ Bucket: failureBucket, Key: key, Body: body }));
        },
        onBatch: ({ outcome }) => {
          if (outcome.kind !== 'succeeded') failures.push(outcome);
        },
        onError: (error) => {
          throw error;
        },
        signal: AbortSignal.timeout(maxDeliveryMilliseconds),
      });
    }
  }
  return { records, failures };
}

/** After this a batch that keeps failing is tried no more. */
const maxDeliveryMilliseconds = 60_000;

async function readShard(
  client: KinesisClient,
  StreamARN: string,
  ShardId: string,
  functionArn: string,
): Promise<KinesisStreamRecord[]> {
  const makeRecord = makeRecordFactory({ arn: StreamARN }, ShardId, functionArn);
  const start = await client.send(
    new GetShardIteratorCommand({ StreamARN, ShardId, ShardIteratorType: 'TRIM_HORIZON' }),
  );
  const events: KinesisStreamRecord[] = [];
  for (let iterator = start.ShardIterator; iterator !== undefined; ) {
    const page = await client.send(new GetRecordsCommand({ StreamARN, ShardIterator: iterator }));
    for (const { Data = new Uint8Array(), ...record } of page.Records ?? []) {
      const { event } = makeRecord({
        sequenceNumber: record.SequenceNumber ?? '',
        partitionKey: record.PartitionKey ?? '',
        data: Buffer.from(Data),
        approximateArrivalTimestamp: (record.ApproximateArrivalTimestamp ?? new Date()).getTime() / 1_000,
        position: events.length,
      });
      events.push(event);
    }
    const isEnd = (page.Records ?? []).length === 0 && (page.MillisBehindLatest ?? 0) === 0;
    iterator = isEnd ? undefined : page.NextShardIterator;
  }
  return events;
}

/** A client for queues that asks the endpoint, not the host of a queue's URL. */
export function createSqsClient({ proxy, region, credentials }: Endpoint): SQSClient {
  return new SQSClient({ endpoint: proxy.url, region, credentials, useQueueUrlAsEndpoint: false });
}

/** What came of a queue's messages. */
export interface Imported {
  readonly messages: number;
  /** Bodies of messages that the function did not take, and errors of the function. */
  readonly failures: readonly string[];
}

/**
 * Delivers a queue's messages to a function, one after the other, until the queue stays empty.
 *
 * @param complete adds to a message what the endpoint should have put into it.
 * @param isOver for waiting for messages until something else is over.
 */
export async function deliverQueue(
  client: SQSClient,
  {
    queueUrl: QueueUrl,
    target,
    complete,
    isOver = () => true,
  }: {
    queueUrl: string;
    target: InvocationTarget;
    complete: (body: string) => Promise<string>;
    isOver?: () => boolean;
  },
): Promise<Imported> {
  const { Attributes = {} } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
  );
  const failures: string[] = [];
  let messages = 0;
  for (;;) {
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({
        ...{ QueueUrl, MaxNumberOfMessages: 1, WaitTimeSeconds: 0 },
        MessageSystemAttributeNames: ['All'],
      }),
    );
    if (Messages.length === 0 && isOver()) return { messages, failures };
    if (Messages.length === 0) await wait(200);
    for (const message of Messages) {
      messages += 1;
      const completed = { ...message, Body: await complete(message.Body ?? '') };
      const failure = await deliverMessage(completed, Attributes['QueueArn'] ?? '', target);
      const receipt = { QueueUrl, ReceiptHandle: message.ReceiptHandle };
      if (failure === undefined) await client.send(new DeleteMessageCommand(receipt));
      else {
        failures.push(failure);
        await client.send(new ChangeMessageVisibilityCommand({ ...receipt, VisibilityTimeout: 60 }));
      }
    }
  }
}

/** @returns why the message stays in the queue; undefined where the function has taken it. */
async function deliverMessage(
  message: Message,
  queueArn: string,
  target: InvocationTarget,
): Promise<string | undefined> {
  const attribute = (
    name: 'SentTimestamp' | 'ApproximateFirstReceiveTimestamp' | 'ApproximateReceiveCount',
  ) => Number(message.Attributes?.[name] ?? 0);
  const record = createSqsRecord(
    {
      messageId: message.MessageId ?? '',
      receiptHandle: message.ReceiptHandle ?? '',
      body: message.Body ?? '',
      md5OfBody: message.MD5OfBody ?? '',
      sentMilliseconds: attribute('SentTimestamp'),
      firstReceivedMilliseconds: attribute('ApproximateFirstReceiveTimestamp'),
      receiveCount: attribute('ApproximateReceiveCount'),
    },
    queueArn,
  );
  const result = await target.invoke({ Records: [record] });
  if (!result.ok) return `${result.error.name}: ${result.error.message}`;
  const response = readBatchResponse(result.response);
  return response.valid && response.failed.length === 0 ? undefined : (message.Body ?? '');
}
