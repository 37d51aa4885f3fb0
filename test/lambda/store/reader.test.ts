import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import type { Sim } from '../../../lambda/ledger/observation.ts';
import {
  encodeEventItem,
  encodeSessionItem,
  encodeSimItem,
  encodeUsageItem,
  type Item,
} from '../../../lambda/store/items.ts';
import { LedgerReader } from '../../../lambda/store/reader.ts';
import { matchesFilter, type SimFilter } from '../../../lambda/store/sim-filter.ts';
import type { UsageArchive } from '../../../lambda/store/usage-archive.ts';
import { asClient, type Command, MemoryDynamoDb } from '../../property/memory-dynamodb.ts';
import { makeUsage, sim } from '../days/records.ts';
import { eventAt, minute, sessionAt, simAt } from './observations.ts';
import { ledgerTablesOf } from './running-tables.ts';

/** A ledger whose pages have so many items, its reader, and what was asked. */
async function openLedger(
  items: Readonly<Record<string, readonly Item[]>>,
  { pageSize = 2, archive }: { readonly pageSize?: number; readonly archive?: UsageArchive } = {},
) {
  const engine = new MemoryDynamoDb(undefined, pageSize);
  const commands: Command[] = [];
  const client = asClient({
    send: async (command) => {
      commands.push(command);
      return engine.answer(command);
    },
  });
  for (const [TableName, some] of Object.entries(items)) {
    for (const Item of some) engine.answer(new PutItemCommand({ TableName, Item }));
  }
  return { reader: new LedgerReader({ ...ledgerTablesOf(client), files: 'Files', archive }), commands };
}

const always = { from: '0', to: '9999' };

describe('events of a type', () => {
  // One in twenty is wanted.
  const events = Array.from({ length: 60 }, (_, at) =>
    encodeEventItem(eventAt(minute(at), sim, `${at}`, { type: at % 20 === 0 ? 'rare' : 'common' }), true, 0),
  );

  test('are searched for in a few pages only, and the next request continues where this one ended', async () => {
    const { reader, commands } = await openLedger({ Events: events });
    const found: string[] = [];
    const requests: number[] = [];
    let before: string | undefined;
    do {
      commands.length = 0;
      const range = await reader.readEvents({ sim, ...always }, 5, { type: 'rare', before });
      found.push(...range.events.map(({ eventKey }) => eventKey));
      requests.push(commands.length);
      if (range.next !== undefined && before !== undefined) expect(range.next < before).toBe(true);
      before = range.next;
    } while (before !== undefined && requests.length < 10);
    expect(found).toEqual([40, 20, 0].map((at) => `${minute(at)}#${at}`));
    expect(Math.max(...requests)).toBeLessThanOrEqual(9);
    expect(requests.length).toBeGreaterThan(2);
  });

  test('are searched for before the end of the last request, however many events are close to it', async () => {
    const end = Date.parse(minute(10));
    const make = (time: number, type: string) =>
      encodeEventItem(eventAt(new Date(time).toISOString(), sim, `${time - end}`, { type }), true, 0);
    const crowd = Array.from({ length: 40 }, (_, at) => make(end + 1_900 + at, 'common'));
    const { reader } = await openLedger({
      Events: [...crowd, make(end - 200, 'common'), make(end - 400, 'common'), make(end - 60_000, 'rare')],
    });
    const found: string[] = [];
    let before: string | undefined = `${minute(10)}#`;
    while (before !== undefined) {
      const range: Awaited<ReturnType<LedgerReader['readEvents']>> = await reader.readEvents(
        { sim, ...always },
        5,
        {
          ...{ type: 'rare', before },
        },
      );
      expect((range.next ?? '') < before).toBe(true);
      found.push(...range.events.map(({ eventId }) => eventId));
      before = range.next;
    }
    expect(found).toEqual(['-60000']);
  });

  test('are no more than requested, and continue after the last one', async () => {
    const { reader } = await openLedger({ Events: events }, { pageSize: 100 });
    const first = await reader.readEvents({ sim, ...always }, 2, { type: 'rare' });
    expect([first.events.length, first.next]).toEqual([2, `${minute(20)}#20`]);
    const rest = await reader.readEvents({ sim, ...always }, 2, { type: 'rare', before: first.next });
    expect([rest.events.map(({ eventKey }) => eventKey), rest.next]).toEqual([[`${minute(0)}#0`], undefined]);
  });
});

