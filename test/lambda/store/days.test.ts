import { describe, expect, test } from 'vitest';
import type { Marker } from '../../../lambda/days/fence/markers.ts';
import { FenceTable } from '../../../lambda/store/day-fence.ts';
import { DayMarkers } from '../../../lambda/store/day-markers.ts';
import { runningTables } from './running-tables.ts';
import { intercept } from './watched-client.ts';

const tables = runningTables();

test('the fence is nowhere at first, and never moves back', async () => {
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

  test('stand for a SIM’s day and for each of its sessions, and are listed as they were put', async () => {
    await tables.clear();
    const markers = new DayMarkers(tables.client, 'DayMarkers');
    expect(await markers.tryPut(many)).toEqual(new Map());
    expect(await listAll(markers)).toEqual(many);
  });

  test('are removed on their token only', async () => {
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

  test('that a request does not put are told with the reason, and no others; those left unprocessed are sent again', async () => {
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
});
