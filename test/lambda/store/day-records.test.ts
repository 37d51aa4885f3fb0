import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { beforeEach, describe, expect, it, test } from 'vitest';
import { findReadSpan, shiftDay, startDay } from '../../../lambda/days/day.ts';
import { printRow } from '../../../lambda/days/digests.ts';
import { mergeItems, noItems, type SimItems } from '../../../lambda/days/rows.ts';
import type { Change, Changes } from '../../../lambda/ledger/fold.ts';
import { complete, completeWithSession, type Usage } from '../../../lambda/ledger/observation.ts';
import { DayRecordReader } from '../../../lambda/store/day-records.ts';
import { encodeSimItem, encodeUsageItem } from '../../../lambda/store/items.ts';
import { asClient, MemoryDynamoDb } from '../../property/memory-dynamodb.ts';
import { timeLimit, trials } from '../../property/trials.ts';
import { makeEvent, makeSession, makeUsage, sim, statement } from '../days/records.ts';
import { simAt } from './observations.ts';
import { runningTables } from './running-tables.ts';

const tables = runningTables();
const names = { sessions: 'Sessions', usage: 'Usage', events: 'Events', sims: 'Sims', dayState: 'DayState' };
let reader: DayRecordReader;

beforeEach(async () => {
  await tables.clear();
  reader = new DayRecordReader({ client: tables.client, ...names, usageDays: 0 });
});

const changed = <State>(states: readonly State[]): Change<State>[] =>
  states.map((state) => ({ state, indexes: [0] }));

/** Writes what one record states, as a function does. */
async function write({ usage, events, sessions }: SimItems, sims: Changes['sims'] = []): Promise<void> {
  const changes = {
    sessions: changed(sessions),
    usage: changed(usage),
    events: changed(events.map((event) => ({ ...event, arrivedAt: 0 }))),
    sims,
  };
  const report = await tables.newWriter().write(changes, { readBeforeWrite: false });
  expect(report.errors).toEqual([]);
}

/** The table does not note that a statement is complete: one that names a session reads as the fullest rendering. */
function rankAsStored(usage: Usage): Usage {
  const isFullest = usage.completeness === complete && usage.sessionId !== undefined;
  return isFullest ? { ...usage, completeness: completeWithSession } : usage;
}

const byKey = (a: object, b: object): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

test(
  'a SIM’s records of a day are read as they were stated, and its sessions by id and by start',
  async () => {
    const property = fc.asyncProperty(
      fc.array(statement, { minLength: 1, maxLength: 6 }),
      fc.constantFrom('2026-11-02', '2026-11-03'),
      async (statements, day) => {
        await tables.clear();
        for (const one of statements) await write(one);
        const all = statements.reduce(mergeItems, noItems);
        const { from, to } = findReadSpan(day);
        const isIn = (time: string): boolean => time >= from && time < to;
        const read = await reader.readRecords(sim, { from, to });
        const print = ({ usage, events }: Pick<SimItems, 'usage' | 'events'>): string[] =>
          [
            ...usage.filter(({ start }) => isIn(start)).map((one) => printRow('usage', rankAsStored(one))),
            ...events.filter(({ time }) => isIn(time)).map((one) => printRow('events', one)),
          ].sort();
        expect(print(read)).toEqual(print(all));
        expect(read.usage.length + read.events.length).toBe(print(read).length);
        const startedIn = { from: startDay(day), to: startDay(shiftDay(day, 1)) };
        const sessions = await reader.readSessions(sim, startedIn, ['s1', 'unknown']);
        const expected = all.sessions.filter(
          ({ sessionId, start }) => sessionId === 's1' || start.slice(0, 10) === day,
        );
        expect(sessions.toSorted(byKey)).toEqual(expected.toSorted(byKey));
      },
    );
    await fc.assert(property, trials(25) as fc.Parameters<[SimItems[], string]>);
  },
  timeLimit,
);

