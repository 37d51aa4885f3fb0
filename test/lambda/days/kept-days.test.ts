import { expect, test } from 'vitest';
import { findFirstKeptDay, listExpiredDays } from '../../../lambda/days/kept-days.ts';

test.each([
  ['2026-11-30T15:00:00.000Z', 14, '2026-11-17'],
  // The first item of a day expires as its fourteenth day ends.
  ['2026-11-30T00:00:00.000Z', 14, '2026-11-16'],
  ['2026-11-30T00:00:00.001Z', 14, '2026-11-17'],
  ['2026-11-30T15:00:00.000Z', 0, undefined],
] as const)('at %s, with items kept for %d days, the first complete day is %s', (now, days, kept) => {
  expect(findFirstKeptDay(days, Date.parse(now))).toBe(kept);
});

test('items of unsealed days before the first kept day may have expired', () => {
  const unsealed = ['2026-11-01', '2026-11-16', '2026-11-17', '2026-11-30'];
  const now = Date.parse('2026-11-30T15:00:00.000Z');
  expect(listExpiredDays(unsealed, 14, now)).toEqual(['2026-11-01', '2026-11-16']);
  expect(listExpiredDays(unsealed, 0, now)).toEqual([]);
});
