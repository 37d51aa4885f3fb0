import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { countBuckets, findBucket } from '../../../lambda/days/buckets.ts';
import { listRowColumns, rowFormats, rowKinds } from '../../../lambda/days/columns.ts';
import { computeRoot, joinDigests, printRow, RowDigests } from '../../../lambda/days/digests.ts';
import { makeRows, noItems, type SimItems, type SimRows } from '../../../lambda/days/rows.ts';
import { slotCount } from '../../../lambda/days/slots.ts';
import { itemAttributes } from '../../../lambda/store/schema.ts';
import { event, session, usage } from '../../records/arbitraries.ts';
import { runs } from '../../records/runs.ts';
import { makeEvent, makeSession, makeUsage, sim } from './records.ts';

const day = '2026-11-02';

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** An item's expiry depends on when it was written, not on its content. */
function withoutExpiry<Attribute extends { readonly name: string }>(
  attributes: readonly Attribute[],
): Attribute[] {
  return attributes.filter(({ name }) => name !== 'expiresAt');
}

describe('the columns of rows', () => {
  it.each([
    ['usage', withoutExpiry(itemAttributes.usage)],
    ['usageRenderings', withoutExpiry(itemAttributes.usage)],
    ['sessions', itemAttributes.sessions],
    ['events', withoutExpiry(itemAttributes.events)],
    ['eventRenderings', withoutExpiry(itemAttributes.events)],
  ] as const)('of %s are the attributes of the table’s items', (kind, attributes) => {
    const names = listRowColumns(kind).map(({ name }) => name);
    expect(names.toSorted()).toEqual(attributes.map(({ name }) => name).toSorted());
  });

  const flatten = (kind: keyof SimRows, row: SimRows[typeof kind][number]) =>
    Object.fromEntries(listRowColumns(kind).map(({ name, read }) => [name, read(row)]));

  it('have all values of a row', () => {
    const terminal = fc.record({
      status: fc.constantFrom('ended' as const, 'failed' as const),
      end: fc.constant(`${day}T10:00:00.000Z`),
    });
    fc.assert(
      fc.property(
        usage,
        event,
        session,
        terminal,
        (oneUsage, { arrivedAt, ...oneEvent }, oneSession, end) => {
          expect(rowFormats.usage.decode(flatten('usage', oneUsage))).toEqual(oneUsage);
          const network = oneEvent.network ?? {};
          const decoded = rowFormats.events.decode(flatten('events', oneEvent));
          expect({ ...decoded, network: { ...decoded.network } }).toEqual({ ...oneEvent, network });
          const ended = { ...oneSession, terminal: end };
          expect(rowFormats.sessions.decode(flatten('sessions', ended))).toEqual(ended);
        },
      ),
      runs(300),
    );
  });
});

