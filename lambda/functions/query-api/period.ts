import { epochMilliseconds, formatTime, parseTime } from '../../ledger/time.ts';
import { ParameterError } from '../../queries/errors.ts';
import type { granularities } from '../../queries/parameters.ts';
import { findDefaultStart, includesEnd, shiftTime } from '../../queries/period.ts';

/** The period that a list is about. Times are ISO 8601 with milliseconds and `Z`. */

const dayMilliseconds = 86_400_000;
/** Who asks for the longest time until now reckons by a clock of its own, and a moment before the answer. */
const graceDays = 1 / 24;

/** How long a period may be. */
export interface PeriodRule {
  /** Undefined for any length. */
  readonly maxDays: number | undefined;
  /** Whether the moment of EndTime is part of the list. Where it is not, a period without length is refused. */
  readonly includesEnd: boolean;
}

/** How much sessions may be asked for at once: as much as Twilio keeps. */
export const sessionPeriodRule: PeriodRule = { maxDays: 30, includesEnd: includesEnd.sessions };
export const eventPeriodRule: PeriodRule = { maxDays: 400, includesEnd: includesEnd.events };
export const usagePeriodRules: Readonly<Record<(typeof granularities)[number], PeriodRule>> = {
  hour: { maxDays: 31, includesEnd: includesEnd.usage },
  day: { maxDays: 400, includesEnd: includesEnd.usage },
  all: { maxDays: undefined, includesEnd: includesEnd.usage },
  raw: { maxDays: 400, includesEnd: includesEnd.usage },
};

/** A period as it was asked for; what is left out is undefined. */
export interface RequestedPeriod {
  readonly StartTime?: string | undefined;
  readonly EndTime?: string | undefined;
}

/** A period with its beginning; without an end it goes on until now. */
export interface CompletePeriod {
  readonly StartTime: string;
  readonly EndTime: string | undefined;
}

/**
 * Completes a period. Without EndTime it goes on until now, as KORE's do, with an open end, so that what a carrier's
 * clock dates a little ahead is not left out. Without StartTime it begins 30 days before its end.
 *
 * @param now milliseconds since the epoch.
 * @param isFirstPage whether the list has begun: an open period is then as long as it was allowed to be, and grows with time.
 * @throws ParameterError where the ends are the wrong way round, or too far apart.
 */
export function completePeriod(
  given: RequestedPeriod,
  now: number,
  rule: PeriodRule,
  isFirstPage = false,
): CompletePeriod {
  const { StartTime: start, EndTime: end } = given;
  // Parameters are times already; what a page token states need not be.
  if (start !== undefined) requireTime('StartTime', start);
  if (end !== undefined) requireTime('EndTime', end);
  if (start === undefined) return { StartTime: findDefaultStart(end ?? formatTime(now)), EndTime: end };
  const problem =
    end !== undefined
      ? closedProblem(start, end, rule)
      : isFirstPage
        ? undefined
        : openProblem(start, now, rule);
  if (problem !== undefined) throw problem;
  return { StartTime: start, EndTime: end };
}

/** What is wrong with a period that has both ends. */
function closedProblem(start: string, end: string, rule: PeriodRule): ParameterError | undefined {
  const { maxDays } = rule;
  if (end < start || (end === start && !rule.includesEnd)) {
    const after = rule.includesEnd ? 'a time at or after' : 'a time after';
    return new ParameterError('EndTime', end, `${after} StartTime, which is ${start}`);
  }
  if (maxDays === undefined || daysBetween(start, end) <= maxDays) return undefined;
  const accepted = `a time up to ${shiftTime(start, maxDays)}, ${maxDays} days after StartTime`;
  return new ParameterError('EndTime', end, accepted);
}

/** What is wrong with a period that goes on until now. */
function openProblem(start: string, now: number, { maxDays }: PeriodRule): ParameterError | undefined {
  const end = formatTime(now);
  if (start > end) {
    const accepted = `a time before now, which is ${end}, unless EndTime is given too`;
    return new ParameterError('StartTime', start, accepted);
  }
  if (maxDays === undefined || daysBetween(start, end) <= maxDays + graceDays) return undefined;
  const accepted = `a time from ${shiftTime(end, -maxDays)} on, since without EndTime the list goes on until now, and ${maxDays} days are the longest`;
  return new ParameterError('StartTime', start, accepted);
}

function requireTime(name: string, text: string): void {
  if (parseTime(text) !== text) throw new ParameterError(name, text, 'a time in ISO 8601');
}

function daysBetween(start: string, end: string): number {
  return (epochMilliseconds(end) - epochMilliseconds(start)) / dayMilliseconds;
}
