import { describe, expect, test } from 'vitest';
import { findBucket, findSlotBucket } from '../../../lambda/days/buckets.ts';
import { RowFile } from '../../../lambda/days/parquet.ts';
import { makeFileKey } from '../../../lambda/days/pass/lake-objects.ts';
import type { Lake } from '../../../lambda/days/pass/ports.ts';
import type { EventRow, SessionRow } from '../../../lambda/days/rows.ts';
import { slotCount } from '../../../lambda/days/slots.ts';
import type { Usage } from '../../../lambda/ledger/observation.ts';
import { walkSealedRecords } from '../../../lambda/store/lake-records.ts';
import { countParts, listBuckets, walkLakeSims } from '../../../lambda/store/lake-sims.ts';
import { makeEvent, makeUsage } from '../days/records.ts';

/** Files in memory. */
class MemoryFiles implements Pick<Lake, 'open'> {
  readonly #files = new Map<string, Uint8Array>();

  /** Writes the rows of a day, each SIM into its bucket. */
  write(
    day: string,
    buckets: number,
    rows: { usage: readonly Usage[]; sessions?: readonly SessionRow[]; events?: readonly EventRow[] },
  ): void {
    for (let bucket = 0; bucket < buckets; bucket += 1) {
      for (const kind of ['usage', 'sessions', 'events'] as const) {
        const all: readonly (Usage | SessionRow | EventRow)[] = rows[kind] ?? [];
        const own = all.filter(({ sim }) => findBucket(sim, buckets) === bucket);
        const file = new RowFile(kind);
        file.add(own.toSorted((a, b) => (a.sim < b.sim ? -1 : 1)) as never);
        this.#files.set(makeFileKey(kind, day, bucket, buckets), file.finish());
      }
    }
  }

  async open(key: string): ReturnType<Lake['open']> {
    const bytes = this.#files.get(key);
    if (bytes === undefined) return undefined;
    return {
      tag: key,
      byteLength: bytes.byteLength,
      slice: (start: number, end = bytes.byteLength) =>
        bytes.slice(start < 0 ? bytes.byteLength + start : start, end).buffer,
    };
  }
}

const sims = Array.from({ length: 40 }, (_, index) => `89883030000001${String(index).padStart(5, '0')}`);
const days = [
  { day: '2026-10-01', buckets: 1 },
  { day: '2026-10-02', buckets: 3 },
  { day: '2026-10-03', buckets: 2 },
] as const;

function makeRow(sim: string, day: string): Usage {
  return makeUsage({ sim, start: `${day}T10:00:00.000Z`, recordId: `${sim} ${day}`, volume: '0.5' });
}

describe('walking through closed days', () => {
  test('finds each SIM once with all its rows, whatever buckets the days have', async () => {
    const lake = new MemoryFiles();
    for (const { day, buckets } of days) {
      // On each day, another third of the fleet is silent.
      const heard = sims.filter((_, index) => index % 3 !== Number(day.slice(-1)) % 3);
      lake.write(day, buckets, { usage: heard.map((sim) => makeRow(sim, day)) });
    }
    const live = new Map([
      ['8988303000000199999', { usage: [makeRow('8988303000000199999', '2026-10-04')], sessions: [] }],
    ]);
    for (const some of [days, days.slice(1)]) {
      const found: (readonly [string, readonly string[]])[] = [];
      for await (const { sim, usage } of walkLakeSims(lake, {
        days: some,
        readsSessions: false,
        further: live,
      })) {
        found.push([sim, usage.map(({ start }) => start.slice(0, 10)).sort()]);
      }
      const expected = sims.map((sim, index) => [
        sim,
        some.map(({ day }) => day).filter((day) => index % 3 !== Number(day.slice(-1)) % 3),
      ]);
      expect(found.sort()).toEqual([
        ...expected.filter(([, list]) => list?.length !== 0),
        ['8988303000000199999', ['2026-10-04']],
      ]);
    }
  });

  test('reads only what a bill needs of usage and sessions', async () => {
    const lake = new MemoryFiles();
    const [sim = ''] = sims;
    const row = {
      ...makeRow(sim, '2026-10-01'),
      sessionId: 's',
      imsi: '901430100000001',
      cost: '0.1',
      currency: 'EUR',
    };
    const origin = { source: row.source, carrier: row.carrier, iccid: undefined };
    const groups = {
      ...{ totals: undefined, network: undefined, cell: undefined, device: undefined, address: undefined },
      ...{ subscriber: undefined, ids: undefined, label: undefined, trouble: undefined },
    };
    const session: SessionRow = {
      ...{ sim, sessionId: 's', start: '2026-10-01T09:00:00.000Z', startStated: true, groups },
      origin: { at: '2026-10-01T11:00:00.000Z', group: origin },
      terminal: { status: 'ended', end: '2026-10-01T11:00:00.000Z' },
    };
    lake.write('2026-10-01', 1, { usage: [row], sessions: [session] });
    const walk = { days: days.slice(0, 1), readsSessions: true, further: new Map() };
    for await (const { usage, sessions } of walkLakeSims(lake, walk)) {
      const [read] = usage;
      expect(read).toMatchObject({ sim, usageId: row.usageId, sessionId: 's', volume: '0.5', cost: '0.1' });
      expect(JSON.stringify(read)).not.toContain('901430100000001');
      expect(sessions).toEqual([
        { sim, sessionId: 's', source: row.source, start: session.start, end: session.terminal.end },
      ]);
    }
  });
});

