import { toMilliseconds } from '../ledger/time.ts';
import { type Day, startDay } from './day.ts';

/**
 * Closed days that are not sealed (operational): unfinished work is found again whatever was lost, and usage does not
 * expire before it is sealed.
 */

/** A day that is not sealed. At least one of its times is set. Both are milliseconds since the epoch. */
export interface OpenDay {
  readonly day: Day;
  /** When its reading was first ordered. */
  readonly orderedAt?: number | undefined;
  /**
   * When late records were first found on a day that was never read and that nobody has ordered, because it is before
   * the first closed day.
   */
  readonly unreadAt?: number | undefined;
}

/** Stores open days. */
export interface OpenDays {
  /** All open days, by day. Reads consistently. */
  list(): Promise<readonly OpenDay[]>;
  /** Notes times of a day. Times that it already has stay. */
  note(openDay: OpenDay): Promise<void>;
  /** Removes a day, because it is sealed. */
  remove(day: Day): Promise<void>;
}

/** Since when there may have been unsealed usage, in milliseconds since the epoch. */
export function findUnsealedSince(
  openDays: readonly OpenDay[],
  nextDay: Day | undefined,
): number | undefined {
  const times = openDays.map(({ day, orderedAt, unreadAt }) =>
    // What had arrived before the first closing was noted then.
    orderedAt === undefined && unreadAt !== undefined ? unreadAt : toMilliseconds(startDay(day)),
  );
  if (nextDay !== undefined) times.push(toMilliseconds(startDay(nextDay)));
  return times.length === 0 ? undefined : times.reduce((least, time) => Math.min(least, time));
}
