import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { type Known, nothingKnown } from '../../../lambda/alerts/known.ts';
import { findPeriodUsage } from '../../../lambda/alerts/periods.ts';
import type { PeriodUsageRule } from '../../../lambda/alerts/rules.ts';
import type { Span } from '../../../lambda/alerts/span.ts';
import type { UsageContent } from '../../../lambda/ledger/contents.ts';
import { runs } from '../../records/runs.ts';
import { anyRule } from './arbitraries.ts';
import { makeUsage } from './records.ts';

/** Days are counted from 2026-11-02 on. Records are in the first 70 of them. */
const dayMinutes = 24 * 60;
const dayMilliseconds = dayMinutes * 60_000;
const origin = Date.UTC(2026, 10, 2);
const lastDay = 70;

const rule: fc.Arbitrary<PeriodUsageRule> = fc
  .record({
    compare: fc.constantFrom('more' as const, 'less' as const),
    bytes: fc.integer({ min: 1, max: 8 }),
    calendar: fc.oneof(
      fc.constant({ per: 'day' as const, firstDay: 1 }),
      fc.record({ per: fc.constant('month' as const), firstDay: fc.constantFrom(1, 2, 5, 28) }),
    ),
  })
  .map(({ calendar, ...limits }) => ({ ...anyRule, kind: 'usage', ...limits, ...calendar }));

const usage = fc
  .array(fc.record({ day: fc.nat(lastDay), minute: fc.nat(dayMinutes - 2), bytes: fc.nat(4) }), {
    maxLength: 14,
  })
  .map((drafts) =>
    drafts.map(({ day, minute, bytes }, index) =>
      makeUsage(day * dayMinutes + minute + 1, { id: `u${index}`, bytes }),
    ),
  );

const watermark = fc.nat(2 * (lastDay + 40)).map((halves) => origin + (halves * dayMilliseconds) / 2);

type Judge = (rule: PeriodUsageRule, known: Known, watermark: number) => Span[];

function inDays({ from, metAt, to }: Pick<Span, 'from' | 'metAt' | 'to'>) {
  const days = (at: number): number => (at - origin) / dayMilliseconds;
  return { from: days(from), metAt: days(metAt), to: to === undefined ? undefined : days(to) };
}

/**
 * The oracle: goes through the calendar day by day, and keeps an entry for each period. It shares no code with the tested
 * functions.
 */
function walk(
  { compare, bytes, per, firstDay }: PeriodUsageRule,
  records: readonly UsageContent[],
  now: number,
) {
  const found: { from: number; metAt: number; to: number | undefined }[] = [];
  const times = records.map(({ start }) => Date.parse(start));
  if (times.length === 0) return found;
  const isFirst = (day: number): boolean =>
    per === 'day' || new Date(origin + day * dayMilliseconds).getUTCDate() === firstDay;
  const born = Math.floor((Math.min(...times) - origin) / dayMilliseconds);
  const over = (now - origin) / dayMilliseconds;
  // One entry per period: the day of its start, or none for a period in which the SIM did not exist yet.
  let page: { began: number; sum: number; isMet: boolean } | undefined;
  for (let day = -40; day + 1 <= over; day += 1) {
    if (isFirst(day)) {
      const last = found.at(-1);
      const isShort = page !== undefined && page.began > born && page.sum < bytes;
      if (compare === 'less' && isShort && page !== undefined) {
        if (last !== undefined && last.to === undefined) {
          // It continues.
        } else found.push({ from: page.began, metAt: day, to: undefined });
      }
      if (compare === 'more' && last !== undefined) last.to ??= day;
      page = { began: day, sum: 0, isMet: false };
    }
    if (page === undefined) continue;
    const from = origin + day * dayMilliseconds;
    for (const [index, { dataTotal }] of records.entries()) {
      const at = times[index] ?? 0;
      if (at >= from && at < from + dayMilliseconds) page.sum += dataTotal;
    }
    const last = found.at(-1);
    if (compare === 'more' && !page.isMet && page.sum > bytes) {
      page.isMet = true;
      found.push({ from: page.began, metAt: day + 1, to: undefined });
    }
    if (compare === 'less' && last !== undefined && last.to === undefined && page.sum >= bytes)
      last.to = day + 1;
  }
  // The period may end with the last day that is over.
  const today = Math.floor(over);
  if (isFirst(today) && page !== undefined) {
    const last = found.at(-1);
    const isOpen = last !== undefined && last.to === undefined;
    if (compare === 'more' && isOpen) last.to = today;
    const isShort = page.began > born && page.sum < bytes;
    if (compare === 'less' && isShort && !isOpen)
      found.push({ from: page.began, metAt: today, to: undefined });
  }
  return found;
}

