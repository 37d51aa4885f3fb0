import { createRequire } from 'node:module';
import type { Context, KinesisStreamEvent } from 'aws-lambda';
import { makeBatch, type Workload } from '../workloads.ts';

/**
 * Measures a Kinesis handler's CPU in this process: what one invocation after another costs, once it is warm.
 *
 *   node probes/handler.ts BUNDLE '{"workload":{"kind":"session","perSession":5},"warmUp":2,"batches":3,"records":2350}'
 */

/** What is measured. */
export interface HandlerTask {
  readonly workload: Workload;
  /** Batches before those that are measured, in which the program becomes as fast as it gets. */
  readonly warmUp: number;
  /** Batches to measure. */
  readonly batches: number;
  /** Records in a batch, at most. */
  readonly records: number;
  /** Number of the first batch; each has other records. */
  readonly from?: number;
}

/** What it costs. */
export interface HandlerCost {
  /** Microseconds of CPU, user and system, a record. */
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
