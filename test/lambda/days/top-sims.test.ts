import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  compareTopSims,
  joinTopLists,
  maxTopSims,
  rankCandidates,
  TopFold,
  type TopList,
} from '../../../lambda/days/top-sims.ts';
import { runs } from '../../records/runs.ts';

test('the largest of many are kept, ordered by bytes and key, with the first that is left out', () => {
  const fold = new TopFold();
  const sims = Array.from({ length: 5_000 }, (_, number) => ({
    sim: String(number).padStart(4, '0'),
    // Each number of bytes twice, with different numbers of digits, unordered.
    bytes: String((number * 7_919) % 2_500),
  }));
  for (const { sim, bytes } of sims) fold.add(sim, BigInt(bytes));
  const sorted = sims.toSorted((a, b) => Number(b.bytes) - Number(a.bytes) || (a.sim < b.sim ? -1 : 1));
  expect(fold.result).toEqual({ sims: sorted.slice(0, maxTopSims), leftOut: sorted[maxTopSims] });
});

test('a list that left nothing out has all SIMs with usage', () => {
  const fold = new TopFold(2);
  for (const [sim, bytes] of [
    ['b', 1n],
    ['a', 1n],
    ['c', 0n],
  ] as const)
    fold.add(sim, bytes);
  expect(fold.result).toEqual({
    sims: [
      { sim: 'a', bytes: '1' },
      { sim: 'b', bytes: '1' },
    ],
  });
  expect(joinTopLists([])).toEqual({ day: { sims: [] }, month: { sims: [] } });
});

const nameSim = (number: number): string => `sim ${number}`;

/** A read of a day for a part of the fleet: all of its SIMs, or some of them again, with their bytes. */
const visit = fc.record({
  day: fc.nat(2),
  part: fc.nat(1),
  used: fc.array(fc.record({ sim: fc.nat(7), bytes: fc.nat(9) }), { minLength: 1, maxLength: 8 }),
});

/**
 * Plays visits as buckets do, with lists of two SIMs: each stores the SIMs' usage on the day, then adds up their months. SIMs
 * with even numbers belong to one part, the others to the other.
 */
function play(
  visits: readonly { day: number; part: number; used: readonly { sim: number; bytes: number }[] }[],
) {
  const used = new Map<string, Map<number, number>>();
  const lists = new Map<string, TopList>();
  for (const { day, part, used: its } of visits) {
    const read = its.map(({ sim, bytes }) => ({ sim: nameSim(2 * sim + part), bytes }));
    for (const { sim, bytes } of read)
      used.set(sim, (used.get(sim) ?? new Map<number, number>()).set(day, bytes));
    const names = new Set(read.map(({ sim }) => sim));
    const fold = new TopFold(2);
    const before = lists.get(`${day} ${part}`);
    if (before !== undefined) fold.addList(before, names);
    for (const sim of names) fold.add(sim, BigInt(sum(used.get(sim))));
    lists.set(`${day} ${part}`, fold.result);
  }
  const ofDays = [0, 1, 2].map((day) => {
    const parts = [0, 1].flatMap((part) => lists.get(`${day} ${part}`) ?? []);
    const fold = new TopFold(2);
    for (const list of parts) fold.addList(list);
    return fold.result;
  });
  const months = [...used].map(([sim, days]) => ({ sim, bytes: String(sum(days)) }));
  return { ranked: rankCandidates(ofDays), months: months.filter(({ bytes }) => bytes !== '0') };
}

function sum(days: ReadonlyMap<number, number> = new Map()): number {
  return [...days.values()].reduce((total, bytes) => total + bytes, 0);
}

test('no SIM used more in a month than its lists state, and a SIM in no list used at most their limits', () => {
  fc.assert(
    fc.property(fc.array(visit, { maxLength: 12 }), (visits) => {
      const { ranked, months } = play(visits);
      const listed = new Map(ranked.sims.map((one) => [one.sim, one]));
      expect(ranked.sims).toEqual([...listed.values()].sort(compareTopSims));
      for (const month of months) {
        const bound = listed.get(month.sim) ?? ranked.leftOut;
        const isBelowBound = bound !== undefined && compareTopSims(bound, month) <= 0;
        const isBelowLeftOut = ranked.leftOut !== undefined && compareTopSims(ranked.leftOut, month) <= 0;
        expect(isBelowBound || isBelowLeftOut).toBe(true);
      }
    }),
    runs(1_000),
  );
});
