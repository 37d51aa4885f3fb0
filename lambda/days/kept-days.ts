import { formatTime } from '../ledger/time.ts';
import { type Day, dayMilliseconds, findDay, shiftDay } from './day.ts';

/** Days of which items are still there: those of sealed days are in the lake forever, others expire with their age. */

/**
 * The first day of which no item has expired by its age. Of days before it, all that is sealed is known; of those without a
 * seal, nobody knows what is missing.
 *
 * @param keptDays for how many days items are kept; 0 forever.
 * @param now milliseconds since the epoch.
 * @returns undefined where items are kept forever.
 */
export function findFirstKeptDay(keptDays: number, now: number): Day | undefined {
  if (keptDays === 0) return undefined;
  return shiftDay(findDay(formatTime(now - keptDays * dayMilliseconds - 1)), 1);
}

/** Those of some unsealed days of which items may have expired. */
export function listExpiredDays(unsealed: readonly Day[], keptDays: number, now: number): readonly Day[] {
  const kept = findFirstKeptDay(keptDays, now);
  return kept === undefined ? [] : unsealed.filter((day) => day < kept);
}
