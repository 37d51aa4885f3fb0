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
/**
 * Tolerance for a client that requests the longest period until now: its clock may differ, and its request takes time.
 */
const graceDays = 1 / 24;

/** How long a period may be. */
export interface PeriodRule {
  /** Undefined for no limit. */
  readonly maxDays: number | undefined;
  /** Whether EndTime is included. If it is not, a period without length is refused. */
  readonly includesEnd: boolean;
  /** Days before its end at which a period without StartTime begins; 30 by default. */
  readonly defaultDays?: number;
  /** Where a period without StartTime begins, if that is not a number of days before its end. */
  readonly defaultStart?: (end: string) => string;
}

/** The longest period for sessions: as long as Twilio keeps them. */
export const sessionPeriodRule: PeriodRule = { maxDays: 30, includesEnd: includesEnd.sessions };
/** For events. */
export const eventPeriodRule: PeriodRule = { maxDays: 400, includesEnd: includesEnd.events };
/** For alerts. An alert may have been open for long, so without StartTime the list is complete. */
export const alertPeriodRule: PeriodRule = {
  maxDays: 400,
  includesEnd: includesEnd.alerts,
  defaultDays: defaultAlertDays,
};
/** For findings, by their days. */
export const findingPeriodRule: PeriodRule = { maxDays: 400, includesEnd: includesEnd.findings };
/** For a SIM's usage, by granularity. */
export const usagePeriodRules: Readonly<Record<(typeof granularities)[number], PeriodRule>> = {
  hour: { maxDays: 31, includesEnd: includesEnd.usage },
  day: { maxDays: 400, includesEnd: includesEnd.usage },
  all: { maxDays: undefined, includesEnd: includesEnd.usage },
  raw: { maxDays: 400, includesEnd: includesEnd.usage },
};

/** For usage of the fleet, in KORE's terms: by default, the period begins one month before its end. */
export const fleetUsagePeriodRules: Readonly<Record<(typeof fleetGranularities)[number], PeriodRule>> = {
  hour: { maxDays: 31, includesEnd: includesEnd.usage, defaultStart: findMonthBefore },
  day: { maxDays: 400, includesEnd: includesEnd.usage, defaultStart: findMonthBefore },
  all: { maxDays: 400, includesEnd: includesEnd.usage, defaultStart: findMonthBefore },
};

/** A requested period; omitted times are undefined. */
export interface RequestedPeriod {
  readonly StartTime?: string | undefined;
  readonly EndTime?: string | undefined;
}

/** A period with its beginning. Without EndTime it extends to now. */
export interface CompletePeriod {
  readonly StartTime: string;
  readonly EndTime: string | undefined;
}

/**
 * Completes a period. Without EndTime it extends to now, as KORE's does, with an open end, so that it includes records
 * whose carrier's clock is slightly ahead. Without StartTime it begins 30 days before its end, or as the rule says.
 *
 * @param now milliseconds since the epoch.
 * @param isFirstPage whether this is the list's first page. Later pages do not check an open period again, because it
 *   grows with time.
 * @throws ParameterError if the times are in the wrong order, or too far apart.
 */
export function fillPeriod(
  given: RequestedPeriod,
  now: number,
  rule: PeriodRule,
  isFirstPage = false,
): CompletePeriod {
  const { StartTime: start, EndTime: end } = given;
  // Parameters are valid times, but a page token may contain anything.
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

/** The error of a period with both times; undefined if it is valid. */
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

/** The error of a period that extends to now; undefined if it is valid. */
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