/** A sealed day is known by its sum. The first days may be older than the first sealed one. */
function seal(records: readonly UsageContent[], days: number, unread = 0): Known {
  const since = origin + unread * dayMilliseconds;
  const until = origin + days * dayMilliseconds;
  const sums = new Map<number, bigint>();
  for (const { start, dataTotal } of records) {
    const from = Math.floor(Date.parse(start) / dayMilliseconds) * dayMilliseconds;
    if (from >= since && from < until) sums.set(from, (sums.get(from) ?? 0n) + BigInt(dataTotal));
  }
  const left = records.filter(({ start }) => Date.parse(start) >= until || Date.parse(start) < since);
  return {
    ...nothingKnown,
    usage: left,
    sealed: {
      from: Number.NEGATIVE_INFINITY,
      until,
      days: [...sums].map(([from, bytes]) => ({ from, bytes })),
    },
  };
}

function describeTruth(judge: Judge) {
  return fc.property(rule, usage, watermark, (given, records, now) => {
    const spans = judge(given, { ...nothingKnown, usage: records }, now).map(inDays);
    expect(spans).toEqual(walk(given, records, now));
  });
}

function describeSealing(judge: Judge) {
  const unread = fc.nat(20);
  return fc.property(
    rule,
    usage,
    watermark,
    fc.nat(lastDay + 2),
    unread,
    (given, records, now, sealed, first) => {
      const whole = judge(given, { ...nothingKnown, usage: records }, now);
      const through = Math.min(sealed, Math.floor((now - origin) / dayMilliseconds));
      const known = seal(records, Math.max(0, through), first);
      expect(judge(given, known, now)).toEqual(whole);
    },
  );
}

function describeIndependence(judge: Judge) {
  const shuffled = usage.chain((records) =>
    fc
      .tuple(fc.shuffledSubarray([...records], { minLength: records.length }), fc.subarray([...records]))
      .map(([all, again]) => [records, [...again, ...all]] as const),
  );
  return fc.property(rule, shuffled, watermark, (given, [records, others], now) => {
    expect(judge(given, { ...nothingKnown, usage: others }, now)).toEqual(
      judge(given, { ...nothingKnown, usage: records }, now),
    );
  });
}

function describeProgress(judge: Judge) {
  return fc.property(rule, usage, watermark, fc.nat(60), (given, records, now, more) => {
    const known = { ...nothingKnown, usage: records };
    const before = judge(given, known, now);
    const after = judge(given, known, now + (more * dayMilliseconds) / 2);
    const kept = after.slice(0, before.length).map((span, index) => {
      return before[index]?.to === undefined ? { ...inDays(span), to: undefined } : inDays(span);
    });
    expect(kept).toEqual(before.map(inDays));
  });
}

const properties = [describeTruth, describeSealing, describeIndependence, describeProgress];

describe('usage by day and month', () => {
  it('is that of an oracle that goes through the calendar', () => {
    fc.assert(describeTruth(findPeriodUsage), runs(600));
  });

  it('is the same from records and from sums of days', () => {
    fc.assert(describeSealing(findPeriodUsage), runs(400));
  });

  it('does not depend on the order and repetition of records', () => {
    fc.assert(describeIndependence(findPeriodUsage), runs(200));
  });

  it('does not change when the watermark advances, unless it lasts', () => {
    fc.assert(describeProgress(findPeriodUsage), runs(400));
  });
});

/** Possible faults. One of the properties notices each. */
const faults: Readonly<Record<string, Judge>> = {
  'the limit itself is too much, or too little': (given, known, now) =>
    findPeriodUsage({ ...given, bytes: given.bytes + (given.compare === 'more' ? -1 : 1) }, known, now),
  'a month begins a day later': (given, known, now) =>
    findPeriodUsage(given.per === 'month' ? { ...given, firstDay: given.firstDay + 1 } : given, known, now),
  'a sealed day counts twice': (given, known, now) =>
    findPeriodUsage(
      given,
      known.sealed === undefined
        ? known
        : { ...known, sealed: { ...known.sealed, days: [...known.sealed.days, ...known.sealed.days] } },
      now,
    ),
  'days before the first sealed one are not counted': (given, known, now) => {
    const { usage, sealed } = known;
    const left = usage.filter(({ start }) => sealed === undefined || Date.parse(start) >= sealed.until);
    return findPeriodUsage(given, { ...known, usage: left }, now);
  },
  'a repeated record counts twice': (given, known, now) => {
    const repeats = known.usage.filter((one, index) => known.usage.indexOf(one) !== index);
    const again = repeats.map((one, index) => ({ ...one, usageId: `${one.usageId}-${index}` }));
    return findPeriodUsage(given, { ...known, usage: [...known.usage, ...again] }, now);
  },
  'a day counts before it is over': (given, known, now) =>
    findPeriodUsage(given, known, now + dayMilliseconds / 2).filter(
      ({ metAt }) => metAt <= now + dayMilliseconds / 2,
    ),
  'a period lasts forever': (given, known, now) =>
    findPeriodUsage(given, known, now).map((span) => ({ ...span, to: undefined })),
  'an alert begins with the day on which it is met': (given, known, now) =>
    findPeriodUsage(given, known, now).map((span) => ({ ...span, from: span.metAt })),
};

test.each(Object.entries(faults))('the properties notice that %s', (_, judge) => {
  const failed = properties.some((property) => {
    return fc.check(property(judge) as fc.IProperty<unknown>, { numRuns: 600, endOnFailure: true }).failed;
  });
  expect(failed).toBe(true);
});
