import { expect, test } from 'vitest';
import type { LakeReader } from '../../../lambda/days/lake-reader.ts';
import { makeRows, noItems } from '../../../lambda/days/rows.ts';
import { makeSimDay } from '../../../lambda/days/sim-days.ts';
import { StoredDays } from '../../../lambda/store/stored-days.ts';
import { makeEvent, makeUsage, sim } from '../days/records.ts';

function makeDay(day: string, kind: 'usage' | 'events', asOf?: string) {
  const time = `${day}T10:00:00.000Z`;
  const items =
    kind === 'usage' ? { usage: [makeUsage({ start: time })] } : { events: [makeEvent({ time })] };
  return { ...makeSimDay(sim, day, makeRows(day, { ...noItems, ...items })), leftOut: [], asOf };
}

test('the days with archived usage are the sealed days with usage, newest first', async () => {
  const days = [
    ...[makeDay('2026-11-01', 'usage'), makeDay('2026-11-02', 'events'), makeDay('2026-11-03', 'usage')],
    makeDay('2026-11-04', 'usage', '2026-11-04T12:00:00.000Z'),
  ];
  const asked: unknown[] = [];
  const simDays = {
    readDays: async (...range: string[]) => {
      asked.push(range);
      return days;
    },
  };
  const stored = new StoredDays(simDays, {} as LakeReader, () => 0);
  expect(await stored.listDays(sim, '2026-11-01', '2026-11-04')).toEqual(['2026-11-03', '2026-11-01']);
  expect(asked).toEqual([[sim, '2026-11-01', '2026-11-04']]);
});

test('usage of the last twelve days, including today, cannot have expired', () => {
  const keptFrom = (now: string) =>
    new StoredDays({ readDays: async () => [] }, {} as LakeReader, () => Date.parse(now)).findKeptFrom();
  expect([keptFrom('2026-11-20T00:00:00Z'), keptFrom('2026-11-20T23:59:59.999Z')]).toEqual([
    '2026-11-09',
    '2026-11-09',
  ]);
});
