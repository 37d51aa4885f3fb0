import { formatTime } from '../ledger/time.ts';
import { type Day, dayMilliseconds, findDay, shiftDay } from './day.ts';

/** Which days still have all items: those of sealed days are in the lake forever, others expire by age. */

/**
 * The first day whose items cannot have expired by age. Of earlier days, sealed ones are completely known; it is
 * unknown what is missing from unsealed ones.
 *
 * @param keptDays how many days items are kept; 0 means forever.
 * @param now milliseconds since the epoch.
 * @returns undefined if items are kept forever.
 */
export function findFirstKeptDay(keptDays: number, now: number): Day | undefined {
  if (keptDays === 0) return undefined;
  return shiftDay(findDay(formatTime(now - keptDays * dayMilliseconds - 1)), 1);
}

/** Those unsealed days whose items may have expired. */
export function listExpiredDays(unsealed: readonly Day[], keptDays: number, now: number): readonly Day[] {
  const kept = findFirstKeptDay(keptDays, now);
  return kept === undefined ? [] : unsealed.filter((day) => day < kept);
}
