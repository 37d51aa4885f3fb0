import type { KinesisStreamRecord } from 'aws-lambda';
import type { InvocationError } from '../lambda-runtime/messages.ts';
import type { InvocationResult } from '../lambda-runtime/process.ts';
import { readBatchResponse } from './batch-response.ts';
import { type DiscardCondition, type FailureObject, makeFailureObject } from './invocation-record.ts';
import type { Clock, InvocationTarget } from './mapping.ts';

/** How to treat batches that fail, for example the relevant part of `streamMapping` in `lib/limits.ts`. */
export interface DeliveryRules {
  /** Whether to split a batch in two if its invocation fails as a whole. A split does not count as a retry. */
  readonly bisectOnError: boolean;
  /** How often to retry a failing batch before it is discarded; -1 for no limit. */
  readonly retryAttempts: number;
  /** Hours after which a record is discarded instead of being delivered (again). */
  readonly maximumRecordAgeHours: number;
}

/** The time between deliveries of failed records, which doubles from the first to the longest. */
export interface RetryDelay {
  readonly firstMilliseconds: number;
  readonly longestMilliseconds: number;
}

/** How a delivery ended. */
export type BatchOutcome =
  | { readonly kind: 'succeeded' }
  /** The function reported failed records: how many records precede the first of them. These are done. */
  | { readonly kind: 'partial'; readonly succeeded: number }
  /** The invocation failed or its response is invalid: no record is done. */
  | { readonly kind: 'failed'; readonly error: InvocationError };

/** Describes one delivery. */
export interface BatchReport {
  readonly shardId: string;
  /** How many records were delivered. */
  readonly records: number;
  readonly outcome: BatchOutcome;
  readonly durationMilliseconds: number;
}

/** What the deliveries of a shard need. */
export interface DeliveryContext {
  readonly target: InvocationTarget;
  readonly rules: DeliveryRules;
  readonly retryDelay: RetryDelay;
  readonly mappingId: string;
  readonly streamArn: string;
  readonly shardId: string;
  /** Stores discarded records. Called again until it succeeds, because nothing may be lost. */
  readonly onFailure: (object: FailureObject) => Promise<void>;
  readonly onBatch: (report: BatchReport) => void;
  /** Called each time that `onFailure` fails. */
  readonly onError: (error: unknown) => void;
  readonly clock: Clock;
  /** Ends the retries. */
  readonly signal: AbortSignal;
}

/** Records that are still to be delivered. */
interface Work {
  readonly records: readonly KinesisStreamRecord[];
  /** How often exactly this batch failed. */
  readonly failures: number;
  /** How often these records were delivered, in any batch. */
  readonly invocations: number;
  /** Milliseconds to wait before the delivery. */
  readonly delay: number;
  readonly lastInvocation?: { readonly requestId: string; readonly functionFailed: boolean };
}

/**
 * Delivers a batch in order until each record is processed or discarded.
 *
 * @returns how many records are done, counted from the first; fewer than given only if the signal was aborted.
 */
export async function deliver(
  records: readonly KinesisStreamRecord[],
  context: DeliveryContext,
): Promise<number> {
  // The next batch is at the end.
  const stack: Work[] = [{ records, failures: 0, invocations: 0, delay: 0 }];
  while (!context.signal.aborted) {
    const work = stack.pop();
    if (work === undefined) return records.length;
    if (work.delay > 0) await context.clock.pause(work.delay, context.signal);
    const rest = context.signal.aborted ? [work] : await deliverOnce(work, context);
    stack.push(...rest.reverse());
  }
  return records.length - stack.reduce((undone, work) => undone + work.records.length, 0);
}