describe('the fleet', () => {
  const groups = (index: number): Parameters<typeof simAt>[2] => ({
    label: { simName: `${index % 2 === 0 ? 'Van' : 'Bus'} ${index}` },
    lifecycle: { status: index % 3 === 0 ? 'active' : 'blocked', statusSince: undefined } as never,
    connection: { online: index % 4 === 0 } as never,
    ids: { fleetSid: `HF${index % 5}`, simSid: undefined, simId: undefined, accountId: undefined } as never,
  });
  const fleet: Sim[] = Array.from({ length: 30 }, (_, index) => {
    const one = simAt(minute(1), `sim-${String(index).padStart(2, '0')}`, groups(index));
    const { at, group } = one.origin;
    return { ...one, origin: { at, group: { ...group, source: index % 7 === 0 ? 'other' : 'main' } } };
  });

  test.each<[string, SimFilter]>([
    ['of any kind', {}],
    ['of a status', { status: 'active' }],
    ['that are offline', { online: false }],
    ['of a source', { source: 'other' }],
    ['of a fleet', { fleet: 'HF3' }],
    ['with a part of a name in any case', { name: 'vAn 1' }],
    ['of all of these', { status: 'active', online: true, source: 'main', fleet: 'HF2', name: 'v' }],
    ['that no SIM matches', { status: 'unknown' }],
  ])('is scanned in pages, each SIM once: those %s', async (_, filter) => {
    const { reader, commands } = await openLedger({ Sims: fleet.map(encodeSimItem) });
    const wanted = fleet.filter((one) => matchesFilter(one, filter)).map((one) => one.sim);
    const found: string[] = [];
    let after: string | undefined;
    do {
      commands.length = 0;
      const { sims, next } = await reader.scanSims(filter, 3, after);
      expect(sims.length).toBeLessThanOrEqual(3);
      expect(commands.length).toBeLessThanOrEqual(8);
      found.push(...sims.map((one) => one.sim));
      after = next;
    } while (after !== undefined);
    expect(found).toEqual(wanted);
  });

  test('has SIMs without a name, a status or a connection, which no such filter finds', () => {
    const unknown = simAt(minute(1), 'sim');
    const filters: SimFilter[] = [{ name: '' }, { status: 'active' }, { online: false }, { fleet: 'HF1' }];
    expect(filters.map((filter) => matchesFilter(unknown, filter))).toEqual([false, false, false, false]);
    expect(matchesFilter(unknown, {})).toBe(true);
  });

  test('is read by keys in their order, and by names, without SIMs that do not exist', async () => {
    const { reader } = await openLedger({
      Sims: [...fleet.map(encodeSimItem), encodeSimItem(simAt(minute(1), 'nameless'))],
    });
    const keys = ['sim-07', 'gone', 'nameless', 'sim-02', 'sim-07'];
    const found = await reader.readSims([...new Set(keys)]);
    expect(found.map((one) => one.sim)).toEqual(['sim-07', 'nameless', 'sim-02']);
    expect(await reader.readSimNames(keys)).toEqual(
      new Map([
        ['sim-07', 'Bus 7'],
        ['sim-02', 'Van 2'],
      ]),
    );
    expect(await reader.findSims('bySimName', 'Van 2')).toEqual(['sim-02']);
    expect(await reader.readSim('gone')).toBeUndefined();
  });
});

test('a SIM’s sessions are read from either end, up to a limit, and continue after the last one', async () => {
  const starts = [1, 2, 2, 3, 9].map((at, index) => ({
    ...sessionAt(minute(at), sim, { start: minute(at) }),
    sessionId: `s${index}`,
  }));
  const { reader } = await openLedger({ Sessions: starts.map(encodeSessionItem) });
  const range = { sim, from: minute(1), to: minute(8) };
  const listAll = async (oldestFirst: boolean): Promise<string[]> => {
    const ids: string[] = [];
    let after: Awaited<ReturnType<LedgerReader['listSessionKeys']>>[number] | undefined;
    for (const expected of [3, 1]) {
      const keys = await reader.listSessionKeys(range, 3, { after, oldestFirst });
      expect(keys).toHaveLength(expected);
      ids.push(...keys.map(({ sessionId }) => sessionId));
      after = keys.at(-1);
    }
    return ids;
  };
  expect(await listAll(true)).toEqual(['s0', 's1', 's2', 's3']);
  expect(await listAll(false)).toEqual(['s3', 's2', 's1', 's0']);
  const sessions = await reader.readSessions(sim, ['s3', 'gone', 's0']);
  expect(sessions.map(({ sessionId }) => sessionId)).toEqual(['s3', 's0']);
});

