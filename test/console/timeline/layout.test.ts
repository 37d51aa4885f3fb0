import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { joinStatements, layBands } from '../../../console/timeline/bands.ts';
import { findHit, layOut } from '../../../console/timeline/layout.ts';
import { layMarks, maxLanes, minWidth } from '../../../console/timeline/marks.ts';
import type { TimelineRanges } from '../../../console/timeline/records.ts';
import { placeTime, type TimeScale } from '../../../console/timeline/scale.ts';
import { laySteps } from '../../../console/timeline/steps.ts';
import {
  chooseWindow,
  day,
  hour,
  maxSpan,
  minSpan,
  minute,
  panWindow,
  pinchWindow,
  type TimeWindow,
  zoomWindow,
} from '../../../console/timeline/window.ts';
import { runs } from '../../records/runs.ts';

/** Tries a property of a window. */
function tryProperty<Values>(numRuns: number, property: fc.IRawProperty<Values>): void {
  fc.assert(property, runs(numRuns));
}

const origin = Date.parse('2026-11-02T08:02:10Z');

/** Windows of every length, near the origin, and screens of every width. */
const scales: fc.Arbitrary<TimeScale> = fc
  .record({
    from: fc.integer({ min: origin - 30 * day, max: origin + 30 * day }),
    span: fc.oneof(
      fc.integer({ min: minSpan, max: day }),
      fc.integer({ min: day, max: maxSpan }),
      fc.constantFrom(minSpan, hour, day, 7 * day, maxSpan),
    ),
    width: fc.integer({ min: 200, max: 4000 }),
  })
  .map(({ from, span, width }) => ({ window: { from, to: from + span }, width }));

/** Ranges that lie before, in and after the windows, from moments to months. */
const ranges: fc.Arbitrary<TimeWindow[]> = fc.array(
  fc
    .tuple(
      fc.integer({ min: origin - 40 * day, max: origin + 40 * day }),
      fc.oneof(fc.constant(0), fc.integer({ min: 1, max: hour }), fc.integer({ min: 1, max: 60 * day })),
    )
    .map(([from, length]) => ({ from, to: from + length })),
  { maxLength: 60 },
);

/** What of a number of pixels is lost to arithmetic. */
const rounding = 1e-4;

function isSeen({ from, to }: TimeWindow, { window }: TimeScale): boolean {
  return to >= window.from && from <= window.to;
}

describe('marks', () => {
  test('represent each visible range once, at its position and nowhere else', () => {
    tryProperty(
      300,
      fc.property(ranges, scales, (all, scale) => {
        const { marks, lanes } = layMarks(all, scale);
        const members = marks.flatMap((mark) => mark.members).sort((a, b) => a - b);
        expect(members).toEqual(all.flatMap((range, index) => (isSeen(range, scale) ? [index] : [])));
        expect(lanes).toBeLessThanOrEqual(maxLanes);
        for (const { x, width, lane, from, to, members } of marks) {
          expect(x).toBeGreaterThanOrEqual(0);
          expect(x + width).toBeLessThanOrEqual(scale.width + rounding);
          expect(lane).toBeLessThan(lanes);
          for (const index of members) {
            const range = all[index]!;
            expect(range.from).toBeGreaterThanOrEqual(from);
            expect(range.to).toBeLessThanOrEqual(to);
            const begin = Math.max(0, placeTime(scale, range.from));
            const end = Math.min(scale.width, placeTime(scale, range.to));
            expect(begin).toBeGreaterThanOrEqual(x - rounding);
            expect(begin).toBeLessThanOrEqual(x + width + rounding);
            expect(end).toBeLessThanOrEqual(x + width + minWidth);
          }
        }
      }),
    );
  });

  test('of one lane do not overlap, except in the last lane', () => {
    tryProperty(
      200,
      fc.property(ranges, scales, (all, scale) => {
        const { marks } = layMarks(all, scale);
        for (let lane = 0; lane < maxLanes - 1; lane += 1) {
          const row = marks.filter((mark) => mark.lane === lane).sort((a, b) => a.x - b.x);
          row.slice(1).forEach(({ x }, place) => {
            expect(x).toBeGreaterThan(row[place]!.x + row[place]!.width - minWidth);
          });
        }
      }),
    );
  });
});

