import { type Day, findDay, listDays, shiftDay, startDay } from '../days/day.ts';
import type { PartialDay } from '../days/partial-days.ts';
import { findMonth } from '../days/sim-days.ts';
import type { DaySeal } from './closed-days.ts';
import type { fleetGranularities } from './parameters.ts';
import type { UsagePeriod } from './usage-records.ts';

export type FleetGranularity = (typeof fleetGranularities)[number];

/** A range of times, both ISO 8601. */
export interface TimeSpan {
  readonly start_time: string;
  readonly end_time: string;
}

/** A range of times whose usage is read from records. */
export interface RecordRange {
  readonly from: string;
  readonly to: string;
  readonly isLive: boolean;
}

/** What a report is added up from. */
export interface DividedTime {
  /** Days that are added up from sums. */
  readonly summed: readonly Day[];
  /** Times whose records are read. */
  readonly ranges: readonly RecordRange[];
}

/** Divides a report's period. Hours can only be added up from records. */
export function divideTime(
  {
    granularity,
    period: { from, to },
  }: { readonly granularity: FleetGranularity; readonly period: UsagePeriod },
  now: string,
  seals: ReadonlyMap<Day, DaySeal>,
  partialDays: ReadonlyMap<Day, PartialDay>,
): DividedTime {
  const summed: Day[] = [];
  const ranges: RecordRange[] = [];
  for (const day of listPeriodDays({ from, to }, now)) {
    const begins = startDay(day);
    const ends = startDay(shiftDay(day, 1));
    const isWhole = from <= begins && ends <= to;
    const isSealed = seals.has(day);
    if ((isSealed ? isWhole : partialDays.has(day)) && granularity !== 'hour') {
      summed.push(day);
      continue;
    }
    const range = { from: begins < from ? from : begins, to: ends > to ? to : ends, isLive: !isSealed };
    const before = ranges.at(-1);
    if (before !== undefined && before.to === range.from && before.isLive === range.isLive) {
      ranges[ranges.length - 1] = { ...before, to: range.to };
    } else ranges.push(range);
  }
  return { summed, ranges };
}

/**
 * How many days after today may have records, because carriers' clocks may be ahead; records of later days are
 * rejected.
 */
export const maxDaysAhead = 2;

/** The days that overlap a period and may have records, oldest first. */
export function listPeriodDays({ from, to }: UsagePeriod, now: string): Day[] {
  const [last = ''] = [findDay(to), shiftDay(findDay(now), maxDaysAhead)].sort();
  return listDays(findDay(from), last).filter((day) => startDay(day) < to);
}

/** Ranges up to a time, joined if they are adjacent. */
export function clipSpans(ranges: readonly RecordRange[], last: string): TimeSpan[] {
  const spans: TimeSpan[] = [];
  for (const { from, to } of ranges) {
    if (from >= last) continue;
    const end = to > last ? last : to;
    const before = spans.at(-1);
    if (before?.end_time === from) spans[spans.length - 1] = { ...before, end_time: end };
    else spans.push({ start_time: from, end_time: end });
  }
  return spans;
}

/**
 * The name of a period that is a UTC day or calendar month, complete as far as it has come; undefined for other
 * periods.
 */
export function nameListedPeriod({ from, to }: UsagePeriod, now: string): string | undefined {
  const day = findDay(from);
  if (from !== startDay(day)) return undefined;
  const isWholeUpTo = (end: string): boolean => to === end || (to >= now && to < end);
  if (isWholeUpTo(startDay(shiftDay(day, 1)))) return day;
  const month = findMonth(day);
  const nextMonth = findMonth(shiftDay(`${month}-28`, 4));
  return day.endsWith('-01') && isWholeUpTo(startDay(`${nextMonth}-01`)) ? month : undefined;
}
