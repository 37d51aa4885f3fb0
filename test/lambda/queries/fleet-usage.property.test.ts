import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Usage } from '../../../lambda/ledger/observation.ts';
import {
  type FleetPosition,
  type FleetUsageQuery,
  listFleetUsage,
} from '../../../lambda/queries/fleet-usage.ts';
import { usageGroups } from '../../../lambda/queries/parameters.ts';
import type { FleetUsageRecord } from '../../../lambda/queries/usage-report.ts';
import { timeLimit, trials } from '../../property/trials.ts';
import { simAt, usageAt } from '../store/observations.ts';
import { runningTables } from '../store/running-tables.ts';
import { ClosedLedger } from './closed-ledger.ts';

/** Compares reports with an oracle that adds up the records. It shares no code with the reports. */

const tables = runningTables();
const hour = 3_600_000;
const begin = Date.UTC(2026, 9, 30);
const fleets = ['HFa', 'HFb', undefined] as const;
const sims = fleets.map((_, index) => `898830700000000000${index}`);

const moment = fc.oneof(
  fc.integer({ min: 0, max: 5 * 24 }).map((hours) => hours * hour),
  fc.integer({ min: 0, max: 5 * 24 * hour - 1 }),
  fc.constantFrom(24 * hour - 1, 24 * hour, 48 * hour - 1, 48 * hour),
);
const bytes = fc.constantFrom(0, 1, 12_345, 9_007_199_254_740_991);
const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });

const record = fc.record({
  sim: fc.nat(sims.length - 1),
  at: moment,
  source: fc.constantFrom('emnify', 'other'),
  dataTotal: bytes,
  dataUploaded: maybe(bytes),
  dataDownloaded: maybe(bytes),
  trafficType: fc.constantFrom('data', 'data', 'sms', 'voice'),
  messages: maybe(fc.constantFrom(1, 3)),
  cost: maybe(fc.constantFrom('0.1', '0.0000000001', '-2', '12345678901234567890.5')),
  currency: maybe(fc.constantFrom('EUR', 'USD')),
  country: maybe(fc.constantFrom('DE', 'FR')),
  tariff: maybe(fc.constantFrom('a', 'a#b')),
  rateZone: maybe(fc.constantFrom('b', '')),
  network: maybe(fc.constantFrom({ mcc: '262', mnc: '01' }, { mcc: '208', mnc: undefined })),
  operatorName: maybe(fc.constantFrom('Telekom', 'Orange')),
});
type Told = typeof record extends fc.Arbitrary<infer Value> ? Value : never;

const question = fc.record({
  groups: fc.uniqueArray(fc.constantFrom(...usageGroups), { maxLength: 4 }),
  granularity: fc.constantFrom('hour' as const, 'day' as const, 'all' as const),
  ends: fc.tuple(moment, moment).filter(([one, other]) => one !== other),
  sim: maybe(fc.nat(sims.length - 1)),
  fleet: maybe(fc.constantFrom('HFa', 'HFb')),
  network: maybe(fc.constantFrom('262-01', 'Orange')),
  isoCountry: maybe(fc.constant('DE')),
  order: maybe(fc.constantFrom('bytes' as const, 'messages' as const, 'records' as const)),
  size: fc.integer({ min: 1, max: 8 }),
});
type Question = typeof question extends fc.Arbitrary<infer Value> ? Value : never;

const world = fc.record({
  records: fc.array(record, { minLength: 1, maxLength: 25 }),
  closed: fc.uniqueArray(fc.integer({ min: 0, max: 4 }), { maxLength: 5 }),
  expired: fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }),
  /** While nothing has expired, and later. */
  now: fc.constantFrom('2026-11-04T12:00:00.000Z', '2026-11-20T12:00:00.000Z'),
  questions: fc.array(question, { minLength: 3, maxLength: 3 }),
});

function makeUsage({ sim, at, network, ...about }: Told, index: number): Usage {
  const start = new Date(begin + at).toISOString();
  return usageAt(start, sims[sim] ?? '', String(index), { carrier: 'emnify', ...about, ...network });
}

/** A decimal in units of 10^-12. */
function readUnits(decimal: string): bigint {
  const [whole = '', fraction = ''] = decimal.replace('-', '').split('.');
  const units = BigInt(whole + fraction.padEnd(12, '0'));
  return decimal.startsWith('-') ? -units : units;
}

/** One row of a report, in plain numbers. */
interface Row {
  start: string;
  readonly subject: (string | null)[];
  readonly sums: Record<string, bigint | null>;
  readonly costs: Record<string, bigint>;
  live: boolean;
}

const readers: Readonly<Record<(typeof usageGroups)[number], (told: Told) => string | undefined>> = {
  sim: ({ sim }) => sims[sim],
  fleet: ({ sim }) => fleets[sim],
  network: readNetwork,
  isoCountry: ({ country }) => country,
  source: ({ source }) => source,
  tariff: ({ tariff }) => tariff,
  zone: ({ rateZone }) => rateZone,
  trafficType: ({ trafficType }) => trafficType,
};

function readNetwork({ network, operatorName }: Told): string | undefined {
  return network?.mnc === undefined ? operatorName : `${network.mcc}-${network.mnc}`;
}