describe('a SIM’s day', () => {
  const start = '2026-11-02T10:00:00.000Z';
  const span = findReadSpan('2026-11-02');

  it('has decimals as today’s version writes them, whatever form an item has', async () => {
    const usage = makeUsage({ start, volume: '0.5', cost: '12', currency: 'EUR' });
    const item = encodeUsageItem(usage, true);
    await tables.client.send(
      new PutItemCommand({
        TableName: 'Usage',
        Item: { ...item, volume: { S: '00.500' }, cost: { N: '1.2E1' } },
      }),
    );
    expect(await reader.readRecords(sim, span)).toEqual({ usage: [usage], events: [] });
  });

  it('has no money for carriers whose cost is a volume, although older versions stored it as money', async () => {
    const usage = makeUsage({ start, source: '1nce', carrier: '1nce', costVolume: '0.25' });
    const { costVolume: _, ...item } = encodeUsageItem(usage, true);
    const old = { ...item, cost: { N: '0.250' }, currency: { S: 'EUR' } };
    await tables.client.send(new PutItemCommand({ TableName: 'Usage', Item: old }));
    expect(await reader.readRecords(sim, span)).toEqual({ usage: [usage], events: [] });
  });

  it('has records whose key is cut to the second at their own time', async () => {
    const cut = (time: string) => makeUsage({ start: time, usageId: `${time.slice(0, 19)}.000Z#EZ1` });
    const inside = cut(span.from.replace('.000Z', '.400Z'));
    await write({ ...noItems, usage: [inside, cut('2026-11-01T23:59:58.400Z')] });
    expect((await reader.readRecords(sim, span)).usage).toEqual([inside]);
  });

  it('has records from the start of a span (included) to its end (excluded), also within a second', async () => {
    const at = (second: string) =>
      makeUsage({
        start: `2026-11-02T10:00:${second}Z`,
        recordId: second,
        usageId: `2026-11-02T10:00:${second.slice(0, 2)}.000Z#${second}`,
      });
    const usage = ['01.400', '01.500', '02.499', '02.500'].map(at);
    await write({ ...noItems, usage });
    const part = { from: '2026-11-02T10:00:01.500Z', to: '2026-11-02T10:00:02.500Z' };
    expect(await reader.readUsage(sim, part)).toEqual(usage.slice(1, 3));
  });

  it('is read up to its last page', async () => {
    // More than the megabyte of a page.
    const events = Array.from({ length: 60 }, (_, number) =>
      makeEvent({ time: start, eventId: String(number), detail: 'x'.repeat(30_000) }),
    );
    await write({ ...noItems, events });
    expect((await reader.readRecords(sim, span)).events).toHaveLength(60);
  });

  it('has sessions that began shortly before, but of earlier ones only those that are named', async () => {
    const sessions = ['2026-10-30', '2026-11-01', '2026-11-02'].map((day) =>
      makeSession({ sessionId: day, start: `${day}T00:00:00.000Z`, end: '2026-11-02T11:00:00.000Z' }),
    );
    await write({ ...noItems, sessions });
    const startedIn = { from: startDay('2026-11-01'), to: startDay('2026-11-03') };
    expect((await reader.readSessions(sim, startedIn, [])).toSorted(byKey)).toEqual(
      sessions.slice(1).sort(byKey),
    );
    expect(await reader.readSessions(sim, startedIn, ['2026-10-30'])).toHaveLength(3);
  });
});

test('all SIMs are listed, with the accounts that they name', async () => {
  const ids = { simSid: undefined, simId: undefined, fleetSid: undefined };
  const sims = Array.from({ length: 30 }, (_, number) =>
    simAt('2026-11-02T10:00:00.000Z', `898830700000${number}`, {
      ids: { ...ids, accountId: number < 20 ? String(number % 2) : undefined },
    }),
  );
  await write(noItems, changed(sims));
  const listed: string[] = [];
  for await (const some of reader.listSims()) listed.push(...some);
  expect(listed.toSorted()).toEqual(
    [...sims.map((one) => one.sim), 'account:main:0', 'account:main:1'].sort(),
  );
});

test('all SIMs are listed, however many pages each segment of the table has', async () => {
  const engine = new MemoryDynamoDb(undefined, 2);
  const sims = Array.from({ length: 30 }, (_, number) => simAt('2026-11-02T10:00:00.000Z', `sim-${number}`));
  for (const one of sims) engine.answer(new PutItemCommand({ TableName: 'Sims', Item: encodeSimItem(one) }));
  const paged = new DayRecordReader({ client: asClient(engine), ...names, usageDays: 0, segments: 3 });
  const listed: string[] = [];
  for await (const some of paged.listSims()) listed.push(...some);
  expect(listed.sort()).toEqual(sims.map((one) => one.sim).sort());
});

test.each([
  ['never where it is kept forever', 0, '2026-11-02', '2036-01-01', false],
  ['not while it is kept a week longer', 35, '2026-11-01', '2026-11-28', false],
  ['from a week before it expires', 35, '2026-11-01', '2026-11-29', true],
])('a day may lack usage that has expired: %s', (_, usageDays, day, closedThrough, expected) => {
  const kept = new DayRecordReader({ client: tables.client, ...names, usageDays });
  expect(kept.mayLackUsage(day, closedThrough)).toBe(expected);
});
