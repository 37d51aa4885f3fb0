import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { type Known, type KnownFinding, nothingKnown } from '../../../lambda/alerts/known.ts';
import type { FindingRule } from '../../../lambda/alerts/rules.ts';
import type { JoinedSpan } from '../../../lambda/alerts/span.ts';
import { findJoinedSpans } from '../../../lambda/alerts/spans.ts';
import { runs } from '../../records/runs.ts';
import { anyRule } from './arbitraries.ts';

/** Days are counted from 2026-11-02 on. */
const dayMilliseconds = 86_400_000;
const origin = Date.UTC(2026, 10, 2);
const lastDay = 8;
const at = (day: number): number => origin + day * dayMilliseconds;

const rule: fc.Arbitrary<FindingRule> = fc
  .record({
    checks: fc.constantFrom([], ['chain'], ['close', 'orphan']),
    limit: fc.oneof(
      fc.record({ count: fc.integer({ min: 1, max: 3 }), bytes: fc.constant(undefined) }),
      fc.record({ count: fc.constant(1), bytes: fc.integer({ min: 1, max: 6 }) }),
    ),
    pending: fc.constantFrom(0, 2 * dayMilliseconds),
    recovery: fc.constantFrom(0, dayMilliseconds, 1.5 * dayMilliseconds),
  })
  .map(({ limit, ...times }) => ({ ...anyRule, ...times, ...limit, kind: 'finding' }));

/** The oracle's data about a day: its findings, and whether it is sealed. */
interface Sheet {
  readonly isSealed: boolean;
  readonly findings: readonly KnownFinding[];
}

const draft = fc.record({
  check: fc.constantFrom('chain', 'close', 'orphan'),
  bytes: fc.constantFrom(undefined, -4, 0, 2, 3),
});

const sheets: fc.Arbitrary<readonly Sheet[]> = fc
  .array(
    fc.record({
      isSealed: fc.oneof({ weight: 5, arbitrary: fc.constant(true) }, fc.constant(false)),
      drafts: fc.oneof(fc.array(draft, { maxLength: 0 }), fc.array(draft, { maxLength: 4 })),
    }),
    { minLength: 1, maxLength: lastDay },
  )
  .map((days) =>
    days.map(({ isSealed, drafts }, day) => ({
      isSealed,
      findings: drafts.map((one, index) => ({ ...one, findingId: `f${day}-${index}` })),
    })),
  );

const watermark = fc.nat(2 * (lastDay + 4)).map((halves) => at(halves / 2));

function makeKnown(days: readonly Sheet[]): Known {
  return {
    ...nothingKnown,
    findings: {
      closedUntil: at(days.length),
      unsealed: days.flatMap(({ isSealed }, day) => (isSealed ? [] : [at(day)])),
      days: days.flatMap(({ findings }, day) => (findings.length === 0 ? [] : [{ from: at(day), findings }])),
    },
  };
}

type Judge = (rule: FindingRule, known: Known, watermark: number) => JoinedSpan[];

function inDays({ from, metAt, to, isOver, evidence }: JoinedSpan) {
  const days = (time: number): number => (time - origin) / dayMilliseconds;
  const { begin, last, count } = evidence;
  return {
    ...{ from: days(from), metAt: days(metAt), to: to === undefined ? undefined : days(to), isOver },
    ...{ first: begin.key, last: last.key, count },
  };
}

/**
 * The oracle: goes through the days in order, with the findings of each, and collects those that belong to one alert. It
 * shares no code with the tested functions.
 */
