import { type Known, type RecordReference, referToEvent, referToUsage, sortByRecord } from './known.ts';
import type { PeriodUsageRule } from './rules.ts';
import { type Span, uniteSpans } from './span.ts';

/**
 * Rules about the usage of a calendar day or month, in UTC. A usage record belongs to the day of its start, as in
 * SIM-days. Only the sums of bytes per day matter, so the result does not depend on whether a day is known by its
 * records or, when it is sealed, by its SIM-day.
 *
 * An alert begins with its period. It is met at the end of the day that exceeded the limit, or at the end of the period
 * that did not reach it.
 */

const dayMilliseconds = 86_400_000;

/** Bytes of each day, by its beginning. */
type DayBytes = ReadonlyMap<number, bigint>;

/** When a SIM moved more, or less, bytes than the rule says. */
export function findPeriodUsage(rule: PeriodUsageRule, known: Known, watermark: number): Span[] {
  const days = sumDays(known, watermark);
  const spans = rule.compare === 'more' ? findMore(rule, days) : findLess(rule, known, days, watermark);
  return uniteSpans(spans).map((span) => {
    const isOver = span.to !== undefined && span.to <= watermark;
    return isOver ? span : { ...span, to: undefined };
  });
}

/** The bytes of each day with usage that has ended by the watermark, in order. */
function sumDays({ usage, sealed }: Known, watermark: number): DayBytes {
  const until = sealed?.until ?? Number.NEGATIVE_INFINITY;
  const sums = new Map<number, bigint>();
  const add = (day: number, bytes: bigint): void => {
    if (bytes > 0n && day + dayMilliseconds <= watermark) sums.set(day, (sums.get(day) ?? 0n) + bytes);
  };
  const known = new Set(sealed?.days.map(({ from }) => from));
  for (const { from, bytes } of sealed?.days ?? []) add(from, bytes);
  const records = usage.map((one) => ({ record: referToUsage(one), usage: one }));
  for (const { record, usage: one } of sortByRecord(records)) {
    const day = startDay(Date.parse(one.start));
    if ((day >= until || !known.has(day)) && record.at <= watermark) add(day, BigInt(one.dataTotal));
  }
  return new Map([...sums].sort(([a], [b]) => a - b));
}

function findMore(rule: PeriodUsageRule, days: DayBytes): Span[] {
  const spans: Span[] = [];
  for (const { from, to, sum } of listPeriods(rule, days)) {
    const passed = sum.findIndex(({ total }) => total > BigInt(rule.bytes));
    const day = sum[passed]?.day;
    if (day === undefined) continue;
    spans.push({ from, metAt: day + dayMilliseconds, to, evidence: describe(from, day, sum.length) });
  }
  return spans;
}

/**
 * Ended periods with too little usage. Counted from the first period that begins after a day about which anything is
 * known. A period with enough usage ends the alert, on the day on which the amount is reached.
 */
function findLess(rule: PeriodUsageRule, known: Known, days: DayBytes, watermark: number): Span[] {
  const first = findFirstDay(known);
  if (first === undefined) return [];
  const periods = new Map(listPeriods(rule, days).map((period) => [period.from, period]));
  const spans: Span[] = [];
  const complete = known.sealed?.from ?? first;
  let from = startNext(rule, startPeriod(rule, first));
  while (from < complete) from = startNext(rule, from);
  for (let next = startNext(rule, from); next <= watermark; [from, next] = [next, startNext(rule, next)]) {
    const { sum = [] } = periods.get(from) ?? {};
    if ((sum.at(-1)?.total ?? 0n) >= BigInt(rule.bytes)) continue;
    const restored = periods.get(next)?.sum.find(({ total }) => total >= BigInt(rule.bytes))?.day;
    const to = restored === undefined ? startNext(rule, next) : restored + dayMilliseconds;
    spans.push({ from, metAt: next, to, evidence: describe(from, from, sum.length) });
  }
  return spans;
}

/**
 * The first day about which anything is known. Sessions are ignored, because they may begin before the first records.
 */
function findFirstDay({ usage, events, sealed }: Known): number | undefined {
  const days = [
    ...usage.map(referToUsage).map(({ at }) => startDay(at)),
    ...events.map(referToEvent).map(({ at }) => startDay(at)),
    ...(sealed?.days ?? []).map(({ from }) => from),
  ];
  return days.length === 0 ? undefined : days.reduce((first, day) => Math.min(first, day));
}

/** The periods with usage, each with the running total of its days. */
function listPeriods(rule: PeriodUsageRule, days: DayBytes) {
  const periods: { from: number; to: number; sum: { day: number; total: bigint }[] }[] = [];
  for (const [day, bytes] of days) {
    const from = startPeriod(rule, day);
    let period = periods.at(-1);
    if (period?.from !== from) {
      period = { from, to: startNext(rule, from), sum: [] };
      periods.push(period);
    }
    period.sum.push({ day, total: (period.sum.at(-1)?.total ?? 0n) + bytes });
  }
  return periods;
}

function startDay(at: number): number {
  return Math.floor(at / dayMilliseconds) * dayMilliseconds;
}

/** The beginning of the period that contains a time. */
function startPeriod({ per, firstDay }: PeriodUsageRule, at: number): number {
  if (per === 'day') return startDay(at);
  const date = new Date(at);
  const months = date.getUTCMonth() - (date.getUTCDate() < firstDay ? 1 : 0);
  return Date.UTC(date.getUTCFullYear(), months, firstDay);
}

/** The beginning of the next period. */
function startNext({ per, firstDay }: PeriodUsageRule, from: number): number {
  if (per === 'day') return from + dayMilliseconds;
  const date = new Date(from);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, firstDay);
}

function describe(from: number, last: number, count: number): Span['evidence'] {
  return { begin: referToDay(from), before: undefined, last: referToDay(last), end: undefined, count };
}

/** Refers to all usage from a day on, not to a record, because a sealed day is known only by its sum. */
function referToDay(day: number): RecordReference {
  return { table: 'Usage', key: `${new Date(day).toISOString()}#`, at: day };
}
