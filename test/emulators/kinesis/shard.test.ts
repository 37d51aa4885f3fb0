import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Shard } from '../../../emulators/kinesis/shard.ts';

const allHashKeys = { starting: '0'.repeat(32), ending: 'f'.repeat(32) };
const everything = { records: Number.MAX_SAFE_INTEGER, bytes: Number.MAX_SAFE_INTEGER };

function createShard(): Shard {
  return new Shard('shardId-000000000000', allHashKeys, '49'.padEnd(36, '0'));
}

function shardWith(count: number, bytesEach = 1): Shard {
  const shard = createShard();
  for (let index = 0; index < count; index += 1) {
    shard.append(`key-${index}`, Buffer.alloc(bytesEach), 1_000_000 + index * 1000);
  }
  return shard;
}

function positions(shard: Shard, position: number, limit = everything): number[] {
  return shard.read(position, limit).map((record) => record.position);
}

describe('a shard', () => {
  it('keeps a record with its number, key, data, arrival and position', () => {
    const shard = createShard();
    shard.append('8988', Buffer.from('one'), 1_700_000_000_123);
    expect(shard.read(0, everything)).toEqual([
      {
        sequenceNumber: `49${'0'.repeat(53)}1`,
        partitionKey: '8988',
        data: Buffer.from('one'),
        approximateArrivalTimestamp: 1_700_000_000.123,
        position: 0,
      },
    ]);
  });

  it('numbers its records in ascending order, above its starting number', () => {
    const shard = shardWith(1000);
    const numbers = [
      shard.startingSequenceNumber,
      ...shard.read(0, everything).map((record) => record.sequenceNumber),
    ];
    expect(numbers).toEqual([...new Set(numbers)].sort());
    expect(numbers.map((number) => shard.findPosition(number))).toEqual(numbers.map((_, index) => index - 1));
  });

  it('does not know the sequence numbers of other shards', () => {
    expect(
      ['1', '', 'x'.repeat(56), '7'.repeat(56)].map((number) => createShard().findPosition(number)),
    ).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('reads from a position, up to a number of records or bytes', () => {
    const shard = shardWith(10, 100);
    expect(positions(shard, 7)).toEqual([7, 8, 9]);
    expect(positions(shard, 2, { records: 3, bytes: 1000 })).toEqual([2, 3, 4]);
    expect(positions(shard, 2, { records: 10, bytes: 250 })).toEqual([2, 3]);
    expect(positions(shard, 10)).toEqual([]);
    expect(positions(shard, 99)).toEqual([]);
  });

  it('reads a record that is larger than the limit when it comes first', () => {
    expect(positions(shardWith(3, 100), 1, { records: 10, bytes: 10 })).toEqual([1]);
  });

  it('keeps the order of arrival if the clock is set back', () => {
    const shard = createShard();
    for (const arrival of [5000, 3000, 6000]) shard.append('key', Buffer.alloc(0), arrival);
    expect(shard.read(0, everything).map((record) => record.approximateArrivalTimestamp)).toEqual([5, 5, 6]);
  });

  it('drops records that arrived before a time, and keeps the positions of the others', () => {
    const shard = shardWith(100);
    shard.trimBefore(1000 + 97);
    expect({ start: shard.start, end: shard.end, left: positions(shard, 0) }).toEqual({
      start: 97,
      end: 100,
      left: [97, 98, 99],
    });
  });

  it('drops its oldest records to reach a weight, but none that a reader protects', () => {
    const shard = shardWith(100, 600);
    shard.keepFrom(30);
    shard.trimToWeight(50_000);
    expect({ start: shard.start, weight: shard.weight }).toEqual({ start: 30, weight: 70_000 });
    shard.keepFrom(80);
    shard.trimToWeight(50_000);
    expect({ start: shard.start, weight: shard.weight }).toEqual({ start: 50, weight: 50_000 });
  });

  it('behaves like a plain array, whatever is appended, trimmed and read', () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('append' as const), wait: fc.integer({ min: 0, max: 5 }) }),
      fc.record({ do: fc.constant('trim' as const), back: fc.integer({ min: 0, max: 40 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), fc.nat(200), (steps, position) => {
        const shard = createShard();
        let model: { position: number; seconds: number }[] = [];
        let now = 100;
        for (const each of steps) {
          if (each.do === 'append') {
            now += each.wait;
            model.push({ position: shard.end, seconds: now });
            shard.append('key', Buffer.alloc(0), now * 1000);
          } else {
            shard.trimBefore(now - each.back);
            model = model.filter((record) => record.seconds >= now - each.back);
          }
        }
        const expected = model.map((record) => record.position);
        expect(positions(shard, 0)).toEqual(expected);
        expect(positions(shard, position)).toEqual(expected.filter((each) => each >= position));
        expect(shard.positionAtTime(now - 10)).toBe(
          model.find((record) => record.seconds >= now - 10)?.position ?? shard.end,
        );
      }),
    );
  });
});