describe('parts of the fleet', () => {
  test('are as many as the buckets of the day with the fewest', () => {
    expect(countParts([])).toBe(1);
    expect(countParts(days)).toBe(1);
    expect(countParts(days.slice(1))).toBe(2);
    expect(countParts([{ day: '2026-10-01', buckets: 9_000 }])).toBe(slotCount);
  });

  test.each([
    [1, 1],
    [1, 5],
    [2, 3],
    [3, 2],
    [7, 16],
    [5, slotCount],
  ])('of %i read the buckets that have their SIMs, of a day with %i, and no others', (parts, buckets) => {
    const wanted = Array.from({ length: parts }, () => new Set<number>());
    for (let slot = 0; slot < slotCount; slot += 1) {
      const text = slot.toString(16).padStart(3, '0');
      wanted[findSlotBucket(text, parts)]?.add(findSlotBucket(text, buckets));
    }
    for (const [part, expected] of wanted.entries())
      expect(listBuckets(part, parts, buckets)).toEqual([...expected].sort((a, b) => a - b));
  });
});

test('records that are not in the lake are added to their SIMs, in any order', async () => {
  const lake = new MemoryFiles();
  const [first = '', second = '', third = ''] = sims;
  for (const { day, buckets } of days) lake.write(day, buckets, { usage: [makeRow(second, day)] });
  const session = {
    sessionId: 's',
    start: '2026-10-04T09:00:00.000Z',
    end: '2026-10-04T10:00:00.000Z',
    source: 'kore',
  };
  const further = new Map(
    [third, first, second].map((sim) => [sim, { usage: [makeRow(sim, '2026-10-04')], sessions: [session] }]),
  );
  for (const some of [days, days.slice(1), []]) {
    const found: (readonly [string, string[], number])[] = [];
    for await (const { sim, usage, sessions } of walkLakeSims(lake, {
      days: some,
      readsSessions: true,
      further,
    }))
      found.push([sim, usage.map(({ start }) => start.slice(0, 10)), sessions.length]);
    expect(found.toSorted()).toEqual([
      [first, ['2026-10-04'], 1],
      [second, [...some.map(({ day }) => day), '2026-10-04'], 1],
      [third, ['2026-10-04'], 1],
    ]);
  }
});

test('a bill reads usage exactly, in single records and added up, and absent values as absent', async () => {
  const lake = new MemoryFiles();
  const [sim = '', other = ''] = sims;
  const about = {
    ...{
      dataTotal: 7,
      messages: 3,
      messagesTx: 2,
      messagesRx: 1,
      cost: '0.1',
      currency: 'EUR',
      sessionId: 's',
    },
    ...{ operatorName: 'Tele', mcc: '262', mnc: '01', country: 'DE', tariff: 't', rateZone: 'z' },
  };
  const [full, bare] = [{ ...makeRow(sim, '2026-10-01'), ...about }, makeRow(other, '2026-10-01')];
  lake.write('2026-10-01', 1, { usage: [full, bare] });
  const read = async (isFolded: boolean) => {
    const rows: unknown[] = [];
    const walk = { days: days.slice(0, 1), readsSessions: false, further: new Map(), isFolded };
    for await (const { usage } of walkLakeSims(lake, walk)) rows.push(...usage);
    return rows;
  };
  const { usageId, source, carrier, start, end, trafficType, volume } = full;
  expect(await read(false)).toEqual([
    { sim, usageId, source, carrier, start, end, trafficType, volume, ...about },
    {
      ...{ sim: other, source, carrier, start, end, trafficType, volume },
      usageId: bare.usageId,
      dataTotal: 30,
    },
  ]);
  const sum = { sim, source, carrier, trafficType, volume, ...about, sessionId: undefined };
  expect(await read(true)).toMatchObject([
    sum,
    { sim: other, dataTotal: 30, cost: undefined, mcc: undefined },
  ]);
});

describe('walking through the records of sealed days', () => {
  test('finds each requested SIM once, also without rows, with its own usage and events of all days', async () => {
    const lake = new MemoryFiles();
    const heard = sims.slice(0, 30);
    for (const { day, buckets } of days) {
      lake.write(day, buckets, {
        usage: heard.map((sim) => makeRow(sim, day)),
        events: heard.map((sim) => makeEvent({ time: `${day}T11:00:00.000Z`, sim })),
      });
    }
    const wanted = sims.filter((_, index) => index % 2 === 0).reverse();
    for (const some of [days, days.slice(1)]) {
      const found: (readonly [string, string[], string[]])[] = [];
      for await (const { sim, usage, events } of walkSealedRecords(lake, some, wanted)) {
        expect([...usage, ...events].every((row) => row.sim === sim)).toBe(true);
        const cut = (times: readonly string[]) => times.map((time) => time.slice(0, 10));
        found.push([sim, cut(usage.map(({ start }) => start)), cut(events.map(({ time }) => time))]);
      }
      const expected = some.map(({ day }) => day);
      expect(found.toSorted()).toEqual(
        wanted.toReversed().map((sim) => (heard.includes(sim) ? [sim, expected, expected] : [sim, [], []])),
      );
    }
  });

  test('does not open files of a part of the fleet without a requested SIM', async () => {
    const opened: string[] = [];
    const lake = { open: async (key: string) => void opened.push(key) };
    const { day, buckets } = days[1];
    const [sim = ''] = sims;
    const found: unknown[] = [];
    for await (const one of walkSealedRecords(lake as Pick<Lake, 'open'>, [{ day, buckets }], [sim]))
      found.push(one);
    expect(found).toEqual([{ sim, usage: [], events: [] }]);
    const bucket = findBucket(sim, buckets);
    expect(opened.sort()).toEqual(
      ['events', 'usage'].map((kind) => makeFileKey(kind as never, day, bucket, buckets)),
    );
  });
});