/** Delivers once. Returns what is still to be delivered, in order. */
async function deliverOnce(work: Work, context: DeliveryContext): Promise<Work[]> {
  const oldest = context.clock.now() / 1000 - context.rules.maximumRecordAgeHours * 3600;
  const fresh = work.records.findIndex((record) => record.kinesis.approximateArrivalTimestamp >= oldest);
  if (fresh !== 0) return splitExpired(work, fresh === -1 ? work.records.length : fresh, context);

  const started = context.clock.now();
  const result = await context.target.invoke({ Records: work.records });
  const outcome = readOutcome(result, work.records);
  const durationMilliseconds = context.clock.now() - started;
  context.onBatch({ shardId: context.shardId, records: work.records.length, outcome, durationMilliseconds });
  if (outcome.kind === 'succeeded') return [];

  const lastInvocation = { requestId: result.requestId, functionFailed: !result.ok };
  const tried: Work = { ...work, invocations: work.invocations + 1, lastInvocation };
  if (outcome.kind === 'partial' && outcome.succeeded > 0) {
    const remaining = work.records.slice(outcome.succeeded);
    return [{ ...tried, records: remaining, failures: 0, delay: context.retryDelay.firstMilliseconds }];
  }
  return outcome.kind === 'failed' && context.rules.bisectOnError && work.records.length > 1
    ? splitInHalves(tried, context.retryDelay)
    : tryAgain(tried, context);
}

/** Splits a failed batch into halves, to find the record that makes it fail. */
function splitInHalves(work: Work, { firstMilliseconds }: RetryDelay): Work[] {
  const middle = Math.ceil(work.records.length / 2);
  return [
    { ...work, records: work.records.slice(0, middle), delay: firstMilliseconds },
    { ...work, records: work.records.slice(middle), delay: 0 },
  ];
}

/** The same batch again, later; or nothing if it has no retries left. */
async function tryAgain(work: Work, context: DeliveryContext): Promise<Work[]> {
  const failures = work.failures + 1;
  const { retryAttempts } = context.rules;
  if (retryAttempts !== -1 && failures > retryAttempts)
    return discard(work, 'RetryAttemptsExhausted', context);
  return [{ ...work, failures, delay: delayAfter(failures, context.retryDelay) }];
}

function delayAfter(failures: number, { firstMilliseconds, longestMilliseconds }: RetryDelay): number {
  return Math.min(longestMilliseconds, firstMilliseconds * 2 ** (failures - 1));
}

/** Discards the first records of a batch, which are too old, and keeps the others. */
async function splitExpired(work: Work, count: number, context: DeliveryContext): Promise<Work[]> {
  const expired = { ...work, records: work.records.slice(0, count) };
  const others = { ...work, records: work.records.slice(count), delay: 0 };
  const undone = await discard(expired, 'RecordAgeExceeded', context);
  return others.records.length === 0 ? undone : [...undone, others];
}

/** Sends records to the failure destination. If it fails, they are still to be delivered. */
async function discard(work: Work, condition: DiscardCondition, context: DeliveryContext): Promise<Work[]> {
  const { mappingId, streamArn, shardId, target, retryDelay, clock } = context;
  const { lastInvocation, invocations, records } = work;
  const batch = {
    ...{ mappingId, functionArn: target.arn, streamArn, shardId, records, condition, invocations },
    ...(lastInvocation === undefined ? {} : { lastInvocation }),
  };
  const object = makeFailureObject(batch, new Date(clock.now()));
  for (let failures = 1; ; failures++) {
    try {
      await context.onFailure(object);
      return [];
    } catch (error) {
      context.onError(error);
      await clock.pause(delayAfter(failures, retryDelay), context.signal);
      if (context.signal.aborted) return [work];
    }
  }
}

/** What an invocation's result says about its batch. */
function readOutcome(result: InvocationResult, records: readonly KinesisStreamRecord[]): BatchOutcome {
  if (!result.ok) return { kind: 'failed', error: result.error };
  const response = readBatchResponse(result.response);
  if (!response.valid) return makeInvalidResponse('the response is not a partial batch response');
  if (response.failed.length === 0) return { kind: 'succeeded' };
  const indexes = new Map(records.map((record, index) => [record.kinesis.sequenceNumber, index]));
  const failed = response.failed.map((identifier) => indexes.get(identifier) ?? -1);
  const succeeded = Math.min(...failed);
  if (succeeded === -1)
    return makeInvalidResponse('the response names a sequence number that is not in the batch');
  return { kind: 'partial', succeeded };
}

function makeInvalidResponse(message: string): BatchOutcome {
  return { kind: 'failed', error: { name: 'InvalidBatchResponse', message } };
}
