import fc, { type Parameters } from 'fast-check';
import { onTestFinished, vi } from 'vitest';
import { runs } from '../records/runs.ts';
import type { Pause } from './invocation.ts';

/** How the properties are tried: how often, from which seed, and how long at most. */

/** Where the trials begin: the same in every ordinary run; `PROPERTY_SEED` begins elsewhere. */
export const seed = Number(process.env['PROPERTY_SEED'] ?? '20261102');

/** Milliseconds for one property of an ordinary run, on a machine that is busy with others. */
const ordinaryTime = 150_000;
const multiplier = Math.max(1, Number(process.env['PROPERTY_RUNS'] ?? '1'));

/** Milliseconds after which a test has hung. */
export const timeLimit = ordinaryTime * multiplier;

/**
 * Parameters of a property that is tried so many times in an ordinary run, `PROPERTY_RUNS` times as often in a longer
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

/** A case that prints itself in lines: what is in a failing test's message. */
export abstract class Case {
  abstract describe(): readonly string[];

  [fc.toStringMethod](): string {
    return `\n${this.describe()
      .map((line) => `    ${line}`)
      .join('\n')}\n`;
  }
}

/**
 * Lets nothing wait for a clock in this test: whoever waits goes on when the pause lets it.
 *
 * @param pause is asked anew each time.
 */
export function withoutClock(pause: () => Pause): void {
  const timer = setTimeout(() => undefined, 0);
  clearTimeout(timer);
  vi.spyOn(globalThis, 'setTimeout').mockImplementation((callback) => {
    void pause()('has waited').then(() => callback());
    return timer;
  });
  onTestFinished(() => void vi.restoreAllMocks());
}