test('files of several sources that were delivered at the same time are ordered by source', async () => {
  const files = ['a', 'b', 'c'].flatMap((source) =>
    [1, 2, 3].map((at) => ({
      object: { S: `${source}-${at}` },
      source: { S: source },
      delivered: { S: minute(at) },
    })),
  );
  const { reader } = await openLedger({ Files: files });
  const list = async (source: string, limit = 2) => {
    const after = { source: 'b', object: 'b-2', delivered: minute(2) };
    return (await reader.fileKeys(source, limit, after)).map(({ object }) => object);
  };
  expect([await list('a'), await list('b'), await list('c')]).toEqual([['a-1'], ['b-1'], ['c-2', 'c-1']]);
  expect(await list('c', 1)).toEqual(['c-2']);
  expect((await reader.fileKeys('a', 2, undefined)).map(({ object }) => object)).toEqual(['a-3', 'a-2']);
});

describe('usage that has partly expired', () => {
  const use = (start: string, more: Partial<Parameters<typeof makeUsage>[0]> = {}) =>
    makeUsage({ start: `2026-${start}.000Z`, recordId: start, ...more });
  const archived = {
    '2026-11-02': [use('11-02T09:00:00'), use('11-02T10:00:00', { country: 'DE' })],
    '2026-10-31': [use('10-31T00:00:00'), use('10-31T23:00:00')],
  };
  // Of two days the table has something, too: what has not expired, and what came late.
  const stored = [
    ...[use('11-04T01:00:00'), use('11-03T00:00:00'), use('11-02T10:00:00'), use('11-02T11:00:00')],
    ...[use('11-01T12:00:00'), use('10-30T12:00:00')],
  ];
  const all = [...stored, ...Object.values(archived).flat()].map(({ usageId }) => usageId);
  const ids = [...new Set(all)].sort().reverse();
  /** The same as a file has them, which rounds times and says less: they do not count. */
  const rounded = ['11-04T01:00:00', '11-02T09:00:00'].map((id) =>
    use(id.replace(/00$/, '01'), { recordId: id, completeness: 3 }),
  );
  const archive: UsageArchive = {
    findKeptFrom: () => '2026-11-03',
    listDays: async (_, from, through) =>
      Object.keys(archived).filter((day) => day >= from && day <= through),
    readUsage: async (_, day) => [
      ...(archived[day as keyof typeof archived] ?? []),
      ...rounded.filter(({ start }) => start.startsWith(day)),
    ],
  };
  const items = [
    ...stored.map((usage) => encodeUsageItem(usage, true)),
    ...rounded.slice(0, 1).map((usage) => encodeUsageItem(usage, false)),
  ];
  const open = () => openLedger({ Usage: items }, { archive });

  async function listIds(pages: AsyncIterable<readonly { readonly usageId: string }[]>): Promise<string[]> {
    const found: string[] = [];
    for await (const page of pages) found.push(...page.map(({ usageId }) => usageId));
    return found;
  }

  test('is returned once and newest first, for any range', async () => {
    const { reader } = await open();
    const bounds = ['0', '2026-10-30T12:00:00.000Z', '2026-10-31T00:00:00.000Z', '2026-10-31T12:00:00.000Z'];
    bounds.push(
      '2026-11-01T12:00:00.000Z',
      '2026-11-02T10:00:00.000Z',
      '2026-11-03T00:00:00.000Z',
      '2026-11-03T12:00:00.000Z',
      '9999',
    );
    for (const from of bounds) {
      for (const to of bounds.filter((one) => one > from && one !== '0')) {
        const wanted = ids.filter((id) => id >= from && id < to);
        const period = {
          sim,
          from: from === '0' ? '2026-01-01T00:00:00.000Z' : from,
          to: to === '9999' ? '2026-12-01T00:00:00.000Z' : to,
        };
        expect(await listIds(reader.readUsage(period)), `${from} to ${to}`).toEqual(wanted);
      }
    }
  });

  const period = { sim, from: '2026-01-01T00:00:00.000Z', to: '2026-12-01T00:00:00.000Z' };

  test('continues before any record', async () => {
    const { reader } = await open();
    for (const [index, before] of ids.entries())
      expect(await listIds(reader.readUsage(period, { before })), before).toEqual(ids.slice(index + 1));
    expect(await listIds(reader.readKnownUsage(period, { before: ids[2] }))).toEqual(ids.slice(3));
  });

  test('has the rendering of a record that counts, or all that are stored or archived', async () => {
    const { reader } = await open();
    const counts: number[] = [];
    for (const everyRendering of [false, true]) {
      let count = 0;
      for await (const page of reader.readUsage(period, { everyRendering })) count += page.length;
      counts.push(count);
    }
    expect(counts).toEqual([ids.length, ids.length + rounded.length]);
  });
});

