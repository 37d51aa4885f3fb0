import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import { OpenDaysTable } from '../../../lambda/store/open-days.ts';
import { dayStateTable, usageTable } from '../../../lambda/store/tables.ts';
import { hasUsageBefore } from '../../../lambda/store/usage-history.ts';
import { runningTables } from './running-tables.ts';

const tables = runningTables();

test('open days keep their first times, in the order of days, until they are removed', async () => {
  const openDays = new OpenDaysTable(tables.client, dayStateTable.name);
  await openDays.note({ day: '2026-11-02', orderedAt: 5 });
  await openDays.note({ day: '2026-11-01', unreadAt: 1 });
  await openDays.note({ day: '2026-11-02', orderedAt: 9 });
  await openDays.note({ day: '2026-11-01', orderedAt: 7 });
  expect(await openDays.list()).toEqual([
    { day: '2026-11-01', orderedAt: 7, unreadAt: 1 },
    { day: '2026-11-02', orderedAt: 5 },
  ]);
  await openDays.note({ day: '2026-11-03', orderedAt: 8, unreadAt: 3 });
  expect((await openDays.list()).at(-1)).toEqual({ day: '2026-11-03', orderedAt: 8, unreadAt: 3 });
  await openDays.remove('2026-11-03');
  await openDays.remove('2026-11-02');
  await openDays.remove('2026-11-02');
  expect(await openDays.list()).toEqual([{ day: '2026-11-01', orderedAt: 7, unreadAt: 1 }]);
});

test('usage before a day is found, if there is any', async () => {
  const put = (sim: string, usageId: string) => {
    const Item = { sim: { S: sim }, usageId: { S: usageId } };
    return tables.client.send(new PutItemCommand({ TableName: usageTable.name, Item }));
  };
  const ask = () => hasUsageBefore(tables.client, usageTable.name, '2026-11-02');
  await put('a', '2026-11-02T00:00:00.000Z#1');
  expect(await ask()).toBe(false);
  await put('b', '2026-11-01T23:59:59.999Z#1');
  expect(await ask()).toBe(true);
});
