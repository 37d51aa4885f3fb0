import { readPeakMemory } from '../../emulators/lambda-runtime/peak-memory.ts';
import { runBucket } from '../../lambda/days/pass/bucket.ts';
import { beginRound, planDay } from '../../lambda/days/pass/plan.ts';
import type { BucketJob } from '../../lambda/days/pass/ports.ts';
import { type MadeUpFleet, makePorts } from '../made-up-days.ts';

/**
 * Measures what a pass over a day costs this process, with tables and a lake that answer immediately: the part that is
 * simledger's own.
 *
 *   node probes/days.ts '{"sims":4000,"windows":240,…}'
 */

/** What to measure. */
export interface DaysTask extends MadeUpFleet {
  /** SIMs per bucket; as deployed by default. */
  readonly simsPerBucket?: number;
}

/** The cost. */
export interface DaysCost {
  /** SIM-days that were stored. */
  readonly simDays: number;
  /** Seconds of CPU, user and system. */
  readonly cpuSeconds: number;
  /** Bytes of files with rows. */
  readonly fileBytes: number;
  /** Peak resident memory in megabytes (1,000,000 bytes), after a third of the buckets and after all. */
  readonly megabytes: readonly [number, number];
}

const { simsPerBucket, ...fleet }: DaysTask = JSON.parse(process.argv[2] ?? '{}');

/** Rows to warm up the process, and the fewest rows to measure. */
const [warmRows, leastRows] = [20_000, 100_000];

/** Reads a day, and calls back after each bucket. */
async function readDay(read: MadeUpFleet, onBucket: (share: number) => void = () => undefined) {
  const { ports, stored } = makePorts(read);
  const options = { now: Date.parse(read.day) + 86_400_000, closedThrough: read.day, simsPerBucket };
  const jobs: BucketJob[] = [];
  await planDay(read.day, ports, options);
  await beginRound(read.day, 1, { ...ports, jobs: { send: async (some) => void jobs.push(...some) } });
  for (const [index, job] of jobs.entries()) {
    await runBucket(job, ports, options);
    onBucket((index + 1) / jobs.length);
  }
  return stored;
}

await readDay({ ...fleet, sims: Math.ceil(warmRows / fleet.windows) });
const rounds = Math.ceil(leastRows / (fleet.sims * fleet.windows));
let [simDays, fileBytes, early] = [0, 0, 0];
const before = process.cpuUsage();
for (let round = 0; round < rounds; round += 1) {
  const stored = await readDay(fleet, (share) => {
    if (share >= 1 / 3) early ||= readPeakMemory();
  });
  simDays += stored.simDays;
  fileBytes += stored.fileBytes;
}
const { user, system } = process.cpuUsage(before);
process.send?.({
  ...{ simDays, fileBytes, cpuSeconds: (user + system) / 1e6 },
  megabytes: [early / 1e6, readPeakMemory() / 1e6],
} satisfies DaysCost);
