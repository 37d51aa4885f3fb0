import { createRequire } from 'node:module';
import type { Context } from 'aws-lambda';
import { readPeakMemory } from '../../emulators/lambda-runtime/peak-memory.ts';

/**
 * Measures alert sweeps in this process, one invocation after the other.
 *
 *   node probes/sweep.ts BUNDLE '{"times":["2026-11-10T12:00:00.000Z"]}'
 */

/** What to measure. */
export interface SweepTask {
  /** The times for which the sweeps are scheduled. */
  readonly times: readonly string[];
  /** How long an invocation may take. */
  readonly timeoutSeconds: number;
}

/** The cost of the sweeps. */
export interface SweepCost {
  readonly sweeps: readonly {
    /** Seconds of CPU, user and system. */
    readonly cpuSeconds: number;
    readonly seconds: number;
  }[];
  /** Peak resident memory in megabytes (1,000,000 bytes); on Linux without the parent's. */
  readonly megabytes: number;
}

const [, , bundle = '', json = '{}'] = process.argv;
const { times, timeoutSeconds }: SweepTask = JSON.parse(json);
const { handler }: { handler: (event: { time: string }, context: Context) => Promise<unknown> } =
  createRequire(import.meta.url)(bundle);

const sweeps: { cpuSeconds: number; seconds: number }[] = [];
for (const time of times) {
  const before = process.cpuUsage();
  const begin = performance.now();
  const end = begin + timeoutSeconds * 1_000;
  const context = {
    functionName: 'measured',
    getRemainingTimeInMillis: () => end - performance.now(),
  } as Context;
  await handler({ time }, context);
  const { user, system } = process.cpuUsage(before);
  sweeps.push({ cpuSeconds: (user + system) / 1e6, seconds: (performance.now() - begin) / 1_000 });
}
process.send?.({ sweeps, megabytes: readPeakMemory() / 1e6 } satisfies SweepCost);
