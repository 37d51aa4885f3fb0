import { expect, test } from 'vitest';
import { makeRows, noItems } from '../../../lambda/days/rows.ts';
import { makeSimDay } from '../../../lambda/days/sim-days.ts';
import { FenceTable } from '../../../lambda/store/day-fence.ts';
import { OpenDaysTable } from '../../../lambda/store/open-days.ts';
import { ScheduleStartTable } from '../../../lambda/store/schedule-start.ts';
import { SealedUsageReader } from '../../../lambda/store/sealed-usage.ts';
import { SimDayStore } from '../../../lambda/store/sim-days.ts';
import { dayStateTable, simDaysTable } from '../../../lambda/store/tables.ts';
import { makeUsage, sim } from '../days/records.ts';
import { runningTables } from './running-tables.ts';

const tables = runningTables();

test('sealed usage begins with the first day of the schedule, ends before the first unsealed day, and has the bytes of each day', async () => {
  const { client } = tables;
  const reader = new SealedUsageReader(client, { dayState: dayStateTable.name, simDays: simDaysTable.name });
  expect(await reader.findSealed()).toBeUndefined();
  await new FenceTable(client, dayStateTable.name).advance('2026-11-04');
  // Before the schedule's first run it is not certain which days were read.
  const whole = Date.parse('2026-11-05');
  expect(await reader.findSealed()).toEqual({ since: whole, until: whole });
  await new ScheduleStartTable(client, dayStateTable.name).note('2026-11-01');
  const since = Date.parse('2026-11-01');
  expect(await reader.findSealed()).toEqual({ since, until: whole });
  const openDays = new OpenDaysTable(client, dayStateTable.name);
  // Days behind the fence that are ordered already do not shorten what is sealed.
  await openDays.note({ day: '2026-11-05', orderedAt: 1 });
  expect(await reader.findSealed()).toEqual({ since, until: whole });
  await openDays.note({ day: '2026-11-04', orderedAt: 1 });
  expect(await reader.findSealed()).toEqual({ since, until: Date.parse('2026-11-04') });
  await openDays.note({ day: '2026-10-03', unreadAt: 1 });
  await openDays.note({ day: '2026-11-03', orderedAt: 1 });
  const end = Date.parse('2026-11-03');
  expect(await reader.findSealed()).toEqual({ since, until: end });
  const days = ['2026-10-31', '2026-11-01', '2026-11-02', '2026-11-03'].map((day, index) => {
    const usage = ['DE', 'FR'].map((country) =>
      makeUsage({ start: `${day}T10:00:00.000Z`, recordId: country, sim, country, dataTotal: 10 ** index }),
    );
    return makeSimDay(sim, day, makeRows(day, { ...noItems, usage }));
  });
  await new SimDayStore(client, simDaysTable.name).put(days, 1);
  expect(await reader.readDays(sim, Date.parse('2026-11-01'), end)).toEqual([
    { from: Date.parse('2026-11-01'), bytes: 20n },
    { from: Date.parse('2026-11-02'), bytes: 200n },
  ]);
});
