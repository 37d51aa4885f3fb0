import type { Parameters } from 'fast-check';
import { runs } from '../records/runs.ts';

/** How the properties are tried: how often, from which seed, and for how long. */

/** Where the trials begin: the same in every ordinary run; `PROPERTY_SEED` begins elsewhere. */
export const seed = Number(process.env['PROPERTY_SEED'] ?? '20261102');

/** Milliseconds for one property of an ordinary run, on a machine that is busy with others. */
const ordinaryTime = 600_000;
const multiplier = Math.max(1, Number(process.env['PROPERTY_RUNS'] ?? '1'));

/** Milliseconds after which a test has hung. */
export const timeLimit = ordinaryTime * multiplier;

/**
 * Parameters of a property that is tried this many times in an ordinary run, `PROPERTY_RUNS` times as often in a longer
 * one. A failing case is shortened while there is time.
 */
export function trials(numRuns: number): Parameters<unknown> {
  return {
    ...runs(numRuns),
    seed,
    interruptAfterTimeLimit: timeLimit * 0.9,
    markInterruptAsFailure: true,
  };
}

/**
 * Parameters of a property that must find a planted fault within this many trials.
 *
 * @param quickSeed where the fault is met soon, so that an ordinary run is short; the seed of all properties by default, and
 * where `PROPERTY_SEED` is set.
 */
export function faultTrials(numRuns: number, quickSeed = seed): Parameters<unknown> {
  const begin = process.env['PROPERTY_SEED'] === undefined ? quickSeed : seed;
  // Found or not: fewer trials, as the quick suite has, could miss it.
  return { ...trials(numRuns), numRuns, seed: begin, endOnFailure: true };
}
