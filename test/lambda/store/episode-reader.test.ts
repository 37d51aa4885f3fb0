import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import type { Episode } from '../../../lambda/alerts/episode.ts';
import { EpisodeReader, isShared } from '../../../lambda/store/episode-reader.ts';
import { encodeMark } from '../../../lambda/store/episodes.ts';
import { asClient, type Command, MemoryDynamoDb } from '../../property/memory-dynamodb.ts';
import {
  makeEpisode,
  makeGroup,
  makeSourceAlert,
  storeEpisodes,
  storeShared,
} from '../queries/stored-alerts.ts';

/** A table with pages that are large enough for a limit, and what was asked of it. */
function openTable() {
  const engine = new MemoryDynamoDb(undefined, 100);
  const commands: Command[] = [];
  const client = asClient({
    send: async (command) => {
      commands.push(command);
      return engine.answer(command);
    },
  });
  return { client, commands, reader: new EpisodeReader(client, 'Alerts') };
}

function makeId(number: number): string {
  return number.toString(16).padStart(32, '0');
}

/** A closed episode that began on a day. */
function makeClosed(number: number, day: string): Episode {
  const from = Date.parse(`${day}T10:00:00Z`);
  return makeEpisode({ id: makeId(number), sim: `sim-${number}`, state: 'closed', from, to: from + 1 });
}

const always = { from: '2026-01-01T00:00:00.000Z', to: '2027-12-31T00:00:00.000Z' };

describe('the keys of episodes', () => {
  const days = ['2026-10-31', '2026-11-01', '2026-12-31', '2027-01-01', '2027-01-02'];

  test('are those of a range, newest first, from month to month and year to year', async () => {
    const { client, reader } = openTable();
    await storeEpisodes(
      client,
      days.map((day, index) => makeClosed(index, day)),
    );
    const listDays = async (from: string, to: string): Promise<string[]> => {
      const range = { from: `${from}T10:00:00.000Z`, to: `${to}T10:00:00.000Z` };
      return (await reader.listKeys(range, 10, undefined)).map(({ begun }) => begun.slice(0, 10));
    };
    expect(await listDays('2026-10-31', '2027-01-02')).toEqual(days.toReversed());
    expect(await listDays('2026-11-01', '2027-01-01')).toEqual(days.slice(1, 4).reverse());
    expect(await listDays('2026-12-01', '2026-12-30')).toEqual([]);
  });

  test('are as many as requested, and continue after the last one, also within a month', async () => {
    const { client, reader, commands } = openTable();
    await storeEpisodes(
      client,
      days.map((day, index) => makeClosed(index, day)),
    );
    const expectedMonths = [
      ...Array.from({ length: 12 }, (_, index) => `2027-${String(12 - index).padStart(2, '0')}`),
      ...['2027-01', '2026-12', '2026-11'],
      ...Array.from({ length: 11 }, (_, index) => `2026-${String(11 - index).padStart(2, '0')}`),
      ...Array.from({ length: 10 }, (_, index) => `2026-${String(10 - index).padStart(2, '0')}`),
    ];
    const listed: string[] = [];
    let after: Awaited<ReturnType<typeof reader.listKeys>>[number] | undefined;
    for (const expected of [2, 2, 1, 0]) {
      commands.length = 0;
      const keys = await reader.listKeys(always, 2, after);
      expect(keys).toHaveLength(expected);
      listed.push(...keys.map(({ alert }) => alert));
      after = keys.at(-1) ?? after;
      // Only the month in which the page before has ended goes on behind its last key, and none is asked for in vain.
      const asked = commands.map(({ input }) => JSON.parse(JSON.stringify(input)));
      const months = asked.map(({ ExpressionAttributeValues: values }) => values[':month'].S);
      expect(months).toEqual(expectedMonths.splice(0, months.length));
      expect(asked.map(({ ExclusiveStartKey: key }) => key !== undefined)).toEqual(
        asked.map((_, index) => index === 0 && listed.length > expected),
      );
    }
    expect(listed).toEqual([4, 3, 2, 1, 0].map((number) => `silent#sim-${number}`));
  });
});

