import { formatTime, parseTime, toMilliseconds } from '../../ledger/time.ts';
import { ParameterError } from '../../queries/errors.ts';
import type { fleetGranularities, granularities } from '../../queries/parameters.ts';
import {
  defaultAlertDays,
  findDefaultStart,
  findMonthBefore,
  includesEnd,
  shiftTime,
} from '../../queries/period.ts';

/** The period of a list. Times are ISO 8601 with milliseconds and `Z`. */

const dayMilliseconds = 86_400_000;
/** Tolerance for a client that asks for the longest period until now: its clock differs, and its request takes time. */
const graceDays = 1 / 24;

/** How long a period may be. */
export interface PeriodRule {
  /** Undefined for any length. */
  readonly maxDays: number | undefined;
  /** Whether the moment of EndTime is part of the list. Where it is not, a period without length is refused. */
  readonly includesEnd: boolean;
  /** Days before the end at which a period begins whose beginning is left out; 30 where this is. */
  readonly defaultDays?: number;
  /** When a period begins whose beginning is left out, where that is not a number of days. */
  readonly defaultStart?: (end: string) => string;
}

/** The longest period for sessions: as long as Twilio keeps them. */
export const sessionPeriodRule: PeriodRule = { maxDays: 30, includesEnd: includesEnd.sessions };
/** Of events. */
export const eventPeriodRule: PeriodRule = { maxDays: 400, includesEnd: includesEnd.events };
/** An alert may have been open for long: without a beginning, none is left out. */
export const alertPeriodRule: PeriodRule = {
  maxDays: 400,
  includesEnd: includesEnd.alerts,
  defaultDays: defaultAlertDays,
};
/** By the days of findings. */
export const findingPeriodRule: PeriodRule = { maxDays: 400, includesEnd: includesEnd.findings };
/** Of a SIM's usage, by what one record sums up. */
export const usagePeriodRules: Readonly<Record<(typeof granularities)[number], PeriodRule>> = {
  hour: { maxDays: 31, includesEnd: includesEnd.usage },
  day: { maxDays: 400, includesEnd: includesEnd.usage },
  all: { maxDays: undefined, includesEnd: includesEnd.usage },
  raw: { maxDays: 400, includesEnd: includesEnd.usage },
};

/** Usage of the fleet, in KORE's words: the default begins one month before the end. */
export const fleetUsagePeriodRules: Readonly<Record<(typeof fleetGranularities)[number], PeriodRule>> = {
  hour: { maxDays: 31, includesEnd: includesEnd.usage, defaultStart: findMonthBefore },
  day: { maxDays: 400, includesEnd: includesEnd.usage, defaultStart: findMonthBefore },
  all: { maxDays: 400, includesEnd: includesEnd.usage, defaultStart: findMonthBefore },
};

/** A period as it was requested; what is left out is undefined. */
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
 * Completes a period. Without EndTime it goes on until now, as KORE's does, with an open end, so that it includes records
 * that a carrier's clock dates slightly ahead. Without StartTime it begins 30 days before its end, or as the rule says.
 *
 * @param now milliseconds since the epoch.
 * @param isFirstPage whether the list begins. On later pages an open period is not checked again, since it grows with time.
 * @throws ParameterError if the ends are the wrong way round, or too far apart.
 */
export function fillPeriod(
  given: RequestedPeriod,
  now: number,
  rule: PeriodRule,
  isFirstPage = false,
): CompletePeriod {
  const { StartTime: start, EndTime: end } = given;
  // Parameters are times already; a page token may hold anything.
  if (start !== undefined) requireTime('StartTime', start);
  if (end !== undefined) requireTime('EndTime', end);
  if (start === undefined) {
    const until = end ?? formatTime(now);
    return {
      StartTime: rule.defaultStart?.(until) ?? findDefaultStart(until, rule.defaultDays),
      EndTime: end,
    };
  }
  const problem =
    end !== undefined
      ? describeClosedProblem(start, end, rule)
      : isFirstPage
        ? undefined
        : openProblem(start, now, rule);
  if (problem !== undefined) throw problem;
  return { StartTime: start, EndTime: end };
}

/** The error of a period with both ends; undefined if it is right. */
function describeClosedProblem(start: string, end: string, rule: PeriodRule): ParameterError | undefined {
  const { maxDays } = rule;
  if (end < start || (end === start && !rule.includesEnd)) {
    const after = rule.includesEnd ? 'a time at or after' : 'a time after';
    return new ParameterError('EndTime', end, `${after} StartTime, which is ${start}`);
  }
  if (maxDays === undefined || countDays(start, end) <= maxDays) return undefined;
  const accepted = `a time up to ${shiftTime(start, maxDays)}, ${maxDays} days after StartTime`;
  return new ParameterError('EndTime', end, accepted);
}

/** The error of a period that goes on until now; undefined if it is right. */
function openProblem(start: string, now: number, { maxDays }: PeriodRule): ParameterError | undefined {
  const end = formatTime(now);
  if (start > end) {
    const accepted = `a time before now, which is ${end}, unless EndTime is given too`;
    return new ParameterError('StartTime', start, accepted);
  }
  if (maxDays === undefined || countDays(start, end) <= maxDays + graceDays) return undefined;
  const accepted = `a time from ${shiftTime(end, -maxDays)} on: without EndTime the list goes on until now, and it may cover at most ${maxDays} days`;
  return new ParameterError('StartTime', start, accepted);
}

function requireTime(name: string, text: string): void {
  if (parseTime(text) !== text) throw new ParameterError(name, text, 'a time in ISO 8601');
}

function countDays(start: string, end: string): number {
  return (toMilliseconds(end) - toMilliseconds(start)) / dayMilliseconds;
}
