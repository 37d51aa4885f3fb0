import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Known } from '../../../lambda/alerts/known.ts';
import type { Rule } from '../../../lambda/alerts/rules.ts';
import type { Span } from '../../../lambda/alerts/span.ts';
import { findSpans } from '../../../lambda/alerts/spans.ts';
import { known, rule, watermark } from './arbitraries.ts';
import { at, minute } from './records.ts';
import { findTrueSpans, type TrueSpan } from './truth.ts';

const numRuns = 1_000 * Math.max(0.1, Number(process.env['PROPERTY_RUNS'] ?? '1'));

type Judge = (rule: Rule, known: Known, watermark: number) => Span[];

function inMinutes({ from, metAt, to }: Span): TrueSpan {
  const minutes = (time: number): number => (time - at(0)) / minute;
  return { from: minutes(from), metAt: minutes(metAt), to: to === undefined ? undefined : minutes(to) };
}

/** Spans are correct for every minute. */
function describeTruth(judge: Judge): fc.IProperty<[Rule, Known, number]> {
  return fc.property(rule, known, watermark, (given, records, minutes) => {
    expect(judge(given, records, at(minutes)).map(inMinutes)).toEqual(findTrueSpans(given, records, minutes));
  });
}

/** Order and repetition do not matter, not even for evidence. */
function describeIndependence(judge: Judge): fc.IProperty<[Rule, Known, Known, number]> {
  const shuffled = known.chain((records) => {
    const shuffle = <Item>(items: readonly Item[]) =>
      fc
        .tuple(fc.shuffledSubarray([...items], { minLength: items.length }), fc.subarray([...items]))
        .map(([all, again]) => [...again, ...all]);
    return fc
      .record<Known>({
        sessions: shuffle(records.sessions),
        usage: shuffle(records.usage),
        events: shuffle(records.events),
        signs: shuffle(records.signs),
      })
      .map((others) => [records, others] as const);
  });
  return fc.property(rule, shuffled, watermark, (given, [records, others], minutes) => {
    expect(judge(given, others, at(minutes))).toEqual(judge(given, records, at(minutes)));
  }) as unknown as fc.IProperty<[Rule, Known, Known, number]>;
}

/** A later watermark adds spans at the end, and may end the last of the earlier ones. */
function describeProgress(judge: Judge): fc.IProperty<[Rule, Known, number, number]> {
  return fc.property(rule, known, watermark, fc.nat({ max: 40 }), (given, records, minutes, more) => {
    const before = judge(given, records, at(minutes)).map(inMinutes);
    const after = judge(given, records, at(minutes + more)).map(inMinutes);
    const ends = after.slice(0, before.length).map((span, index) => {
      const { to } = before[index] ?? {};
      return to === undefined ? { ...span, to: undefined } : span;
    });
    expect(ends).toEqual(before);
  });
}

describe('spans', () => {
  it('are correct for every minute', () => {
    fc.assert(describeTruth(findSpans), { numRuns });
  });

  it('do not depend on the order and repetition of records, nor does their evidence', () => {
    fc.assert(describeIndependence(findSpans), { numRuns });
  });

  it('do not change when the watermark advances, unless they last', () => {
    fc.assert(describeProgress(findSpans), { numRuns });
  });

  it('are in order, and their times lie within them and before the watermark', () => {
    fc.assert(
      fc.property(rule, known, watermark, (given, records, minutes) => {
        const spans = findSpans(given, records, at(minutes));
        const isWrong = ({ from, metAt, to = Number.POSITIVE_INFINITY }: Span, index: number): boolean =>
          metAt < from || metAt > to || metAt > at(minutes) || from < (spans[index - 1]?.to ?? from);
        expect(spans.filter(isWrong)).toEqual([]);
      }),
      { numRuns },
    );
  });
});

