import { expect, test } from 'vitest';
import { makeFinding } from '../../../lambda/days/findings/make-finding.ts';
import { ClosedFindingsReader } from '../../../lambda/store/closed-findings.ts';
import { FenceTable } from '../../../lambda/store/day-fence.ts';
import { FindingsTable } from '../../../lambda/store/findings.ts';
import { OpenDaysTable } from '../../../lambda/store/open-days.ts';
import { asClient, MemoryDynamoDb } from '../../property/memory-dynamodb.ts';

const names = { dayState: 'DayState', findings: 'Findings' };

function openReader() {
  const client = asClient(new MemoryDynamoDb());
  return {
    reader: new ClosedFindingsReader(client, names),
    fence: new FenceTable(client, names.dayState),
    openDays: new OpenDaysTable(client, names.dayState),
    findings: new FindingsTable(client, names.findings),
  };
}

function find(sim: string, day: string) {
  const finding = makeFinding({
    ...{ sim, check: 'chain', reason: 'missing-windows', source: 'kore', carrier: 'kore', sessionId: 's' },
    ...{ start: `${day}T10:00:00.000Z`, end: `${day}T11:00:00.000Z`, subject: ['1'], bytes: 5n, records: [] },
  });
  return { sim, day, findings: [finding] };
}

test('days are closed up to the end of the last one, and not sealed while they are ordered to be read', async () => {
  const { reader, fence, openDays } = openReader();
  await openDays.note({ day: '2026-11-02', orderedAt: 1 });
  expect(await reader.findClosed()).toBeUndefined();
  await fence.advance('2026-11-03');
  await openDays.note({ day: '2026-11-01', unreadAt: 1 });
  await openDays.note({ day: '2026-11-03', orderedAt: 1 });
  await openDays.note({ day: '2026-11-04', orderedAt: 1 });
  expect(await reader.findClosed()).toEqual({
    closedUntil: Date.parse('2026-11-04'),
    unsealed: [Date.parse('2026-11-02'), Date.parse('2026-11-03')],
  });
});

test('findings are those of days that overlap the time range, whose end is excluded', async () => {
  const { reader, findings } = openReader();
  const days = ['2026-10-31', '2026-11-01', '2026-11-02', '2026-11-03'];
  await findings.put(
    days.map((day, index) => find(`sim-${index}`, day)),
    1,
  );
  await findings.put(
    days.map((day) => find('sim', day)),
    1,
  );
  const [from, until] = [Date.parse('2026-11-01T23:59:59.999Z'), Date.parse('2026-11-03')];
  const sims: string[] = [];
  for await (const some of reader.listSims(from, until)) sims.push(...some);
  expect(sims.sort()).toEqual(['sim', 'sim', 'sim-1', 'sim-2']);
  const read = await reader.readDays('sim', from, until);
  expect(read.map((one) => one.from)).toEqual([Date.parse('2026-11-01'), Date.parse('2026-11-02')]);
  expect(read.map((one) => one.findings)).toEqual([
    find('sim', '2026-11-01').findings,
    find('sim', '2026-11-02').findings,
  ]);
});
