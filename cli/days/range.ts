import { type Day, findDay, shiftDay } from '../../lambda/days/day.ts';
import { UsageError } from '../../lambda/errors.ts';
import { formatTime } from '../../lambda/ledger/time.ts';

/** Days as options name them: UTC days, both ends included. */

/** Options that select days. */
export interface DaysOptions {
  readonly from?: Day | undefined;
  readonly to?: Day | undefined;
}

/** A range of days, inclusive. */
export interface DayRange {
  readonly from: Day;
  readonly to: Day;
}

/** @throws UsageError if the range ends before it begins. */
export function requireOrder({ from, to }: DaysOptions): void {
  if (from !== undefined && to !== undefined && to < from) {
    throw new UsageError(
      `--to ${to} is before --from ${from}: give a range that ends on or after its first day`,
    );
  }
}

/** Whether a day is in a range, which may be open. */
export function isIn({ from = '', to = '9' }: DaysOptions, day: Day): boolean {
  return day >= from && day <= to;
}

/** The UTC day of now. */
export function findToday(now: number): Day {
  return findDay(formatTime(now));
}

/** `2026-11-02`, or `2026-11-02 to 2026-11-05`. */
export function describeRange({ from, to }: DayRange): string {
  return from === to ? from : `${from} to ${to}`;
}

/** `2026-10-01 to 2026-10-03, 2026-10-07`. */
export function describeDayList(days: readonly Day[]): string {
  const spans: { from: Day; to: Day }[] = [];
  for (const day of days) {
    const span = spans.at(-1);
    if (span !== undefined && day === shiftDay(span.to, 1)) span.to = day;
    else spans.push({ from: day, to: day });
  }
  return spans.map(({ from, to }) => (from === to ? from : `${from} to ${to}`)).join(', ');
}

/** Says for which days usage may be missing. */
export function describeExpiredUsage(days: readonly Day[]): string {
  return `Incomplete where usage has expired, since these days are not sealed: ${describeDayList(days)}`;
}
