import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type JoinedSpan, joinSpans, type Span } from '../../../lambda/alerts/span.ts';
import { at, minute } from './records.ts';
import { findTrueEpisodes } from './truth.ts';

const numRuns = 3_000 * Math.max(0.1, Number(process.env['PROPERTY_RUNS'] ?? '1'));
const horizon = 90;

/** Random spans: the minutes in which a condition holds, and how long it must hold to be met. */
const spans: fc.Arbitrary<Span[]> = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 8 }), fc.nat({ max: 6 }), fc.integer({ min: 1, max: 9 })), {
    maxLength: 6,
  })
  .chain((parts) => fc.boolean().map((lasts) => ({ parts, lasts })))
  .map(({ parts, lasts }) => {
    let now = 0;
    return parts.map(([gap, silence, length], index) => {
      const from = now + gap;
      const metAt = from + silence;
      now = metAt + length;
      const isLast = lasts && index === parts.length - 1;
      const begin = { table: 'Events', key: String(index), at: at(from) } as const;
      const evidence = { begin, before: undefined, last: begin, end: undefined, count: 1 };
      return { from: at(from), metAt: at(metAt), to: isLast ? undefined : at(now), evidence };
    });
  });

/** An episode by its times. */
interface Times {
  readonly from: number;
  readonly to: number | undefined;
  readonly isOver: boolean;
}

/** The result of the oracle with a stopwatch, in the times of records. */
function watch(all: readonly Span[], pending: number, recovery: number, watermark: number): Times[] {
  const inMinutes = (time: number): number => (time - at(0)) / minute;
  const spans = all.map(({ from, metAt, to }) => ({
    from: inMinutes(from),
    metAt: inMinutes(metAt),
    to: to === undefined ? undefined : inMinutes(to),
  }));
  const times = { pending: pending / minute, recovery: recovery / minute };
  return findTrueEpisodes(spans, times, watermark).map(({ from, to, isOver }) => ({
    from: at(from),
    to: to === undefined ? undefined : at(to),
    isOver,
  }));
}

function pickTimes({ from, to, isOver }: JoinedSpan): Times {
  return { from, to, isOver };
}

const duration = fc.nat({ max: 10 }).map((count) => count * minute);

type Join = typeof joinSpans;

/** Joined spans are the oracle's episodes. */
function describeWatching(join: Join): fc.IProperty<[Span[], number, number, number]> {
  return fc.property(
    spans,
    duration,
    duration,
    fc.nat({ max: horizon }),
    (all, pending, recovery, minutes) => {
      const met = all.filter(({ metAt }) => metAt <= at(minutes));
      const joined = join(met, { pending, recovery }, at(minutes));
      expect(joined.map(pickTimes)).toEqual(watch(met, pending, recovery, minutes));
    },
  );
}

/** When the watermark advances, ended spans stay unchanged, and open ones continue. */
function describeProgress(join: Join): fc.IProperty<[Span[], number, number, number, number]> {
  const times = fc.nat({ max: horizon });
  return fc.property(spans, duration, duration, times, times, (all, pending, recovery, minutes, more) => {
    const joinAt = (time: number): JoinedSpan[] =>
      join(
        all.filter(({ metAt }) => metAt <= at(time)),
        { pending, recovery },
        at(time),
      );
    const before = joinAt(minutes);
    const after = joinAt(minutes + more).slice(0, before.length);
    expect(after.map((span, index) => (before[index]?.isOver ? pickTimes(span) : span.from))).toEqual(
      before.map((span) => (span.isOver ? pickTimes(span) : span.from)),
    );
  });
}

describe('spans make episodes', () => {
  it('as an oracle with a stopwatch does', () => {
    fc.assert(describeWatching(joinSpans), { numRuns });
  });

  it('that stay over as the watermark advances', () => {
    fc.assert(describeProgress(joinSpans), { numRuns });
  });
});

const faults: Readonly<Record<string, Join>> = {
  'the pending time is ignored': (all, { recovery }, watermark) =>
    joinSpans(all, { pending: 0, recovery }, watermark),
  'the recovery time is ignored': (all, { pending }, watermark) =>
    joinSpans(all, { pending, recovery: 0 }, watermark),
  'the recovery time counts from the beginning': (all, times, watermark) =>
    joinSpans(all, times, watermark).map((span) => ({
      ...span,
      isOver: span.to !== undefined && watermark > span.from + times.recovery,
    })),
  'what is over is told of no more': (all, times, watermark) =>
    joinSpans(all, times, watermark).filter(({ isOver }) => !isOver),
  'an episode closes as soon as its span is over': (all, times, watermark) =>
    joinSpans(all, times, watermark).map((span) => ({ ...span, isOver: span.to !== undefined })),
};

describe('the oracle with a stopwatch notices that', () => {
  it.each(Object.entries(faults))('%s', (_, join) => {
    expect(fc.check(describeWatching(join), { numRuns: 3_000, endOnFailure: true }).failed).toBe(true);
  });
});
