import { toMilliseconds } from '../ledger/time.ts';
import { type Day, startDay } from './day.ts';

/**
 * Closed days that are not sealed. Facts of operation: what has begun is found again whatever was lost, and usage does not
 * expire before it is sealed.
 */

/** A day that is not sealed. At least one of its times is there. Both are milliseconds since the epoch. */
export interface OpenDay {
  readonly day: Day;
  /** When its reading was first ordered. */
  readonly orderedAt?: number | undefined;
  /**
   * When late records were first found in it although it was never read, and nobody has requested it: it lies before
   * the first day that was closed.
   */
  readonly unreadAt?: number | undefined;
}

/** Where open days are kept. */
export interface OpenDays {
  /** All of them, in the order of days. A consistent read. */
  list(): Promise<readonly OpenDay[]>;
  /** Notes times of a day. Those that it has stay. */
  note(openDay: OpenDay): Promise<void>;
  /** Forgets a day: it is sealed. */
  remove(day: Day): Promise<void>;
}

/** Since when usage may have been there that is not sealed, in milliseconds since the epoch. */
export function findUnsealedSince(
  openDays: readonly OpenDay[],
  nextDay: Day | undefined,
): number | undefined {
  const times = openDays.map(({ day, orderedAt, unreadAt }) =>
    // What has arrived before the first closing was noted then.
    orderedAt === undefined && unreadAt !== undefined ? unreadAt : toMilliseconds(startDay(day)),
  );
  if (nextDay !== undefined) times.push(toMilliseconds(startDay(nextDay)));
  return times.length === 0 ? undefined : times.reduce((least, time) => Math.min(least, time));
}
