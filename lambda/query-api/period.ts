import { earliestTime, epochMilliseconds, parseTime, timeOf } from '../carriers/time.ts';
import { badParameter, type Problem } from './problem.ts';

/** The period that a list is about. Times are ISO 8601 with milliseconds and `Z`. */

const dayMilliseconds = 86_400_000;
/** Who asks for the longest time until now reckons by a clock of its own, and a moment before the answer. */
const graceDays = 1 / 24;

/** How long a period may be, and how long it is by default. */
export interface PeriodRule {
  /** Undefined for any length. */
  readonly maxDays: number | undefined;
  readonly defaultDays: number;
  /** Whether the moment of EndTime is part of the list. Where it is not, a period without length is refused. */
  readonly includesEnd: boolean;
}

/** A period as it was asked for; what is left out is undefined. */
export interface GivenPeriod {
  readonly StartTime?: string | undefined;
  readonly EndTime?: string | undefined;
}

/** A period with its beginning; without an end it goes on until now. */
export interface Period {
  readonly StartTime: string;
  readonly EndTime: string | undefined;
}

/**
 * Completes a period. Without EndTime it goes on until now, as KORE's do, with an open end, so that what a carrier's
 * clock dates a little ahead is not left out. Without StartTime it begins `defaultDays` before its end.
 *
 * @param now milliseconds since the epoch.
 * @param isBegun whether the list has begun: an open period is then as long as it was allowed to be, and grows with time.
 * @throws Problem 400 where the ends are the wrong way round, or too far apart.
 */
export function completePeriod(given: GivenPeriod, now: number, rule: PeriodRule, isBegun = false): Period {
  const { StartTime: start, EndTime: end } = given;
  // Parameters are times already; what a page token states need not be.
  if (start !== undefined) requireTime('StartTime', start);
  if (end !== undefined) requireTime('EndTime', end);
  if (start === undefined) {
    return { StartTime: defaultStart(end ?? timeOf(now), rule), EndTime: end };
  }
  const problem =
    end !== undefined ? closedProblem(start, end, rule) : isBegun ? undefined : openProblem(start, now, rule);
  if (problem !== undefined) throw problem;
  return { StartTime: start, EndTime: end };
}

/** Where a period begins of which only the end is given: at a time that carriers may have records of. */
export function defaultStart(end: string, { defaultDays }: PeriodRule): string {
  return parseTime(shifted(end, -defaultDays)) ?? earliestTime;
}

/** What is wrong with a period that has both ends. */
function closedProblem(
  start: string,
  end: string,
  { maxDays, includesEnd }: PeriodRule,
): Problem | undefined {
  if (end < start || (end === start && !includesEnd)) {
    const after = includesEnd ? 'a time at or after' : 'a time after';
    return badParameter('EndTime', end, `${after} StartTime, which is ${start}`);
  }
  if (maxDays === undefined || daysBetween(start, end) <= maxDays) return undefined;
  return badParameter(
    'EndTime',
    end,
    `a time up to ${shifted(start, maxDays)}, ${maxDays} days after StartTime`,
  );
}

/** What is wrong with a period that goes on until now. */
function openProblem(start: string, now: number, { maxDays }: PeriodRule): Problem | undefined {
  const end = timeOf(now);
  if (start > end) {
    return badParameter(
      'StartTime',
      start,
      `a time before now, which is ${end}, unless EndTime is given too`,
    );
  }
  if (maxDays === undefined || daysBetween(start, end) <= maxDays + graceDays) return undefined;
  return badParameter(
    'StartTime',
    start,
    `a time from ${shifted(end, -maxDays)} on, since without EndTime the list goes on until now, and ${maxDays} days are the longest`,
  );
}

function requireTime(name: string, text: string): void {
  if (parseTime(text) !== text) throw badParameter(name, text, 'a time in ISO 8601');
}

function daysBetween(start: string, end: string): number {
  return (epochMilliseconds(end) - epochMilliseconds(start)) / dayMilliseconds;
}

/** A time some days later, or earlier. */
export function shifted(time: string, days: number): string {
  return timeOf(epochMilliseconds(time) + days * dayMilliseconds);
}
