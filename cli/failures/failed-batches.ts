import { paginateListObjectsV2 } from '@aws-sdk/client-s3';
import type { KinesisStreamRecord } from 'aws-lambda';
import * as z from 'zod';
import { failedBatchPrefix } from '../../lambda/aws/names.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { parsedJson } from '../json.ts';
import { readObjectText } from '../quarantine/objects.ts';

/** Batches that Lambda has given up: whole records, in the quarantine bucket. */

/** An object that Lambda wrote. */
export interface FailedBatchObject {
  readonly key: string;
  readonly bytes: number;
  /** Milliseconds since the epoch. */
  readonly writtenAt: number;
}

/** What is in it. */
export interface FailedBatch {
  /** Why it was given up: `RetryAttemptsExhausted` or `RecordAgeExceeded`. */
  readonly condition: string;
  /** Whether the function crashed on it, or ran out of time, or reported its records as failed. */
  readonly functionError: string | undefined;
  readonly streamArn: string;
  readonly records: readonly KinesisStreamRecord[];
}

/** Lambda writes null for what there is not: no error of the function where it reported records as failed. */
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

/** Goes through the objects, in the order of their keys: by mapping, shard and time. */
export async function* failedBatchObjects({
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

/** Reads a batch; undefined where the object is gone, or is none that Lambda wrote. */
export async function readFailedBatch(
  { s3, places }: Pick<Deployment, 's3' | 'places'>,
  key: string,
): Promise<FailedBatch | undefined> {
  const text = await readObjectText(s3, places.quarantineBucket, key);
  const invocation = invocationRecord.safeParse(parsedJson(text ?? ''));
  if (!invocation.success) return undefined;
  const { requestContext, responseContext, KinesisBatchInfo, payload } = invocation.data;
  const records = event.safeParse(parsedJson(payload));
  if (!records.success) return undefined;
  return {
    condition: requestContext.condition,
    functionError: responseContext?.functionError ?? undefined,
    streamArn: KinesisBatchInfo.streamArn,
    records: records.data.Records.map(asDelivered),
  };
}

function asDelivered(record: z.output<typeof event>['Records'][number]): KinesisStreamRecord {
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