describe('the episodes at some keys', () => {
  const listAll = async (reader: EpisodeReader) => {
    const keys = await reader.listKeys(always, 100, undefined);
    return (await reader.readEpisodes(keys)).map(({ key, episode }) => ({ slot: key.slot, ...episode }));
  };

  test('are returned in the order of their keys, including those about many SIMs', async () => {
    const { client, reader } = openTable();
    const [first, last] = [makeClosed(1, '2026-11-01'), makeClosed(2, '2026-11-05')];
    const [group, source] = [makeGroup(), makeSourceAlert()];
    await storeEpisodes(client, [first, last]);
    await storeShared(client, [group, source]);
    const found = await listAll(reader);
    expect(found.map(({ id }) => id)).toEqual([last.id, source.id, group.id, first.id]);
    expect(found.map((episode) => isShared(episode))).toEqual([false, true, true, false]);
    expect(found[2]).toEqual({ slot: group.id, ...group });
  });

  const open = makeEpisode({ revision: 1 });

  test.each([
    ['that a sweep was closing are told as they were written last', { state: 'closed', to: 5 }, 2, 'history'],
    ['that stand in both slots at one revision are told where they belong: open', {}, 1, 'live'],
    [
      'that stand in both slots at one revision are told where they belong: closed',
      { state: 'closed', to: 5 },
      1,
      'history',
    ],
  ] as const)('%s, once', async (_, changes, revision, slot) => {
    const { client, reader } = openTable();
    const newest = { ...open, ...changes, revision };
    const older = revision === 1 ? newest : open;
    await storeEpisodes(client, [older], 'live');
    await storeEpisodes(client, [newest], 'history');
    expect(await listAll(reader)).toEqual([{ ...newest, slot: slot === 'live' ? slot : open.id }]);
    expect(await reader.readEpisode(open.id)).toMatchObject({ state: newest.state, revision });
  });

  test('that were moved since their keys were read are found in their new place', async () => {
    const { client, reader } = openTable();
    const others = [makeClosed(7, '2026-11-01'), makeClosed(8, '2026-11-01')].map((one) => ({
      ...one,
      sim: open.sim,
    }));
    await storeEpisodes(client, [open, ...others]);
    const keys = (await reader.listKeys(always, 100, undefined)).filter(({ slot }) => slot === 'live');
    const closed = { ...open, state: 'closed', to: open.from + 1, revision: 2 } as const;
    await storeEpisodes(client, [closed]);
    await client.send(new PutItemCommand({ TableName: 'Alerts', Item: encodeMark('live', closed) }));
    expect((await reader.readEpisodes(keys)).map(({ episode }) => episode)).toEqual([closed]);
    const [moved] = (await reader.listKeys(always, 100, undefined)).filter(({ slot }) => slot === closed.id);
    const both = [...keys, ...(moved === undefined ? [] : [moved])];
    expect([both.length, (await reader.readEpisodes(both)).length]).toEqual([2, 1]);
    expect(await reader.readEpisode(open.id)).toEqual(closed);
  });

  test('of one rule and SIM are distinguished, whichever was written more often', async () => {
    const { client, reader } = openTable();
    for (const [closedRevision, openRevision] of [
      [1, 5],
      [5, 1],
    ] as const) {
      const before = { ...makeClosed(1, '2026-11-01'), sim: open.sim, revision: closedRevision };
      const now = { ...open, revision: openRevision };
      await storeEpisodes(client, [before, now]);
      expect((await listAll(reader)).map(({ id }) => id)).toEqual([now.id, before.id]);
    }
  });

  test('that no longer exist are left out', async () => {
    const { client, reader } = openTable();
    const gone = { begun: '2026-11-02T10:00:00.000Z', slot: 'live' };
    const keys = [
      { ...gone, alert: 'silent#sim' },
      { ...gone, alert: '!group#silent' },
    ];
    expect(await reader.readEpisodes(keys)).toEqual([]);
    const there = makeClosed(1, '2026-11-02');
    await storeEpisodes(client, [there]);
    const all = [...keys, ...(await reader.listKeys(always, 10, undefined))];
    expect((await reader.readEpisodes(all)).map(({ episode }) => episode)).toEqual([there]);
  });
});

test('an episode is found by its id, whatever else its rule and SIM have, and about many SIMs', async () => {
  const { client, reader } = openTable();
  const others = [makeClosed(1, '2026-11-01'), makeClosed(2, '2026-11-02')].map((one) => ({
    ...one,
    sim: 'a#b',
  }));
  await storeEpisodes(client, others);
  await storeShared(client, [makeGroup()]);
  for (const one of others) expect(await reader.readEpisode(one.id)).toEqual(one);
  expect(await reader.readEpisode(makeGroup().id)).toEqual(makeGroup());
  expect(await reader.readEpisode(makeId(9))).toBeUndefined();
  expect(await reader.readEpisodesOfSim('silent', 'a#b')).toEqual(others);
});

test('the members of a group are those that name it, each once, and no more than requested', async () => {
  const { client, reader } = openTable();
  const group = makeGroup();
  const members = [1, 2, 3].map((number) => ({ ...makeClosed(number, '2026-11-02'), group: group.id }));
  await storeEpisodes(client, [
    ...members,
    makeClosed(4, '2026-11-02'),
    { ...makeClosed(5, '2026-11-02'), group: makeId(6) },
  ]);
  const ids = async (limit: number) => (await reader.readMembers(group.id, limit)).map(({ id }) => id).sort();
  expect(await ids(10)).toEqual(members.map(({ id }) => id));
  expect(await ids(2)).toHaveLength(2);
});

test('reads for queries are eventually consistent, which costs half as much', async () => {
  const { client, reader, commands } = openTable();
  await storeEpisodes(client, [makeClosed(1, '2026-11-02')]);
  await storeShared(client, [makeGroup()]);
  commands.length = 0;
  await reader.readEpisodes(await reader.listKeys(always, 10, undefined));
  expect(commands.length).toBeGreaterThan(0);
  expect(JSON.stringify(commands.map(({ input }) => input))).not.toContain('"ConsistentRead":true');
});
