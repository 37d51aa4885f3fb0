import { type Day, shiftDay } from './day.ts';

/**
 * Where the schedule begins. Days before are history: somebody may order some of them, also before the schedule's first
 * run, and then the days between stay as they are. From the first day on each is read.
 */

/** The first day that the schedule closes. A fact of operation. */
export interface ScheduleStart {
  /** By a consistent read; undefined before the schedule's first run. */
  read(): Promise<Day | undefined>;
  /** Notes the day, unless one is noted. */
  note(day: Day): Promise<void>;
}

/** How far days are closed, and since when by the schedule. */
export interface ClosedSoFar {
  /** The last closed day; undefined where none ever was. */
  readonly closedThrough: Day | undefined;
  /** The first day that the schedule closes; undefined before its first run. */
  readonly scheduledFrom: Day | undefined;
}

/** The first day that the schedule has not closed yet. */
export function findNextDay({ closedThrough }: ClosedSoFar, scheduledFrom: Day): Day {
  const next = closedThrough === undefined ? scheduledFrom : shiftDay(closedThrough, 1);
  return next < scheduledFrom ? scheduledFrom : next;
}

/**
 * The first day that is read when days from one on are ordered: what the fence passes is read, but for history.
 *
 * @param from the first day that is requested.
 */
export function findReadFrom(from: Day, closed: ClosedSoFar): Day {
  const { scheduledFrom } = closed;
  if (scheduledFrom === undefined) return from;
  const next = findNextDay(closed, scheduledFrom);
  return next < from ? next : from;
}
