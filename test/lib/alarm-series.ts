import type { Sample, Series } from './alarm-evaluator.ts';

/**
 * What happens to a source, minute by minute. Each of these says what it was in the minute; what is left out is as on an
 * ordinary day.
 */
export interface Conditions {
  readonly minutes: number;
  /** Records that the carrier puts. */
  readonly arrivals?: (minute: number) => number;
  /** Records that the stream takes, at most. */
  readonly streamLimit?: number;
  /** Maximum number of records that the consumer processes. */
  readonly capacity?: number;
  /** The share of the records that can't be read. */
  readonly rejected?: (minute: number) => number;
  /** Whether the tables refuse all writes. */
  readonly isStoreAway?: (minute: number) => boolean;
  /** Whether the event source mapping of the stream is on. */
  readonly isMapped?: (minute: number) => boolean;
  /** Whether records arrive at the end of the minute, so that they are processed in the next. */
  readonly areAtTheEnd?: boolean;
  /** Rows of the file that the carrier puts; 0 for no file. */
  readonly rows?: (minute: number) => number;
  /** Whether files are imported. */
  readonly isImporting?: (minute: number) => boolean;
  /** Whether sweeps of alerts begin. */
  readonly isSweeping?: (minute: number) => boolean;
  /** Whether sweeps of alerts fail. */
  readonly isSweepFailing?: (minute: number) => boolean;
  /** Whether looks for days that are due begin. */
  readonly isPlanning?: (minute: number) => boolean;
  /** Whether looks for days that are due fail. */
  readonly isPlanFailing?: (minute: number) => boolean;
}

/** Names of the metrics of one source, as the template has them. */
const stream = '{StreamName=SourceEmnify/Stream}';
const queue = '{QueueName=FileIngest/Queue.QueueName}';
const source = '{source=emnify}';
const consumer = '{FunctionName=StreamIngest/KinesisConsumer/Function}';

export const sweeper = '{FunctionName=AlertSweep/Sweeper/Function}';

/** Minutes between two sweeps of alerts. */
export const sweepMinutes = 5;

export const planner = '{FunctionName=DayPass/Planner/Function}';

/** Minutes between two looks for days that are due. */
export const planMinutes = 60;

/** Successful readings of a stream of four shards in a minute: one a second and shard. */
const readings = 240;

/** A fleet's usual day: twice as much at noon as at midnight, and never twice the same. */
export function usualArrivals(perMinute: number, seed = 1): (minute: number) => number {
  const random = randomNumbers(seed);
  return (minute) => {
    const daily = 1 + Math.sin(((minute / 1_440) % 1) * 2 * Math.PI) / 3;
    return Math.round(perMinute * daily * (0.8 + 0.4 * random()));
  };
}

/** Numbers from 0 to 1 that are the same in every run (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The metrics that a source, its stream, the consumer and the importer make under these conditions. */
export function simulateSource(conditions: Conditions): Series {
  const {
    minutes,
    arrivals = usualArrivals(40),
    streamLimit = Number.POSITIVE_INFINITY,
    capacity = Number.POSITIVE_INFINITY,
    areAtTheEnd = false,
    rejected = () => 0,
    isStoreAway = () => false,
    isMapped = () => true,
    rows = () => 0,
    isImporting = () => true,
    isSweeping = () => true,
    isSweepFailing = () => false,
    isPlanning = () => true,
    isPlanFailing = () => false,
  } = conditions;
  const series = new Map<string, Sample[]>();
  const add = (key: string, minute: number, value: number): void => {
    const samples = series.get(key);
    if (samples === undefined) series.set(key, [{ minute, value }]);
    else samples.push({ minute, value });
  };
  /** As CloudWatch gets it: nothing where there is nothing to count. */
  const count = (key: string, minute: number, value: number): void => {
    if (value > 0) add(key, minute, value);
  };
  const backlog: { readonly minute: number; records: number }[] = [];
  const files: { readonly minute: number; readonly rows: number }[] = [];
  for (let minute = 0; minute < minutes; minute += 1) {
    if (minute % sweepMinutes === 0 && isSweeping(minute)) {
      add(`AWS/Lambda Invocations${sweeper}`, minute, 1);
      add(`AWS/Lambda Errors${sweeper}`, minute, Number(isSweepFailing(minute)));
    }
    if (minute % planMinutes === 0 && isPlanning(minute)) {
      add(`AWS/Lambda Invocations${planner}`, minute, 1);
      add(`AWS/Lambda Errors${planner}`, minute, Number(isPlanFailing(minute)));
    }
    const put = arrivals(minute);
    const taken = Math.min(put, streamLimit);
    count(`AWS/Kinesis IncomingRecords${stream}`, minute, taken);
    count(`AWS/Kinesis WriteProvisionedThroughputExceeded${stream}`, minute, put - taken);
    if (taken > 0) backlog.push({ minute, records: taken });
    const [oldest] = backlog;
    const age = oldest === undefined ? 0 : (minute - oldest.minute) * 60_000;
    const isBlocked = isStoreAway(minute) && oldest !== undefined;
    if (isMapped(minute) && isBlocked && minute % 2 === 0) {
      // An invocation takes most of a minute, and Lambda waits before the next: some minutes have none.
      add(`AWS/Lambda IteratorAge${consumer}`, minute, age);
      const waiting = backlog.reduce((sum, { records }) => sum + records, 0);
      add(`simledger failed${source}`, minute, Math.min(10_000, waiting));
    }
    // While a batch is tried again, Lambda reads nothing behind it.
    if (isMapped(minute) && !isBlocked) {
      add(`AWS/Kinesis GetRecords.Success${stream}`, minute, readings);
      add(`AWS/Kinesis GetRecords.IteratorAgeMilliseconds${stream}`, minute, age);
      let received = 0;
      for (let first = backlog[0]; first !== undefined && received < capacity; first = backlog[0]) {
        if (areAtTheEnd && first.minute === minute) break;
        const records = Math.min(first.records, capacity - received);
        received += records;
        first.records -= records;
        if (first.records === 0) backlog.shift();
      }
      if (received > 0) add(`AWS/Lambda IteratorAge${consumer}`, minute, age);
      count(`simledger received${source}`, minute, received);
      count(`simledger rejected${source}`, minute, Math.round(received * rejected(minute)));
    }
    const arrivedRows = rows(minute);
    if (arrivedRows > 0) files.push({ minute, rows: arrivedRows });
    const waitingMinutes = minute - (files[0]?.minute ?? minute);
    add(`AWS/SQS ApproximateAgeOfOldestMessage${queue}`, minute, waitingMinutes * 60);
    add(`AWS/SQS ApproximateNumberOfMessagesVisible${queue}`, minute, files.length);
    if (isImporting(minute)) {
      for (const file of files.splice(0)) count(`simledger received${source}`, minute, file.rows);
    }
  }
  return series;
}