/** Possible faults. Each property must notice its own. */
const faults: Readonly<Record<string, Judge>> = {
  'a duration is a minute too long': (given, records, time) => {
    if ('after' in given) return findSpans({ ...given, after: given.after + minute }, records, time);
    if ('within' in given) return findSpans({ ...given, within: given.within + minute }, records, time);
    return findSpans(given, records, time);
  },
  'a number is one too high': (given, records, time) =>
    findSpans('count' in given ? { ...given, count: given.count + 1 } : given, records, time),
  'the latest sign of life is not seen': (given, records, time) =>
    findSpans(
      given,
      { ...records, signs: records.signs.toSorted((a, b) => a.record.at - b.record.at).slice(0, -1) },
      time,
    ),
  'records after the watermark end nothing': (given, records, time) =>
    findSpans(given, records, time).map((span) =>
      (span.to ?? 0) > time ? { ...span, to: undefined } : span,
    ),
  'what ended is not reported': (given, records, time) =>
    findSpans(given, records, time).filter(({ to }) => to === undefined),
  'the watermark is not looked at': (given, records) => findSpans(given, records, at(100)),
  'an end is a minute late': (given, records, time) =>
    findSpans(given, records, time).map((span) =>
      span.to === undefined ? span : { ...span, to: span.to + minute },
    ),
};

describe('the truth, minute by minute, notices that', () => {
  it.each(Object.entries(faults))('%s', (_, judge) => {
    expect(fc.check(describeTruth(judge), { numRuns: 3_000, endOnFailure: true }).failed).toBe(true);
  });
});

/** Reads the records in order of arrival. */
const byArrival: Readonly<Record<string, Judge>> = {
  'the first record that came is taken for the latest': (given, records, time) =>
    findSpans(given, { ...records, signs: records.signs.slice(1) }, time),
  'repeated events count again': (given, records, time) =>
    findSpans(
      given,
      {
        ...records,
        events: records.events.map((event, index) => ({ ...event, eventKey: `${event.eventKey}#${index}` })),
      },
      time,
    ),
  'repeated usage counts again': (given, records, time) =>
    findSpans(
      given,
      {
        ...records,
        usage: records.usage.map((usage, index) => ({ ...usage, usageId: `${usage.usageId}#${index}` })),
      },
      time,
    ),
  'only the first three events are looked at': (given, records, time) =>
    findSpans(given, { ...records, events: records.events.slice(0, 3) }, time),
  'only the last three usage records are looked at': (given, records, time) =>
    findSpans(given, { ...records, usage: records.usage.slice(-3) }, time),
};

describe('the independence of order and repetition notices that', () => {
  it.each(Object.entries(byArrival))('%s', (_, judge) => {
    expect(fc.check(describeIndependence(judge), { numRuns: 3_000, endOnFailure: true }).failed).toBe(true);
  });
});

const impatient: Readonly<Record<string, Judge>> = {
  'spans that touch are made one': (given, records, time) => {
    const spans = findSpans(given, records, time);
    return spans.flatMap((span, index) => {
      const before = spans[index - 1];
      if (before?.to === span.from) return [];
      const next = spans[index + 1];
      return span.to !== undefined && next?.from === span.to ? [{ ...span, to: next.to }] : [span];
    });
  },
  'only what lasts is reported': (given, records, time) =>
    findSpans(given, records, time).filter(({ to }) => to === undefined || to > time),
  'a span begins where it was last looked at': (given, records, time) =>
    findSpans(given, records, time).map((span) => (span.to === undefined ? { ...span, from: time } : span)),
  'a span is given the watermark as its end': (given, records, time) =>
    findSpans(given, records, time).map((span) => ({ ...span, to: span.to ?? time })),
  'the first span is forgotten as soon as there are two': (given, records, time) => {
    const spans = findSpans(given, records, time);
    return spans.length > 1 ? spans.slice(1) : spans;
  },
};

describe('the progress of the watermark notices that', () => {
  it.each(Object.entries(impatient))('%s', (_, judge) => {
    expect(fc.check(describeProgress(judge), { numRuns: 3_000, endOnFailure: true }).failed).toBe(true);
  });
});
