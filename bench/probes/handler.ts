import { createRequire } from 'node:module';
import type { Context, KinesisStreamEvent } from 'aws-lambda';
import { makeBatch, type Workload } from '../workloads.ts';

/**
 * Measures a Kinesis handler's CPU in this process, one invocation after the other, after warm-up.
 *
 *   node probes/handler.ts BUNDLE
 *   '{"workload":{"kind":"session","perSession":5},"warmUp":2,"batches":3,"records":2350}'
 */

/** What to measure. */
export interface HandlerTask {
  readonly workload: Workload;
  /** Warm-up batches. */
  readonly warmUp: number;
  /** Batches to measure. */
  readonly batches: number;
  /** The most records of a batch. */
  readonly records: number;
  /** Number of the first batch; each batch has other records. */
  readonly from?: number;
}

/** The cost. */
export interface HandlerCost {
  /** Microseconds of CPU per record, user and system. */
  readonly micros: number;
  readonly records: number;
}

const [, , bundle = '', json = '{}'] = process.argv;
const { workload, warmUp, batches, records, from = 0 }: HandlerTask = JSON.parse(json);
const { handler }: { handler: (event: KinesisStreamEvent, context: Context) => Promise<unknown> } =
  createRequire(import.meta.url)(bundle);

const context = {
  functionName: 'measured',
  getRemainingTimeInMillis: () => 60_000,
} as Context;

const events = Array.from({ length: warmUp + batches }, (_, round) =>
  makeBatch(workload, from + round, records),
);
let count = 0;
let micros = 0;
for (const [round, event] of events.entries()) {
  const before = process.cpuUsage();
  await handler(event, context);
  const { user, system } = process.cpuUsage(before);
  if (round < warmUp) continue;
  micros += user + system;
  count += event.Records.length;
}
process.send?.({ micros: micros / count, records: count } satisfies HandlerCost);