test('usage for alerts is the same, also if the whole content of two renderings decides', async () => {
  const usage = ['01.000', '05.000', '10.000', '20.000'].flatMap((second) =>
    [0, 400].map((milliseconds) => {
      const start = new Date(Date.parse(`2026-11-02T10:00:${second}Z`) + milliseconds).toISOString();
      const isTied = second !== '20.000';
      const completeness = isTied ? 3 : 3 + milliseconds / 400;
      return makeUsage({ start, recordId: second, completeness, country: milliseconds === 0 ? 'ZZ' : 'AA' });
    }),
  );
  const items = usage.map((one) => encodeUsageItem(one, false));
  for (const pageSize of [1, 2, 3, 50]) {
    const { reader } = await openLedger({ Usage: items }, { pageSize });
    const listed: string[][] = [[], []];
    for await (const page of reader.readUsage({ sim, ...always }))
      listed[0]?.push(...page.map((one) => one.usageId));
    for await (const page of reader.readKnownUsage({ sim, ...always }))
      listed[1]?.push(...page.map((one) => one.usageId));
    expect(listed[1]).toEqual(listed[0]);
    expect(listed[0]).toHaveLength(4);
  }
});

test('the latest event of some types is found by its own time, even if keys within a second are in another order', async () => {
  // Keys are cut to the second, so that the ids decide about their order.
  const events = [
    ['10:00:05.200', '1', 'a'],
    ['10:00:05.900', '2', 'a'],
    ['10:00:05.100', '3', 'a'],
    ['10:00:05.500', '4', 'a'],
    ['10:00:05.950', '5', 'b'],
    ['10:00:04.999', '6', 'a'],
    ['10:00:01.000', '7', 'b'],
  ].map(([clock = '', id = '', type = '']) => {
    const time = `2026-11-02T${clock}Z`;
    return encodeEventItem(
      eventAt(time, sim, id, { type, eventKey: `${time.slice(0, 19)}.000Z#${id}` }),
      true,
      0,
    );
  });
  const { reader } = await openLedger({ Events: events });
  const find = (from: string, ...types: string[]) =>
    reader.findLatestEventTime(sim, `2026-11-02T${from}Z`, (type) => types.includes(type));
  expect(await find('09:00:00.000', 'a')).toBe('2026-11-02T10:00:05.900Z');
  expect(await find('09:00:00.000', 'b')).toBe('2026-11-02T10:00:05.950Z');
  expect(await find('10:00:05.000', 'c')).toBeUndefined();
  expect(await find('10:00:05.901', 'a')).toBeUndefined();
  const older = Array.from({ length: 40 }, (_, at) =>
    encodeEventItem(eventAt(minute(at), sim, `old-${at}`), true, 0),
  );
  const { reader: long, commands: asked } = await openLedger({ Events: [...events, ...older] });
  await long.findLatestEventTime(sim, '0', (type) => type === 'a');
  // Two events a page: older ones are not looked at.
  expect(asked.length).toBe(4);
});

test('reads for queries are eventually consistent, which costs half as much', async () => {
  const { reader, commands } = await openLedger({});
  await reader.readSims(['a']);
  await reader.readSimNames(['a']);
  await reader.readSessions('a', ['s']);
  await reader.readFiles(['f']);
  await reader.readSim('a');
  await reader.readEvents({ sim, ...always }, 5);
  await reader.scanSims({}, 5, undefined);
  expect(commands).toHaveLength(7);
  expect(JSON.stringify(commands.map(({ input }) => input))).not.toContain('"ConsistentRead":true');
});
