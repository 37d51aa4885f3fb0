import { type Day, shiftDay } from './day.ts';

/**
 * Where the schedule begins. Days before that are history: somebody may order some of them, also before the schedule's
 * first run, and the days between stay unread. From the first day on, every day is read.
 */

/** The first day that the schedule closes (operational). */
export interface ScheduleStart {
  /** Reads consistently; undefined before the schedule's first run. */
  read(): Promise<Day | undefined>;
  /** Notes the day, unless one is noted. */
  note(day: Day): Promise<void>;
}

/** Which days are closed, and from when on by the schedule. */
export interface ClosedSoFar {
  /** The last closed day; undefined if no day was ever closed. */
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
 * The first day that is read when days are ordered: every day that the fence passes is read, except history.
 *
 * @param from the first ordered day.
 */
export function findReadFrom(from: Day, closed: ClosedSoFar): Day {
  const { scheduledFrom } = closed;
  if (scheduledFrom === undefined) return from;
  const next = findNextDay(closed, scheduledFrom);
  return next < from ? next : from;
}
