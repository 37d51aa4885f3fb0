import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CountedItems } from '../../../lambda/ledger/counted.ts';
import { runs } from '../../records/runs.ts';

interface Item {
  readonly sim: string;
  readonly id: string;
  /** Milliseconds. */
  readonly at: number;
  /** The time in the key: `at`, or cut to the second. */
  readonly keyAt: number;
  /** No two are equally full. */
  readonly completeness: number;
}

const item = fc.record({
  sim: fc.constantFrom('a', 'b'),
  id: fc.constantFrom('1', '2', '3'),
  at: fc.oneof(
    fc.nat({ max: 8_000 }),
    fc.nat({ max: 8 }).map((second) => second * 1_000),
  ),
  isCut: fc.boolean(),
});

const items = fc.array(item, { maxLength: 14 }).chain((some) =>
  fc.shuffledSubarray([...some.keys()], { minLength: some.length }).map((ranks) =>
    some
      .map(({ sim, id, at, isCut }, index): Item => {
        return {
          sim,
          id,
          at,
          keyAt: isCut ? Math.floor(at / 1_000) * 1_000 : at,
          completeness: ranks[index] ?? 0,
        };
      })
      .sort((a, b) => (a.sim === b.sim ? a.keyAt - b.keyAt : a.sim < b.sim ? -1 : 1)),
  ),
);

/** The definition, looked up item by item. */
function counts(one: Item, all: readonly Item[]): boolean {
  return !all.some(
    (other) =>
      other.sim === one.sim &&
      other.id === one.id &&
      Math.abs(other.at - one.at) <= 1_000 &&
      other.completeness > one.completeness,
  );
}

/** What counts of items that come in chunks of some sizes. */
function counted(all: readonly Item[], sizes: readonly number[]): Item[] {
  const picked = new CountedItems<Item>(
    ({ sim, id, at, keyAt }) => ({ sim, record: id, at, keyAt }),
    (a, b) => a.completeness > b.completeness,
  );
  const given: Item[] = [];
  let begin = 0;
  for (const size of [...sizes, all.length]) {
    given.push(...picked.add(all.slice(begin, begin + size)));
    begin += size;
    // All up to the last decided one is told, and nothing behind it.
    const decided = picked.lastDecided === undefined ? 0 : all.indexOf(picked.lastDecided) + 1;
    expect(given).toEqual(all.slice(0, decided).filter((one) => counts(one, all)));
  }
  given.push(...picked.end());
  return given;
}

describe('of renderings of one record, at most a second apart,', () => {
  const sizes = fc.array(fc.nat({ max: 5 }), { maxLength: 5 });

  it('the fuller one counts, forwards and backwards, in pages of any size', () => {
    fc.assert(
      fc.property(items, sizes, (all, pages) => {
        const expected = all.filter((one) => counts(one, all));
        expect(counted(all, pages)).toEqual(expected);
        expect(counted(all.toReversed(), pages)).toEqual(expected.toReversed());
      }),
      runs(2_000),
    );
  });

  it('no two count, and each record is counted', () => {
    fc.assert(
      fc.property(items, (all) => {
        const given = counted(all, []);
        const isRival = (a: Item, b: Item): boolean =>
          a !== b && a.sim === b.sim && a.id === b.id && Math.abs(a.at - b.at) <= 1_000;
        expect(given.filter((one) => given.some((other) => isRival(one, other)))).toEqual([]);
        const records = (some: readonly Item[]) => new Set(some.map(({ sim, id }) => `${sim}${id}`));
        expect(records(given)).toEqual(records(all));
      }),
      runs(2_000),
    );
  });

  it('a range with a second around it decides about its items as the whole does', () => {
    fc.assert(
      fc.property(items, fc.nat({ max: 8_000 }), fc.nat({ max: 8_000 }), (all, from, length) => {
        const to = from + length;
        const isWithin = ({ at }: Item): boolean => at >= from && at < to;
        const read = all.filter(
          ({ keyAt }) => keyAt >= Math.floor((from - 1_000) / 1_000) * 1_000 && keyAt < to + 1_000,
        );
        expect(counted(read, []).filter(isWithin)).toEqual(counted(all, []).filter(isWithin));
      }),
      runs(2_000),
    );
  });

  it('holds only the items of two seconds, however long each record is beaten by the next', () => {
    const picked = new CountedItems<number>(
      (at) => ({ sim: 'a', record: String(at % 7), at, keyAt: at }),
      (a, b) => a > b,
    );
    for (let at = 0; at < 100_000; at += 100) {
      expect(picked.add([at])).toEqual([]);
      expect(at - (picked.lastDecided ?? -100)).toBeLessThanOrEqual(2_000);
    }
    // Seven records, each of them rendered every 0.7 seconds, and fuller each time.
    expect(picked.end()).toEqual([99_300, 99_400, 99_500, 99_600, 99_700, 99_800, 99_900]);
  });
});
