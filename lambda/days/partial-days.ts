import { formatTime, toMilliseconds } from '../ledger/time.ts';
import { type Day, findDay, listDays, shiftDay, startDay } from './day.ts';
import type { FleetPeriod } from './fleet-days.ts';
import { makeRows, type SimItems } from './rows.ts';
import { findMonth, makeSimDay, type SimPeriod } from './sim-days.ts';
import type { TopLists } from './top-sims.ts';

/**
 * Partial passes: SIM-days and fleet-days of days that are not closed, as of a time. Each pass reads a whole day again.
 * It writes no rows and no seal, and its results do not count for a sealed day.
 *
 * Fleets of up to {@link maxLiveSims} SIMs have none, because reports read their records.
 */

/** How many SIMs' records a report reads. */
export const maxLiveSims = 1_000;

/** How many days a partial pass covers that are not closed: today, and up to two before. */
const maxPartialDays = 3;

/** What made a SIM-day: a revision of its bucket after the day was closed, or a partial pass. */
export type SimDayStamp = { readonly revision: number } | { readonly asOf: string };

/** Whether a SIM-day replaces a stored one. A partial pass never replaces the SIM-day of a closed day. */
export function replacesSimDay(next: SimDayStamp, stored: SimDayStamp | undefined): boolean {
  if (stored === undefined) return true;
  if ('revision' in next) return !('revision' in stored) || stored.revision < next.revision;
  return 'asOf' in stored && stored.asOf <= next.asOf;
}

/**
 * Whether a SIM-day counts for its day. For a sealed day only that of the closed day counts; otherwise also that of a
 * partial pass, unless a later pass found nothing.
 *
 * @param stored the partial pass of the stored SIM-day; undefined if it was made from the closed day.
 * @param asOf the partial pass that the report is based on; undefined for a sealed day.
 */
export function countsSimDay(stored: string | undefined, asOf: string | undefined): boolean {
  return stored === undefined || (asOf !== undefined && stored >= asOf);
}

/** What a SIM did on a day that is not sealed, according to the tables. */
export function makePartialSimDay(sim: string, day: Day, items: SimItems): SimPeriod {
  return makeSimDay(sim, day, makeRows(day, items));
}

/** A day that is not sealed, as of a time. */
export interface PartialDay {
  readonly day: Day;
  /** All records that had arrived by then count, and perhaps later ones. */
  readonly asOf: string;
  readonly fleet: FleetPeriod;
  readonly top: TopLists;
}

/** A partial pass that is due. */
export interface DuePass {
  /** Milliseconds since the epoch. */
  readonly asOf: number;
  /** Oldest first. */
  readonly days: readonly Day[];
}

/**
 * The partial pass that is due. The day is divided into parts of so many hours from midnight UTC on. At the end of each
 * part, the days that are not closed and had begun before it are read.
 */
export function findDuePass({
  now,
  nextDay,
  hours,
}: {
  /** The schedule's time, in milliseconds since the epoch. */
  readonly now: number;
  /** The first day that is not closed. */
  readonly nextDay: Day;
  /** 0 for no partial passes. */
  readonly hours: number;
}): DuePass | undefined {
  if (hours === 0) return undefined;
  const length = hours * 3_600_000;
  const midnight = toMilliseconds(startDay(findDay(formatTime(now))));
  const asOf = midnight + Math.floor((now - midnight) / length) * length;
  const newest = findDay(formatTime(asOf - 1));
  const oldest = shiftDay(newest, 1 - maxPartialDays);
  const days = listDays(nextDay < oldest ? oldest : nextDay, newest);
  return days.length === 0 ? undefined : { asOf, days };
}

/** The days of a day's month that precede it and are not closed, oldest first. */
export function listUnsealedBefore(day: Day, closedThrough: Day | undefined): Day[] {
  const first = `${findMonth(day)}-01`;
  const next = closedThrough === undefined ? first : shiftDay(closedThrough, 1);
  return listDays(next < first ? first : next, shiftDay(day, -1));
}
