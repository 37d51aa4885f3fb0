import { createRequire } from 'node:module';
import type { Context, SQSEvent } from 'aws-lambda';
import { readPeakMemory } from '../../emulators/lambda-runtime/peak-memory.ts';
import { type DayMessage, printMessage } from '../../lambda/days/work.ts';
import type { FleetCounts } from '../stub-fleet.ts';

/**
 * Measures the worker of the day pass in this process, bundled as it is deployed: buckets of a day or of a partial
 * pass, one invocation after the other.
 *
 *   node probes/day-worker.ts BUNDLE '{"day":"2026-11-02","buckets":[0,1],…}'
 */

/** What to measure. */
export interface WorkerTask {
  readonly day: string;
  /** The numbers of the buckets to read. */
  readonly buckets: readonly number[];
  /** The time of the partial pass, in milliseconds since the epoch; undefined if the day is closed. */
  readonly asOf?: number | undefined;
  /** The address of tables and lake. */
  readonly endpoint: string;
}

/** The cost. */
export interface WorkerCost extends FleetCounts {
  /** Seconds of CPU, user and system, without those of the plan. */
  readonly cpuSeconds: number;
  readonly seconds: number;
  /** Peak resident memory in megabytes (1,000,000 bytes), after the first bucket and after all. */
  readonly megabytes: readonly [number, number];
}

const [, , bundle = '', json = '{}'] = process.argv;
const { day, buckets, asOf, endpoint }: WorkerTask = JSON.parse(json);
const { handler }: { handler: (event: Pick<SQSEvent, 'Records'>, context: Context) => Promise<object> } =
  createRequire(import.meta.url)(bundle);

async function take(message: DayMessage): Promise<void> {
  const context = { functionName: 'measured', getRemainingTimeInMillis: () => 900_000 } as Context;
  const attributes = { ApproximateFirstReceiveTimestamp: String(Date.parse(day) + 86_400_000) };
  const record = { messageId: '1', body: printMessage(message), attributes } as SQSEvent['Records'][number];
  const answer = JSON.stringify(await handler({ Records: [record] }, context));
  if (answer !== '{"batchItemFailures":[]}') throw new Error(`A message was not accepted: ${answer}`);
}

await take(asOf === undefined ? { kind: 'plan', day } : { kind: 'partial', day, asOf });
const [before, begin] = [process.cpuUsage(), performance.now()];
let early = 0;
for (const bucket of buckets) {
  await take(
    asOf === undefined
      ? { kind: 'bucket', day, round: 1, bucket }
      : { kind: 'partial-bucket', day, asOf, bucket },
  );
  early ||= readPeakMemory();
}
const { user, system } = process.cpuUsage(before);
const seconds = (performance.now() - begin) / 1_000;
const counts = (await (await fetch(`${endpoint}/counts`)).json()) as FleetCounts;
process.send?.({
  ...counts,
  ...{ cpuSeconds: (user + system) / 1e6, seconds },
  megabytes: [early / 1e6, readPeakMemory() / 1e6],
} satisfies WorkerCost);
