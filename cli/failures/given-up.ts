import { paginateListObjectsV2 } from '@aws-sdk/client-s3';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
} from '@aws-sdk/client-sqs';
import type { KinesisStreamRecord } from 'aws-lambda';
import * as z from 'zod';
import { failedBatchPrefix } from '../../lambda/aws/names.ts';
import { type FileObject, readMessage } from '../../lambda/ingest/files/messages.ts';
import { parseJson } from '../../lambda/json/json.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { readObjectText } from '../quarantine/objects.ts';

/**
 * What Lambda gave up: batches of Kinesis records, complete in the quarantine bucket, and file notifications, in the
 * dead-letter queue.
 */

/** An object that Lambda wrote. */
export interface FailedBatchObject {
  readonly key: string;
  readonly bytes: number;
  /** Milliseconds since the epoch. */
  readonly writtenAt: number;
}

/** The contents of the object. */
export interface FailedBatch {
  /** Why Lambda gave it up: `RetryAttemptsExhausted` or `RecordAgeExceeded`. */
  readonly condition: string;
  /** Whether the function crashed or timed out, or reported its records as failed. */
  readonly functionError: string | undefined;
  readonly streamArn: string;
  readonly records: readonly KinesisStreamRecord[];
}

/** Lambda writes null for missing members: there is no error if the function reported records as failed. */
const invocationRecord = z.object({
  requestContext: z.object({ condition: z.string() }),
  responseContext: z.object({ functionError: z.string().nullish() }).nullish(),
  KinesisBatchInfo: z.object({ streamArn: z.string() }),
  payload: z.string(),
});

const event = z.object({
  Records: z.array(
    z.object({
      eventID: z.string(),
      eventSourceARN: z.string(),
      kinesis: z.object({
        data: z.string(),
        sequenceNumber: z.string(),
        partitionKey: z.string(),
        approximateArrivalTimestamp: z.number(),
      }),
    }),
  ),
});

/** Lists the objects in key order: by mapping, shard and time. */
export async function* listFailedBatchObjects({
  s3,
  places,
}: Pick<Deployment, 's3' | 'places'>): AsyncGenerator<FailedBatchObject> {
  const pages = paginateListObjectsV2(
    { client: s3 },
    { Bucket: places.quarantineBucket, Prefix: failedBatchPrefix },
  );
  for await (const { Contents: contents = [] } of pages) {
    for (const { Key: key = '', Size: bytes = 0, LastModified: written } of contents) {
      yield { key, bytes, writtenAt: written?.getTime() ?? 0 };
    }
  }
}

/** Reads a batch; undefined if the object is gone, or Lambda did not write it. */
export async function readFailedBatch(
  { s3, places }: Pick<Deployment, 's3' | 'places'>,
  key: string,
): Promise<FailedBatch | undefined> {
  const text = await readObjectText(s3, places.quarantineBucket, key);
  const invocation = invocationRecord.safeParse(parseJson(text ?? ''));
  if (!invocation.success) return undefined;
  const { requestContext, responseContext, KinesisBatchInfo, payload } = invocation.data;
  const records = event.safeParse(parseJson(payload));
  if (!records.success) return undefined;
  return {
    condition: requestContext.condition,
    functionError: responseContext?.functionError ?? undefined,
    streamArn: KinesisBatchInfo.streamArn,
    records: records.data.Records.map(restoreDelivery),
  };
}

function restoreDelivery(record: z.output<typeof event>['Records'][number]): KinesisStreamRecord {
  const { eventID, eventSourceARN, kinesis } = record;
  return {
    kinesis: { kinesisSchemaVersion: '1.0', ...kinesis },
    eventSource: 'aws:kinesis',
    eventVersion: '1.0',
    eventID,
    eventName: 'aws:kinesis:record',
    invokeIdentityArn: '',
    awsRegion: eventSourceARN.split(':')[3] ?? '',
    eventSourceARN,
  };
}

/** A file notification, invisible to other consumers while it is processed. */
export interface DeadLetter {
  readonly id: string;
  /** The handle of its latest receipt, which deletes it or makes it visible. */
  receipt: string;
  /** When it was sent, milliseconds since the epoch. */
  readonly sentAt: number;
  /** The object in the notification; undefined if it names none. */
  readonly objects: readonly FileObject[] | undefined;
}

/** The visibility timeout of a message, in seconds; extended while it is processed. */
const heldSeconds = 120;
const maxMessages = 10;
/** The queue counts as empty after this many answers in a row with only known messages. */
const maxRepeats = 3;

/** Receives the messages of the dead-letter queue, each once. The caller deletes each, or gives it back. */
export async function* readDeadLetters({ sqs, places }: Deployment): AsyncGenerator<DeadLetter> {
  if (places.queues === undefined) return;
  const seen = new Map<string, DeadLetter>();
  for (let repeats = 0; repeats < maxRepeats; ) {
    const { Messages: messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: places.queues.deadLetters,
        MaxNumberOfMessages: maxMessages,
        VisibilityTimeout: heldSeconds,
        // With long polling, SQS queries all of its servers, so an empty answer means that the queue is empty.
        WaitTimeSeconds: 1,
        MessageSystemAttributeNames: ['SentTimestamp'],
      }),
    );
    if (messages.length === 0) return;
    repeats += 1;
    for (const message of messages.map(readDeadLetter)) {
      const known = seen.get(message.id);
      if (known !== undefined) {
        known.receipt = message.receipt;
        continue;
      }
      seen.set(message.id, message);
      repeats = 0;
      yield message;
    }
  }
}

/** Processes a message, and keeps it invisible meanwhile. */
export async function holdMessage<Result>(
  deployment: Deployment,
  message: DeadLetter,
  work: () => Promise<Result>,
): Promise<Result> {
  const timer = setInterval(
    () => {
      // If this fails, the work continues: doing it twice does no harm.
      hide(deployment, message, heldSeconds).catch(() => undefined);
    },
    (heldSeconds * 1000) / 2,
  );
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

/** Makes a message visible to others. */
export function giveBack(deployment: Deployment, message: DeadLetter): Promise<void> {
  return hide(deployment, message, 0);
}

/** Deletes a message. */
export async function remove({ sqs, places }: Deployment, { receipt }: DeadLetter): Promise<void> {
  const QueueUrl = places.queues?.deadLetters;
  await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: receipt }));
}

async function hide(
  { sqs, places }: Deployment,
  { receipt }: DeadLetter,
  VisibilityTimeout: number,
): Promise<void> {
  const QueueUrl = places.queues?.deadLetters;
  await sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle: receipt, VisibilityTimeout }));
}

function readDeadLetter({ MessageId, ReceiptHandle, Attributes, Body = '' }: Message): DeadLetter {
  return {
    id: MessageId ?? '',
    receipt: ReceiptHandle ?? '',
    sentAt: Number(Attributes?.SentTimestamp ?? 0),
    objects: readMessage(Body)?.objects,
  };
}