function layPiles(given: FindingRule, days: readonly Sheet[], now: number) {
  const today = Math.min((now - origin) / dayMilliseconds, days.length);
  const pick = ({ findings }: Sheet) => {
    const own = findings.filter(({ check }) => given.checks.length === 0 || given.checks.includes(check));
    const found = { chain: 0, close: 0, orphan: 0 };
    for (const { check, bytes } of own)
      found[check as keyof typeof found] += given.bytes === undefined ? 1 : Math.abs(bytes ?? 0);
    return Math.max(...Object.values(found)) >= (given.bytes ?? given.count) ? own : [];
  };
  type Pile = { readonly from: number; to: number | undefined; readonly sheets: KnownFinding[] };
  // Consecutive days without a clean one between them.
  const runsOfDays: Pile[] = [];
  for (let day = 0; day + 1 <= today; day += 1) {
    const found = pick(days[day] ?? { isSealed: true, findings: [] });
    const top = runsOfDays.at(-1);
    const isOpen = top !== undefined && top.to === undefined;
    if (found.length > 0 && isOpen) top.sheets.push(...found);
    else if (found.length > 0) runsOfDays.push({ from: day, to: undefined, sheets: [...found] });
    else if (isOpen && days[day]?.isSealed === true) top.to = day + 1;
  }
  const [pending, recovery] = [given.pending / dayMilliseconds, given.recovery / dayMilliseconds];
  const piles: Pile[] = [];
  for (const one of runsOfDays) {
    const top = piles.at(-1);
    if (top?.to !== undefined && one.from + 1 <= top.to + recovery) {
      top.sheets.push(...one.sheets);
      top.to = one.to;
    } else if ((one.to ?? today) >= one.from + 1 + pending) piles.push(one);
  }
  return piles.map(({ from, to, sheets: all }) => ({
    ...{ from, metAt: from + 1, to },
    ...{ first: all[0]?.findingId, last: all.at(-1)?.findingId, count: all.length },
    isOver: to !== undefined && (recovery === 0 || today > to + recovery),
  }));
}

function describeTruth(judge: Judge) {
  return fc.property(rule, sheets, watermark, (given, days, now) => {
    expect(judge(given, makeKnown(days), now).map(inDays)).toEqual(layPiles(given, days, now));
  });
}

describe('alerts about findings', () => {
  it('are those of an oracle that reads each day’s findings', () => {
    fc.assert(describeTruth(findJoinedSpans), runs(600));
  });

  it('do not change with later days, unless they last', () => {
    const more = fc.nat(20);
    fc.assert(
      fc.property(rule, sheets, watermark, more, (given, days, now, halves) => {
        const known = makeKnown(days.map((day) => ({ ...day, isSealed: true })));
        const before = findJoinedSpans(given, known, now).map(inDays);
        const after = findJoinedSpans(given, known, now + (halves * dayMilliseconds) / 2).map(inDays);
        const over = before.filter(({ isOver }) => isOver);
        expect(after.slice(0, over.length)).toEqual(over);
        expect(after.length).toBeGreaterThanOrEqual(before.length);
      }),
      runs(300),
    );
  });

  it('do not exist before a day is closed', () => {
    expect(
      findJoinedSpans(fc.sample(rule, { numRuns: 1, seed: 1 })[0] as FindingRule, nothingKnown, at(3)),
    ).toEqual([]);
  });
});

/** Possible faults. The oracle notices each one. */
const faults: Readonly<Record<string, Judge>> = {
  'the limit itself is not enough': (given, known, now) =>
    findJoinedSpans(
      { ...given, count: given.count + 1, bytes: given.bytes === undefined ? undefined : given.bytes + 1 },
      known,
      now,
    ),
  'all checks count': (given, known, now) => findJoinedSpans({ ...given, checks: [] }, known, now),
  'findings of several checks are added': (given, known, now) => {
    const { findings } = known;
    const days = findings?.days.map(({ from, findings: found }) => ({
      from,
      findings: found
        .filter(({ check }) => given.checks.length === 0 || given.checks.includes(check))
        .map((one) => ({ ...one, check: 'chain' })),
    }));
    return findJoinedSpans(
      { ...given, checks: [] },
      { ...known, ...(findings !== undefined && days !== undefined && { findings: { ...findings, days } }) },
      now,
    );
  },
  'a day without a seal ends an alert': (given, known, now) =>
    findJoinedSpans(
      given,
      { ...known, ...(known.findings !== undefined && { findings: { ...known.findings, unsealed: [] } }) },
      now,
    ),
  'a day counts before it is over': (given, known, now) =>
    findJoinedSpans(given, known, now + dayMilliseconds / 2),
  'too many bytes make up for missing ones': (given, known, now) => {
    const { findings } = known;
    const days = findings?.days.map(({ from, findings: found }) => ({
      from,
      findings: found.map((one) => ({ ...one, bytes: Math.max(0, one.bytes ?? 0) })),
    }));
    return findJoinedSpans(
      given,
      { ...known, ...(findings !== undefined && days !== undefined && { findings: { ...findings, days } }) },
      now,
    );
  },
  'an alert lasts forever': (given, known, now) =>
    findJoinedSpans(given, known, now).map((span) => ({ ...span, to: undefined, isOver: false })),
};

test.each(Object.entries(faults))('the oracle notices that %s', (_, judge) => {
  const { failed } = fc.check(describeTruth(judge) as fc.IProperty<unknown>, {
    numRuns: 600,
    endOnFailure: true,
  });
  expect(failed).toBe(true);
});
