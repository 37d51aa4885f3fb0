import { randomUUID } from 'node:crypto';
import type { KinesisStreamRecord } from 'aws-lambda';

/** Why records were discarded. */
export type DiscardCondition = 'RetryAttemptsExhausted' | 'RecordAgeExceeded';

/** Records that were discarded. */
export interface DiscardedBatch {
  readonly mappingId: string;
  readonly functionArn: string;
  readonly streamArn: string;
  readonly shardId: string;
  /** The records in order; at least one. */
  readonly records: readonly KinesisStreamRecord[];
  readonly condition: DiscardCondition;
  /** The latest invocation with these records; absent if there was none. */
  readonly lastInvocation?: { readonly requestId: string; readonly functionFailed: boolean };
  /** How often they were delivered. */
  readonly invocations: number;
}

/** An object for the failure destination. */
export interface FailureObject {
  /** `aws/lambda/<mapping>/<shard>/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-<uuid>` */
  readonly key: string;
  /** JSON. */
  readonly body: string;
  /** How many records it contains. */
  readonly records: number;
  readonly condition: DiscardCondition;
}

/**
 * The invocation record that Lambda writes to an S3 failure destination, with the whole event as `payload`. Missing
 * parts are null: the error if the function reported records as failed, the response if it was never invoked.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
 */
export function makeFailureObject(batch: DiscardedBatch, now: Date): FailureObject {
  const { condition, records } = batch;
  const timestamp = now.toISOString();
  const [day = '', time = ''] = timestamp.slice(0, 19).split('T');
  const place = `aws/lambda/${batch.mappingId}/${batch.shardId}/${day.replaceAll('-', '/')}`;
  const key = `${place}/${day}T${time.replaceAll(':', '.')}-${randomUUID()}`;
  const body = JSON.stringify({
    requestContext: {
      requestId: batch.lastInvocation?.requestId ?? null,
      functionArn: batch.functionArn,
      condition,
      approximateInvokeCount: batch.invocations,
    },
    responseContext: makeResponseContext(batch),
    version: '1.0',
    timestamp,
    KinesisBatchInfo: describeBatchInfo(batch),
    payload: JSON.stringify({ Records: records }),
  });
  return { key, body, records: records.length, condition };
}

function makeResponseContext({ lastInvocation }: DiscardedBatch) {
  if (lastInvocation === undefined) return null;
  const functionError = lastInvocation.functionFailed ? 'Unhandled' : null;
  return { statusCode: 200, executedVersion: '$LATEST', functionError };
}

function describeBatchInfo({ shardId, streamArn, records }: DiscardedBatch) {
  const [first, last] = [records[0]?.kinesis, records.at(-1)?.kinesis];
  return {
    shardId,
    startSequenceNumber: first?.sequenceNumber,
    endSequenceNumber: last?.sequenceNumber,
    approximateArrivalOfFirstRecord: formatIsoTime(first?.approximateArrivalTimestamp),
    approximateArrivalOfLastRecord: formatIsoTime(last?.approximateArrivalTimestamp),
    batchSize: records.length,
    streamArn,
  };
}

function formatIsoTime(epochSeconds = 0): string {
  return new Date(epochSeconds * 1000).toISOString();
}
