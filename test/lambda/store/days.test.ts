import { describe, expect, test } from 'vitest';
import type { Marker } from '../../../lambda/days/fence/markers.ts';
import { FenceTable } from '../../../lambda/store/day-fence.ts';
import { DayMarkers } from '../../../lambda/store/day-markers.ts';
import { SessionNoteStore } from '../../../lambda/store/session-notes.ts';
import { runningTables } from './running-tables.ts';
import { intercept } from './watched-client.ts';

const tables = runningTables();

test('the fence is undefined at first, and never moves back', async () => {
  const fence = new FenceTable(tables.client, 'DayState');
  const seen = [await fence.read()];
  for (const through of ['2026-11-02', '2026-11-01', '2026-11-02', '2026-11-30']) {
    await fence.advance(through);
    seen.push(await fence.read());
  }
  expect(seen).toEqual([undefined, '2026-11-02', '2026-11-02', '2026-11-02', '2026-11-30']);
});

describe('markers', () => {
  const listAll = async (markers: DayMarkers): Promise<Marker[]> => {
    const all: Marker[] = [];
    for await (const page of markers.listAll()) all.push(...page);
    return all.sort((a, b) => Number(a.token) - Number(b.token));
  };

  /** More than one request takes. */
  const many = Array.from(
    { length: 60 },
    (_, number): Marker => ({
      ...{ sim: `sim-${number % 7}`, day: `2026-11-0${1 + (number % 3)}`, token: `${number}` },
      sessionId: number < 21 ? undefined : `session#${number}`,
    }),
  );

  test('are one for a SIM’s day and one for each of its sessions, and are listed as they were put', async () => {
    await tables.clear();
    const markers = new DayMarkers(tables.client, 'DayMarkers');
    expect(await markers.tryPut(many)).toEqual(new Map());
    expect(await listAll(markers)).toEqual(many);
  });

  test('are removed only with their token', async () => {
    await tables.clear();
    const markers = new DayMarkers(tables.client, 'DayMarkers');
    const marker: Marker = { sim: 'a', day: '2026-11-01', sessionId: undefined, token: 'old' };
    await markers.tryPut([marker]);
    await markers.tryPut([{ ...marker, token: 'new' }]);
    await markers.remove([marker]);
    expect(await listAll(markers)).toEqual([{ ...marker, token: 'new' }]);
    await markers.remove([{ ...marker, token: 'new' }]);
    await markers.remove([{ ...marker, token: 'new' }]);
    expect(await listAll(markers)).toEqual([]);
  });

  test('that a request does not put are returned with the error, and no others; unprocessed ones are sent again', async () => {
    await tables.clear();
    const client = tables.newClient();
    let request = 0;
    intercept(client, async ({ input }, proceed) => {
      request += 1;
      if (request === 1) throw new Error('The table is gone');
      if (request > 2) return proceed();
      const { DayMarkers: puts = [] } = input['RequestItems'] as Record<string, unknown[]>;
      return { UnprocessedItems: { DayMarkers: puts } };
    });
    const failed = await new DayMarkers(client, 'DayMarkers').tryPut(many);
    client.destroy();
    expect(new Set([...failed.values()].map(({ message }) => message))).toEqual(
      new Set(['The table is gone']),
    );
    expect([...failed.keys()]).toEqual(many.slice(0, 25));
    const standing = await listAll(new DayMarkers(tables.client, 'DayMarkers'));
    expect(standing).toEqual(many.slice(25));
  });

  test('are listed and counted by day, and put with new tokens', async () => {
    await tables.clear();
    let tokens = 0;
    const markers = new DayMarkers(tables.client, 'DayMarkers', () => `${++tokens}`);
    const subjects = many.map(({ sim, day, sessionId }) => ({ sim, day, sessionId }));
    await markers.put(subjects);
    await markers.put(subjects.slice(0, 1));
    const [first] = subjects;
    const ofDay = (await markers.list('2026-11-01')).toSorted((a, b) => Number(a.token) - Number(b.token));
    expect(ofDay.at(-1)).toEqual({ ...first, token: '61' });
    expect(ofDay.map(({ day }) => day)).toEqual(Array.from({ length: 20 }, () => '2026-11-01'));
    const counts = [...(await markers.countByDay())].sort(([a], [b]) => (a < b ? -1 : 1));
    expect(counts).toEqual([1, 2, 3].map((day) => [`2026-11-0${day}`, 20]));
  });

  test('that are not put lead to an error', async () => {
    const client = tables.newClient();
    intercept(client, async () => {
      throw new Error('The table is gone');
    });
    await expect(new DayMarkers(client, 'DayMarkers').put([{ sim: 'a', day: '2026-11-01' }])).rejects.toThrow(
      'The table is gone',
    );
    client.destroy();
  });
});

test('a session’s note is written only if it has not changed since it was read', async () => {
  const notes = new SessionNoteStore(tables.client, 'SessionDays');
  const [old, now] = ['2026-11-01', '2026-11-02'].map((day) => ({ day, hash: `of ${day}` }));
  if (old === undefined || now === undefined) throw new Error('There are two');
  const written: boolean[] = [];
  for (const [note, before] of [
    [old, now],
    [old, undefined],
    [now, undefined],
    [now, old],
    [old, old],
    // As where the answer to an attempt is lost: the next one meets what it has written itself.
    [now, old],
    // Another run has written otherwise.
    [{ ...now, hash: 'other' }, old],
    [{ ...now, day: '2026-11-03' }, old],
  ] as const) {
    written.push(await notes.write('a', 's1', note, before));
  }
  expect(written).toEqual([false, true, false, true, false, true, false, false]);
  expect(await notes.read('a', ['s1', 's2'])).toEqual(new Map([['s1', now]]));
});
