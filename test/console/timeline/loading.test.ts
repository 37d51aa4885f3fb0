import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  chooseDetail,
  chooseLoadedTime,
  serves,
  splitSessionsTime,
} from '../../../console/timeline/loading.ts';
import { day, hour, isWithin, maxSpan, minSpan } from '../../../console/timeline/window.ts';
import { runs } from '../../records/runs.ts';

const now = Date.parse('2026-11-29T21:00:00Z');

const windows = fc
  .record({
    to: fc.integer({ min: now - 800 * day, max: now + 2 * day }),
    span: fc.oneof(fc.integer({ min: minSpan, max: 3 * day }), fc.integer({ min: minSpan, max: maxSpan })),
  })
  .map(({ to, span }) => ({ from: to - span, to }));

describe('what is loaded', () => {
  test('covers the window and a margin, within the API’s limits, and serves the window that it was loaded for', () => {
    fc.assert(
      fc.property(windows, (window) => {
        const time = chooseLoadedTime(window, now);
        const detail = chooseDetail(window.to - window.from);
        expect(isWithin(window, time)).toBe(true);
        expect(time.to).toBeLessThanOrEqual(now + 2 * day);
        const longest = { raw: 400 * day, hour: 31 * day, day: 400 * day };
        expect(time.to - time.from).toBeLessThanOrEqual(longest[detail.granularity]);
        expect(serves({ time, detail }, window, now)).toBe(true);
      }),
      runs(300),
    );
  });

  test('serves a small movement, but neither a large one nor more detail', () => {
    const window = { from: now - 2 * day, to: now };
    const loaded = { time: chooseLoadedTime(window, now), detail: chooseDetail(2 * day) };
    expect(serves(loaded, { from: window.from - hour, to: window.to - hour }, now)).toBe(true);
    expect(serves(loaded, { from: window.from - 9 * day, to: window.to - 9 * day }, now)).toBe(false);
    expect(serves(loaded, { from: window.from - 9 * day, to: window.to }, now)).toBe(false);
    expect(serves(undefined, window, now)).toBe(false);
  });

  test('has records for up to three days, hours for up to two weeks, then days', () => {
    const spans = [hour, 3 * day, 3 * day + 1, 14 * day, 15 * day, maxSpan];
    expect(spans.map((span) => chooseDetail(span).granularity)).toEqual([
      ...['raw', 'raw', 'hour', 'hour', 'day', 'day'],
    ]);
  });

  test('requests sessions 30 days at a time, latest first, from before the time on', () => {
    fc.assert(
      fc.property(windows, (time) => {
        const parts = splitSessionsTime(time);
        expect(parts[0]?.to).toBe(time.to);
        expect(parts.at(-1)!.from).toBeLessThanOrEqual(time.from);
        for (const [index, { from, to }] of parts.entries()) {
          expect(to - from).toBe(30 * day);
          expect(parts[index + 1]?.to ?? from).toBe(from);
        }
      }),
      runs(100),
    );
  });
});
