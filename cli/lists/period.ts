import { epochMilliseconds, startOfDay, timeOf } from '../../lambda/carriers/time.ts';
import { eventPeriodRule } from '../../lambda/queries/connection-events.ts';
import { sessionPeriodRule } from '../../lambda/queries/data-sessions.ts';
import { usagePeriodRules } from '../../lambda/queries/usage-records.ts';
import type { granularities } from '../../lambda/query-api/parameters.ts';
import { defaultStart, type PeriodRule, shifted } from '../../lambda/query-api/period.ts';
import { UsageError } from '../../local/options.ts';

/** The time that a command is about, and the parts of it that the query API lists at once. */

/** What `--from` and `--to` say: times in ISO 8601. */
export interface PeriodOptions {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** A period that is listed. */
export interface AnsweredPeriod {
  readonly from: string;
  /** The time at which the command was given, where `isOpen`. */
  readonly to: string;
  /** Whether it goes on until now. */
  readonly isOpen: boolean;
}

/** What a list asks the API for. */
export interface PeriodParameters {
  readonly StartTime: string;
  readonly EndTime: string | undefined;
}

/** What of a SIM is listed by time. */
export type TimedListing =
  | 'listDataSessions'
  | 'listConnectionEvents'
  | `listUsageRecords/${(typeof granularities)[number]}`;

const rules: Readonly<Record<TimedListing, PeriodRule>> = {
  listDataSessions: sessionPeriodRule,
  listConnectionEvents: eventPeriodRule,
  'listUsageRecords/hour': usagePeriodRules.hour,
  'listUsageRecords/day': usagePeriodRules.day,
  'listUsageRecords/all': usagePeriodRules.all,
  'listUsageRecords/raw': usagePeriodRules.raw,
};

/**
 * The period that options mean: until now where `--to` is left out, and 30 days where `--from` is.
 *
 * @param now milliseconds since the epoch.
 * @throws UsageError in the command's words where the ends are the wrong way round.
 */
export function answeredPeriod(
  listing: TimedListing,
  { from, to }: PeriodOptions,
  now: number,
): AnsweredPeriod {
  const rule = rules[listing];
  const end = to ?? timeOf(now);
  const start = from ?? defaultStart(end, rule);
  if (to === undefined && start > end) {
    throw new UsageError(
      `--from ${start} is in the future: now is ${end}. Give an earlier time, or a --to after it`,
    );
  }
  if (to !== undefined && (start > to || (start === to && !rule.includesEnd))) {
    throw new UsageError(`--to ${to} is not after --from ${start}: give a later time`);
  }
  return { from: start, to: end, isOpen: to === undefined };
}

/**
 * A period in parts that the API lists at once, newest first, as it lists. They are cut at midnight, so that no hour and
 * no day of usage is in two of them.
 */
export function partsOf(listing: TimedListing, { from, to, isOpen }: AnsweredPeriod): PeriodParameters[] {
  const { maxDays, includesEnd } = rules[listing];
  const parts: PeriodParameters[] = [];
  // What a carrier's clock dates a little ahead is part of a list that goes on until now.
  let EndTime = isOpen && includesEnd ? undefined : to;
  let end = to;
  while (maxDays !== undefined && from < shifted(end, -maxDays)) {
    const StartTime = nextMidnight(shifted(end, -maxDays));
    parts.push({ StartTime, EndTime });
    end = StartTime;
    EndTime = includesEnd ? timeOf(epochMilliseconds(StartTime) - 1) : StartTime;
  }
  parts.push({ StartTime: from, EndTime });
  return parts;
}

/** The first midnight (UTC) at or after a time. */
function nextMidnight(time: string): string {
  const midnight = startOfDay(time);
  return midnight === time ? midnight : shifted(midnight, 1);
}

/** A period for people. */
export function periodText({ from, to, isOpen }: AnsweredPeriod): string {
  return `from ${minute(from)} to ${minute(to)} UTC${isOpen ? ' (now)' : ''}`;
}

function minute(time: string): string {
  return time.slice(0, 16).replace('T', ' ');
}