/** The expected rows of a report, computed from the records. */
function answer(
  records: readonly Told[],
  closed: readonly number[],
  { groups, granularity, ends, ...filter }: Question,
): Row[] {
  const [from, to] = ends.toSorted((a, b) => a - b) as [number, number];
  const length = { hour, day: 24 * hour, all: Number.POSITIVE_INFINITY }[granularity];
  const rows = new Map<string, Row>();
  const open = (start: number, subject: (string | null)[]): Row => {
    const key = JSON.stringify([start, subject]);
    const sums = { up: null, down: null, total: 0n, records: 0n, messages: null };
    const row = rows.get(key) ?? {
      ...{ start: new Date(begin + start).toISOString(), subject, sums, costs: {}, live: false },
    };
    rows.set(key, row);
    return row;
  };
  if (groups.length === 0 && granularity === 'all') open(from, []);
  for (const told of records) {
    const isWanted =
      told.at >= from &&
      told.at < to &&
      (filter.sim === undefined || told.sim === filter.sim) &&
      (filter.fleet === undefined || fleets[told.sim] === filter.fleet) &&
      (filter.network === undefined || readNetwork(told) === filter.network) &&
      (filter.isoCountry === undefined || told.country === filter.isoCountry);
    if (!isWanted) continue;
    const start = granularity === 'all' ? from : Math.max(from, Math.floor(told.at / length) * length);
    const row = open(
      start,
      groups.map((group) => readers[group](told) ?? null),
    );
    const { sums, costs } = row;
    if (!closed.includes(Math.floor(told.at / (24 * hour)))) row.live = true;
    const add = (name: string, value: number | undefined): void => {
      if (value !== undefined) sums[name] = (sums[name] ?? 0n) + BigInt(value);
    };
    add('up', told.dataUploaded);
    add('down', told.dataDownloaded);
    add('total', told.dataTotal);
    add('messages', told.messages);
    add('records', 1);
    if (told.cost !== undefined) {
      const currency = told.currency ?? '';
      costs[currency] = (costs[currency] ?? 0n) + readUnits(told.cost);
    }
  }
  return [...rows.values()];
}

const fields: Readonly<Record<(typeof usageGroups)[number], keyof FleetUsageRecord>> = {
  sim: 'sim_sid',
  fleet: 'fleet_sid',
  network: 'network_sid',
  isoCountry: 'iso_country',
  source: 'source',
  tariff: 'tariff',
  zone: 'rate_zone',
  trafficType: 'traffic_type',
};

function readRow(record: FleetUsageRecord, groups: Question['groups']): Row {
  const whole = (value: number | string | null): bigint | null => (value === null ? null : BigInt(value));
  return {
    start: record.period.start_time,
    subject: groups.map((group) => record[fields[group]] as string | null),
    sums: {
      up: whole(record.data_upload),
      down: whole(record.data_download),
      total: whole(record.data_total),
      records: whole(record.records),
      messages: whole(record.messages),
    },
    costs: Object.fromEntries(
      record.costs.map(({ currency, amount }) => [currency ?? '', readUnits(amount)]),
    ),
    live: record.live,
  };
}

function sortRows(rows: readonly Row[]): Row[] {
  const print = ({ start, subject }: Row): string => JSON.stringify([start, subject]);
  return rows.toSorted((a, b) => (print(a) < print(b) ? -1 : 1));
}

/** All records of a report, page by page. */
async function readReport(ledger: ClosedLedger, now: string, asked: Question): Promise<FleetUsageRecord[]> {
  const [from = '', to = ''] = asked.ends
    .toSorted((a, b) => a - b)
    .map((at) => new Date(begin + at).toISOString());
  const query: FleetUsageQuery = {
    ...asked,
    sim: asked.sim === undefined ? undefined : { sim: sims[asked.sim] ?? '', isKnown: true },
    ...{ period: { from, to }, after: undefined },
  };
  const ports = { reader: ledger.reader, days: ledger.days, now: () => Date.parse(now) };
  const records: FleetUsageRecord[] = [];
  let after: FleetPosition | undefined;
  do {
    const page = await listFleetUsage({ ...query, after }, ports);
    expect(page.resources.length).toBeLessThanOrEqual(asked.size);
    records.push(...page.resources);
    after = page.next;
  } while (after !== undefined);
  return records;
}

test(
  'a report of any range is the sum of its usage records, to the byte and the last decimal, whatever is sealed and has expired',
  async () => {
    await fc.assert(
      fc.asyncProperty(world, async ({ records, closed, expired, now, questions }) => {
        await tables.clear();
        const ledger = new ClosedLedger(tables, () => Date.parse(now));
        const usage = records.map(makeUsage);
        const known = fleets.map((fleetSid, index) =>
          simAt('2026-10-30T00:00:00.000Z', sims[index] ?? '', {
            ids: {
              simSid: undefined,
              simId: undefined,
              accountId: undefined,
              fleetSid,
              writtenIccid: undefined,
            },
          }),
        );
        await ledger.write(usage, known);
        const closedDays = closed.map((day) => new Date(begin + day * 24 * hour).toISOString().slice(0, 10));
        await ledger.close(closedDays);
        if (now > '2026-11-10') {
          const gone = usage.filter(
            ({ start }, index) => closedDays.includes(start.slice(0, 10)) && expired[index % expired.length],
          );
          await ledger.expire(gone);
        }
        for (const asked of questions) {
          const found = await readReport(ledger, now, asked);
          const rows = found.map((one) => readRow(one, asked.groups));
          expect(sortRows(rows)).toEqual(sortRows(answer(records, closed, asked)));
          if (asked.order === undefined) continue;
          const measure = { bytes: 'total', messages: 'messages', records: 'records' }[asked.order];
          const measures = rows.map(({ sums }) => sums[measure] ?? 0n);
          expect(measures).toEqual(measures.toSorted((a, b) => (a === b ? 0 : a > b ? -1 : 1)));
        }
      }),
      trials(60),
    );
  },
  timeLimit,
);