describe('the root of a day', () => {
  const items: SimItems = {
    usage: [
      makeUsage({ start: `${day}T10:00:00.000Z` }),
      makeUsage({ start: `${day}T09:00:00.000Z`, cost: '0.10' }),
    ],
    events: [makeEvent({ time: `${day}T10:00:00.000Z` })],
    sessions: [makeSession({ sessionId: 's1', start: `${day}T09:00:00.000Z`, end: `${day}T10:00:00.000Z` })],
  };

  it('can be computed from the rows as JSON', () => {
    const digests = new RowDigests();
    const rows = makeRows(day, items);
    digests.add(sim, rows);
    const text =
      '{"carrier":"twilio","dataDownloaded":20,"dataTotal":30,"dataUploaded":10,"end":"2026-11-02T09:00:00.000Z",' +
      '"fullness":9,"iccid":"89883070000005381783","recordId":"EZ1","sim":"8988307000000538178","source":"twilio",' +
      '"start":"2026-11-02T09:00:00.000Z","trafficType":"data","usageId":"2026-11-02T09:00:00.000Z#EZ1"}';
    const [first, second] = rows.usage.map((row) => printRow('usage', row));
    expect(first).toBe(text.replace('"dataDownloaded"', '"cost":"0.10","dataDownloaded"'));
    expect(second).toBe(text.replaceAll('T09', 'T10'));

    const slot = sha256(sim).slice(0, 3);
    const kinds = {
      eventRenderings: [],
      events: rows.events.map((row) => printRow('events', row)),
      findings: [],
      sessions: rows.sessions.map((row) => printRow('sessions', row)),
      usage: [first, second],
      usageRenderings: [],
    };
    const lines = Object.entries(kinds).map(([kind, printed]) => {
      const slots =
        printed.length === 0 ? '' : `${slot} ${printed.length} ${sha256(`${printed.join('\n')}\n`)}\n`;
      return `${kind} ${printed.length} ${sha256(slots)}\n`;
    });
    expect(computeRoot(digests.finish()).root).toBe(sha256(lines.join('')));
  });

  it('changes with every attribute of a row', () => {
    const hash = (rows: Partial<SimRows>): string => {
      const digests = new RowDigests();
      digests.add(sim, { ...makeRows(day, noItems), ...rows });
      return computeRoot(digests.finish()).root;
    };
    const rows = makeRows(day, items);
    for (const kind of rowKinds) {
      const columns = listRowColumns(kind);
      for (const row of rows[kind]) {
        // An unstated group has no attributes, so all groups are stated.
        const stamps = columns
          .filter(({ name }) => name.endsWith('At'))
          .map(({ name }) => [name, 'x'] as const);
        const values = columns.flatMap(({ name, read }) =>
          [[name, read(row)] as const].filter(([, value]) => value !== undefined),
        );
        const flat = Object.fromEntries([...stamps, ...values]);
        const before = hash({ [kind]: [rowFormats[kind].decode(flat)] });
        const same = columns.filter(({ name }) => {
          const other = name === 'startStated' ? flat[name] !== true : 'other';
          return hash({ [kind]: [rowFormats[kind].decode({ ...flat, [name]: other })] }) === before;
        });
        expect(same.map(({ name }) => name)).toEqual([]);
      }
    }
  });

  it('is the same for any number of buckets', () => {
    const sims = Array.from({ length: 60 }, (_, index) => String(8_988_307_000_000_000_000n + BigInt(index)));
    const roots = [1, 2, 7, slotCount].map((buckets) => {
      const parts = new Map<number, RowDigests>();
      for (const one of sims) {
        const bucket = findBucket(one, buckets);
        const digests = parts.get(bucket) ?? new RowDigests();
        parts.set(bucket, digests);
        digests.add(one, {
          ...makeRows(day, noItems),
          usage: [makeUsage({ sim: one, start: `${day}T10:00:00.000Z` })],
        });
      }
      return computeRoot(joinDigests([...parts.values()].map((one) => one.finish())));
    });
    expect(roots).toEqual([roots[0], roots[0], roots[0], roots[0]]);
    expect(roots[0]?.kinds.usage.rows).toBe(60);
  });

  it('is refused for SIMs out of order', () => {
    const digests = new RowDigests();
    digests.add('b', makeRows(day, noItems));
    for (const one of ['a', 'b'])
      expect(() => digests.add(one, makeRows(day, noItems))).toThrow('not in the order of their keys');
  });
});

test('buckets are ranges of slots of similar size', () => {
  expect([0, 4_000, 4_001, 1_000_000, 100_000_000].map((sims) => countBuckets(sims))).toEqual([
    1,
    1,
    2,
    250,
    slotCount,
  ]);
  expect(findBucket('account:emnify:7', 8)).toBe(8);
  const sizes = new Array<number>(8).fill(0);
  for (let index = 0; index < 8_000; index += 1) {
    const bucket = findBucket(String(8_988_307_000_000_000_000n + BigInt(index)), 8);
    sizes[bucket] = (sizes[bucket] ?? 0) + 1;
  }
  expect(sizes.filter((size) => size < 850 || size > 1_150)).toEqual([]);
});