const volumes = ranges.chain((list) =>
  fc
    .array(fc.integer({ min: 0, max: 10_000_000 }), { minLength: list.length, maxLength: list.length })
    .map((bytes) => list.map((range, index) => ({ ...range, bytes: bytes[index]! }))),
);

describe('steps', () => {
  test('add up to the records that began in the window, each in the step in which it began', () => {
    tryProperty(
      300,
      fc.property(volumes, scales, (all, scale) => {
        const { steps, period, top } = laySteps(all, scale);
        const { from, to } = scale.window;
        const seen = all.filter((one) => one.from >= from && one.from < to);
        expect(steps.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(
          seen.reduce((sum, { bytes }) => sum + bytes, 0),
        );
        expect(steps.flatMap(({ members }) => members)).toHaveLength(seen.length);
        for (const step of steps) {
          expect(step.bytes).toBe(step.members.reduce((sum, index) => sum + all[index]!.bytes, 0));
          expect(step.bytes).toBeLessThanOrEqual(top);
          expect(step.x).toBeGreaterThanOrEqual(0);
          expect(step.x + step.width).toBeLessThanOrEqual(scale.width + rounding);
          for (const index of step.members) {
            expect(all[index]!.from).toBeGreaterThanOrEqual(step.from);
            expect(all[index]!.from).toBeLessThan(Math.max(step.to, step.from + 1));
          }
          if (period !== undefined) expect(step.to - step.from).toBe(period);
        }
      }),
    );
  });

  test('show each record individually if there is room, and otherwise its hour', () => {
    const records = Array.from({ length: 24 }, (_, index) => ({
      from: origin + index * 6 * minute,
      to: origin + (index + 1) * 6 * minute,
      bytes: 1000 + index,
    }));
    const near = laySteps(records, { window: { from: origin, to: origin + 3 * hour }, width: 900 });
    expect(near).toMatchObject({ period: undefined, top: 1023 });
    expect(near.steps).toHaveLength(24);
    const far = laySteps(records, { window: { from: origin - 3 * day, to: origin + 3 * day }, width: 900 });
    expect(far.period).toBe(hour);
    expect(far.steps.map(({ members }) => members.length)).toEqual([10, 10, 4]);
  });
});

describe('bands', () => {
  test('continue while records state the same value, and end where they state another', () => {
    const state = (from: number, to: number, value: string) => ({ from, to, value });
    expect(
      joinStatements([state(40, 60, 'b'), state(0, 10, 'a'), state(20, 45, 'a'), state(70, 70, 'b')]),
    ).toEqual([state(0, 40, 'a'), state(40, 70, 'b')]);
  });

  test('stay in the window and in their order', () => {
    tryProperty(
      200,
      fc.property(ranges, scales, (all, scale) => {
        const runs = joinStatements(all.map((range, index) => ({ ...range, value: `v${index % 3}` })));
        runs.slice(1).forEach((run, place) => {
          expect(run.from).toBeGreaterThanOrEqual(runs[place]!.to);
          expect(run.value).not.toBe(runs[place]!.value);
        });
        for (const { x, width } of layBands(runs, scale)) {
          expect(x).toBeGreaterThanOrEqual(0);
          expect(width).toBeGreaterThan(0);
          expect(x + width).toBeLessThanOrEqual(scale.width + rounding);
        }
      }),
    );
  });
});

describe('a window', () => {
  const within = scales.filter(
    ({ window: { from, to } }) => to - from > 2 * minSpan && to - from < maxSpan / 8,
  );

  test('is restored by zooming in and out, or out and in, around the same time', () => {
    const parts = fc.double({ min: 0, max: 1, noNaN: true });
    const factors = fc.double({ min: 0.5, max: 4, noNaN: true });
    tryProperty(
      300,
      fc.property(within, parts, factors, ({ window }, part, factor) => {
        const anchor = window.from + (window.to - window.from) * part;
        const there = zoomWindow(window, factor, anchor);
        expect((anchor - there.from) / (there.to - there.from)).toBeCloseTo(part, 6);
        const back = zoomWindow(there, 1 / factor, anchor);
        expect(Math.abs(back.from - window.from)).toBeLessThan(1);
        expect(Math.abs(back.to - window.to)).toBeLessThan(1);
      }),
    );
  });

  test('is restored by panning there and back, and keeps its span', () => {
    tryProperty(
      100,
      fc.property(scales, fc.double({ min: -2, max: 2, noNaN: true }), ({ window }, part) => {
        const there = panWindow(window, part);
        expect(there.to - there.from).toBeCloseTo(window.to - window.from, 0);
        expect(Math.abs(panWindow(there, -part).from - window.from)).toBeLessThan(1);
      }),
    );
  });

  test('is never shorter than a minute nor longer than a year', () => {
    expect(zoomWindow({ from: 0, to: hour }, 1e-9, 0)).toEqual({ from: 0, to: minSpan });
    expect(zoomWindow({ from: 0, to: hour }, 1e9, hour)).toEqual({ from: hour - maxSpan, to: hour });
  });

  test('follows two fingers: each time stays under its finger', () => {
    const { from, to } = pinchWindow([origin, origin + hour], [0.25, 0.75]);
    expect([from, to]).toEqual([origin - hour / 2, origin + 1.5 * hour]);
  });

  test('opens with the last sign of life and the silence since', () => {
    expect(chooseWindow(origin, origin - hour)).toEqual({ from: origin - 7 * day, to: origin });
    expect(chooseWindow(origin, origin - 20 * day)).toEqual({ from: origin - 25 * day, to: origin });
    expect(chooseWindow(origin, undefined)).toEqual({ from: origin - 7 * day, to: origin });
  });
});

describe('a place on the screen', () => {
  const none: TimelineRanges = {
    ...{ sessions: [], usage: [], events: [], alerts: [], findings: [], gaps: [], usageUnit: 0 },
    ...{ networks: [], countries: [], devices: [] },
  };

  test('selects the mark at that place, and none far from all marks', () => {
    const layout = layOut(
      {
        ...none,
        sessions: [{ from: origin, to: origin + hour, statedTo: origin + hour }],
        networks: [{ from: origin, to: origin + hour, value: 'T-Mobile' }],
      },
      { window: { from: origin - hour, to: origin + 2 * hour }, width: 900 },
    );
    const row = (name: string) => layout.rows.find((one) => one.name === name)!.top + 4;
    expect(layout.rows.map(({ name }) => name)).toEqual(['sessions', 'usage', 'events', 'networks']);
    expect(findHit(layout, 450, row('sessions'))).toMatchObject({ row: 'sessions', mark: { members: [0] } });
    expect(findHit(layout, 450, row('networks'))).toMatchObject({ mark: { value: 'T-Mobile' } });
    expect(findHit(layout, 100, row('sessions'))).toBeUndefined();
    expect(findHit(layout, 450, row('events'))).toBeUndefined();
    expect(findHit(layout, 450, 5)).toBeUndefined();
  });

  test('is hatched where something is missing, as far as it is visible', () => {
    const scale = { window: { from: origin, to: origin + 10 * hour }, width: 1000 };
    const { hatches, rows } = layOut(
      {
        ...none,
        findings: [{ from: origin - hour, to: origin + hour }],
        gaps: [
          { from: origin + 8 * hour, to: origin + 20 * hour, kind: 'silent' },
          { from: origin + 20 * hour, to: origin + 30 * hour, kind: 'later' },
        ],
      },
      scale,
    );
    expect(hatches).toEqual([
      { x: 0, width: 100, kind: 'missing' },
      { x: 800, width: 200, kind: 'silent' },
    ]);
    expect(rows.map(({ name }) => name)).toContain('findings');
  });
});
