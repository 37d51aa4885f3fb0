import { formatTime, toMilliseconds } from '../ledger/time.ts';
import { type Day, findDay, shiftDay, startDay } from './day.ts';
import type { OpenDay } from './open-days.ts';

/** Which days are due: they have ended, every source's grace period is over, and every source was read to their end. */

const hour = 3_600_000;

/** How late records of a day arrive by a stream. */
const streamGrace = 6 * hour;

/** How late they arrive if there are only files: one a day, some hours after it. */
const fileGrace = 36 * hour;

/** How far a source was read. */
export interface SourceReading {
  /** Milliseconds since the epoch; undefined if nothing was ever read, so that it need not be waited for. */
  readonly at: number | undefined;
  /** Whether its records arrive only in files. */
  readonly isByFiles?: boolean | undefined;
}

/** How long after its end a day is read, in milliseconds. */
export function findGrace(sources: readonly SourceReading[]): number {
  return sources.some(({ isByFiles }) => isByFiles === true) ? fileGrace : streamGrace;
}

/**
 * The newest day that is due.
 *
 * @param now the schedule's time, in milliseconds since the epoch.
 */
export function findDueDay(now: number, sources: readonly SourceReading[]): Day {
  const read = sources.flatMap(({ at }) => at ?? []);
  const until = read.reduce((least, at) => Math.min(least, at), now - findGrace(sources));
  return shiftDay(findDay(formatTime(until)), -1);
}

/** The state of closing days. */
export interface ClosingState {
  readonly openDays: readonly OpenDay[];
  /** The first day that is not closed. */
  readonly nextDay: Day;
  /** How long after its end a day is read, in milliseconds. */
  readonly grace: number;
  /** The schedule's time, in milliseconds since the epoch. */
  readonly now: number;
}

/**
 * How long the reading of days is overdue, in milliseconds: since the oldest unsealed day could have been read, or was
 * ordered if that was later.
 */
export function findDelay({ openDays, nextDay, grace, now }: ClosingState): number {
  const findReadable = (day: Day): number => toMilliseconds(startDay(shiftDay(day, 1))) + grace;
  const since = openDays.flatMap(({ day, orderedAt }) =>
    orderedAt === undefined ? [] : [Math.max(orderedAt, findReadable(day))],
  );
  return Math.max(0, now - since.reduce((least, time) => Math.min(least, time), findReadable(nextDay)));
}
