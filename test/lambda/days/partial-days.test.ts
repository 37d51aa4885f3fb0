import { describe, expect, it, test } from 'vitest';
import {
  countsSimDay,
  findDuePass,
  listUnsealedBefore,
  replacesSimDay,
} from '../../../lambda/days/partial-days.ts';

const at = (time: string): number => Date.parse(`2026-11-${time}Z`);

describe('a partial pass is due', () => {
  it.each([
    [
      'of days that are not closed and had begun',
      ['10T07:00', '2026-11-09', 6],
      ['10T06:00', '2026-11-09', '2026-11-10'],
    ],
    ['at the end of a part of the day', ['10T11:59', '2026-11-10', 6], ['10T06:00', '2026-11-10']],
    ['of the day before at midnight', ['10T00:30', '2026-11-09', 6], ['10T00:00', '2026-11-09']],
    ['of no day that began just then', ['10T00:30', '2026-11-10', 6], undefined],
    [
      'of the three newest days at most',
      ['10T13:00', '2026-01-01', 12],
      ['10T12:00', '2026-11-08', '2026-11-09', '2026-11-10'],
    ],
    ['after parts that do not fill the day', ['10T23:59', '2026-11-10', 5], ['10T20:00', '2026-11-10']],
    ['never, where it is switched off', ['10T13:00', '2026-11-10', 0], undefined],
  ] as const)('%s', (_, [now, nextDay, hours], expected) => {
    const due = findDuePass({ now: at(now), nextDay, hours });
    const [asOf = '', ...days] = expected ?? [];
    expect(due).toEqual(expected && { asOf: at(asOf), days });
  });
});

test('the result for a closed day stays, and the later of two passes counts', () => {
  const [old, next] = [{ asOf: '2026-11-10T06:00:00.000Z' }, { asOf: '2026-11-10T12:00:00.000Z' }];
  expect([
    replacesSimDay(old, undefined),
    replacesSimDay(next, old),
    replacesSimDay(old, old),
    replacesSimDay(old, next),
    replacesSimDay(next, { revision: 1 }),
    replacesSimDay({ revision: 1 }, next),
    replacesSimDay({ revision: 1 }, { revision: 1 }),
    replacesSimDay({ revision: 2 }, { revision: 1 }),
  ]).toEqual([true, true, true, false, false, true, false, true]);
});

test('a partial pass does not count for a sealed day; for another day it counts until a later pass finds nothing', () => {
  const [old, next] = ['2026-11-10T06:00:00.000Z', '2026-11-10T12:00:00.000Z'];
  expect([
    countsSimDay(undefined, undefined),
    countsSimDay(undefined, next),
    countsSimDay(old, undefined),
    countsSimDay(old, next),
    countsSimDay(next, next),
    countsSimDay(next, old),
  ]).toEqual([true, true, false, false, true, true]);
});

test('the days of a month before a day are those that are not closed', () => {
  expect([
    listUnsealedBefore('2026-11-10', '2026-11-08'),
    listUnsealedBefore('2026-11-02', '2026-10-30'),
    listUnsealedBefore('2026-11-02', undefined),
    listUnsealedBefore('2026-11-01', '2026-10-30'),
  ]).toEqual([['2026-11-09'], ['2026-11-01'], ['2026-11-01'], []]);
});
