import { beforeAll, describe, expect, it } from 'vitest';
import type { Usage } from '../../../../lambda/ledger/observation.ts';
import { DayRecordReader } from '../../../../lambda/store/day-records.ts';
import { ClosedLedger } from '../../queries/closed-ledger.ts';
import { ledgerTablesOf, runningTables } from '../../store/running-tables.ts';
import { apiOver, now, send, takeExamples } from './api-under-test.ts';

/** Questions about the example records, asked before and after their usage has expired. */

const tables = runningTables();
const sims = ['8988307000000120011', '8988280666001000101', '8988303000000100001', '8988228066700001001'];

/** A month later: usage of the example's days may have expired. */
const later = now + 31 * 86_400_000;

const ofSims = sims.flatMap((sim) => [
  ...['all', 'day', 'raw&PageSize=1', 'raw'].map(
    (granularity) => `/v1/Sims/${sim}/UsageRecords?StartTime=2026-10-01&Granularity=${granularity}`,
  ),
  `/v1/Sims/${sim}/UsageRecords?StartTime=2026-10-20T10:30:00Z&EndTime=2026-11-02T10:40:00Z&Granularity=hour&PageSize=3`,
  `/v1/Sims/${sim}/DataSessions?StartTime=2026-10-20&EndTime=2026-11-04`,
]);
const ofFleet = [
  // Which SIMs had the most usage in November?
  'Group=sim&Order=bytes&StartTime=2026-11-01&EndTime=2026-12-01',
  // What did each country and tariff use in October?
  'Group=isoCountry,tariff&StartTime=2026-10-01&EndTime=2026-11-01',
  'Group=network&Granularity=day&StartTime=2026-10-15&EndTime=2026-11-15',
  'Group=sim,trafficType&Granularity=hour&StartTime=2026-11-02T08:00:00Z&EndTime=2026-11-03T08:00:00Z&PageSize=2',
  'Sim=8988303000000100001&Group=zone&StartTime=2026-11-01T12:00:00Z',
].map((query) => `/v1/UsageRecords?${query}`);

let ledger: ClosedLedger;
let usage: readonly Usage[];
let before: readonly unknown[];

/** The answers to all questions, every page of each. */
async function ask(): Promise<unknown[]> {
  const api = apiOver(tables.client, { reader: ledger.reader, days: ledger.days, now: () => later });
  const answers: unknown[] = [];
  for (const path of [...ofSims, ...ofFleet]) {
    let address: string | null = path;
    while (address !== null) {
      const { status, body } = await send(api, address);
      answers.push({ address: path, status, body });
      const next: string | null = (body['meta'] as { next_page_url: string | null }).next_page_url;
      address = next === null ? null : next.replace('https://api.example.com', '');
    }
  }
  return answers;
}

beforeAll(async () => {
  await takeExamples(tables.client);
  ledger = new ClosedLedger(tables, () => later);
  const days = [
    '2026-10-27',
    '2026-10-28',
    '2026-10-29',
    '2026-10-30',
    '2026-10-31',
    '2026-11-01',
    '2026-11-02',
  ];
  await ledger.close(days);
  before = await ask();
  const reader = new DayRecordReader({
    ...ledgerTablesOf(tables.client),
    dayState: 'DayState',
    usageDays: 0,
  });
  const fleet: string[] = [];
  for await (const some of reader.listSims()) fleet.push(...some);
  const span = { from: '2026-10-27T00:00:00.000Z', to: '2026-11-03T00:00:00.000Z' };
  usage = (await Promise.all(fleet.map((sim) => reader.readRecords(sim, span)))).flatMap(
    (read) => read.usage,
  );
});

describe('after usage has expired', () => {
  it('the API gives the same answers as before', async () => {
    expect(usage.length).toBeGreaterThan(20);
    await ledger.expire(usage);
    expect(await tables.items('Usage')).toEqual([]);
    expect(await ask()).toEqual(before);
  });

  it('a late record counts immediately, and a repeated one does not count twice', async () => {
    const [record] = usage.filter(({ sim }) => sim === sims[2]);
    if (record === undefined) throw new Error('The example has no usage of this SIM');
    const path = `/v1/Sims/${record.sim}/UsageRecords?StartTime=2026-10-01&Granularity=all`;
    const api = apiOver(tables.client, { reader: ledger.reader, days: ledger.days, now: () => later });
    const read = async (): Promise<number> => {
      const { body } = await send(api, path);
      return (body['usage_records'] as { data_total: number }[])[0]?.data_total ?? 0;
    };
    const total = await read();
    await ledger.write([record]);
    expect(await read()).toBe(total);
    await ledger.write([{ ...record, recordId: 'late', usageId: `${record.start}#late`, dataTotal: 7 }]);
    expect(await read()).toBe(total + 7);
  });
});
