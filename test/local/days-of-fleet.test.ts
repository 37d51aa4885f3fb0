import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Day, shiftDay } from '../../lambda/days/day.ts';
import { isAccount } from '../../lambda/ledger/accounts.ts';
import { findSim } from '../../lambda/queries/sim-lookup.ts';
import { listUsageRecords, type UsageRecord } from '../../lambda/queries/usage-records.ts';
import { LedgerReader } from '../../lambda/store/reader.ts';
import { SimDayStore } from '../../lambda/store/sim-days.ts';
import {
  eventsTable,
  filesTable,
  sessionsTable,
  simDaysTable,
  simsTable,
  usageTable,
} from '../../lambda/store/tables.ts';
import { type LocalLedger, startLocalLedger } from '../../local/local-ledger.ts';
import { portVariables } from '../../local/options.ts';
import { type Fleet, fleetStart, simulateFleet } from '../../simulator/fleet.ts';
import { simledger } from '../cli/running-ledger.ts';
import { optionsForTests } from './running-ledger.ts';

/**
 * A fleet of 72 hours, whose days are closed while it lives; some of its records come when all days are sealed, and then
 * usage expires. DuckDB, which nobody here wrote, must read of the lake what the query API's own queries answered before.
 */

type Delivery = Fleet['deliveries'] extends Iterable<readonly (infer Each)[]> ? Each : never;

const hours = 72;
const hour = 3_600_000;
const start = Date.parse(fleetStart);
const days: readonly Day[] = [0, 1, 2].map((number) => shiftDay(fleetStart.slice(0, 10), number));
/** When the grace of the last day has gone. */
const end = start + (hours + 7) * hour;

const troubles: string[] = [];
let folder: string;
let ledger: LocalLedger;
let sims: readonly string[];
/** Bytes by SIM and day, as the query API answered while all usage was in its table. */
let answered: ReadonlyMap<string, bigint>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'simledger-fleet-days-'));
  ledger = await startLocalLedger({
    ...optionsForTests(),
    dataDirectory: folder,
    usageRetentionDays: 30,
    onLog: () => undefined,
    onTrouble: (sentence) => troubles.push(sentence),
  });
  const { deliveries, truth, now } = simulateFleet({ sims: 15, hours, seed: 7, hasIncidents: false });
  const late: Delivery[] = [];
  let next = start + 12 * hour;
  let number = 0;
  for (const batch of deliveries) {
    for (const delivery of batch) {
      number += 1;
      if (number % 20 === 0) late.push(delivery);
      else await deliver(delivery);
    }
    if (now() < next) continue;
    await ledger.idle();
    await ledger.closeDays(now());
    next += 12 * hour;
  }
  await ledger.idle();
  await ledger.closeDays(end);
  expect(await listVersions()).toEqual(days.map((day) => [day, 'sealed', expect.any(Number)]));
  for (const delivery of late) await deliver(delivery);
  await ledger.idle();
  sims = [...truth.partitions.keys()].filter((key) => !isAccount(key));
  answered = await askUsage();
});

afterAll(async () => {
  await ledger.stop();
  await rm(folder, { recursive: true });
  expect(troubles).toEqual([]);
});

async function deliver(delivery: Delivery): Promise<void> {
  if (delivery.kind === 'stream')
    await ledger.putRecord(delivery.source, delivery.data, delivery.partitionKey);
  else await ledger.putFile(delivery.source, delivery.key, delivery.bytes);
}

/** Days of the fleet, with their states and versions. */
async function listVersions(): Promise<unknown[][]> {
  const listed = await run<{ day: Day; state: string; version: number }[]>('days', 'list');
  return listed
    .filter(({ day }) => days.includes(day))
    .map(({ day, state, version }) => [day, state, version])
    .reverse();
}

async function run<Answer>(...args: readonly string[]): Promise<Answer> {
  const env = { [portVariables.api.variable]: new URL(ledger.endpoints.api).port };
  const { code, output } = await simledger(['--local', '--json', ...args], { env });
  expect(code).toBe(0);
  return JSON.parse(output) as Answer;
}

/** Bytes by SIM and day, by the query API's query; days without usage are left out. */
async function askUsage(): Promise<Map<string, bigint>> {
  const { dynamoDb: client } = ledger;
  const reader = new LedgerReader({
    ...{ client, sessions: sessionsTable.name, usage: usageTable.name, events: eventsTable.name },
    ...{ sims: simsTable.name, files: filesTable.name },
  });
  const period = { from: `${days[0]}T00:00:00.000Z`, to: `${shiftDay(days.at(-1) ?? '', 1)}T00:00:00.000Z` };
  const found = new Map<string, bigint>();
  for (const key of sims) {
    const sim = await findSim(reader, key);
    const { resources } = await listUsageRecords(
      { sim, period, granularity: 'day', size: 100, after: undefined, include: new Set() },
      { reader },
    );
    for (const { period: when, data_total: bytes } of resources as UsageRecord[]) {
      if (bytes > 0) found.set(`${key} ${when.start_time.slice(0, 10)}`, BigInt(bytes));
    }
  }
  return found;
}

/** What DuckDB reads over all files of a kind. */
async function query(kind: string, select: string): Promise<Record<string, unknown>[]> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    const glob = join(folder, 'lake', kind, 'day=*', '*.parquet').replaceAll('\\', '/');
    const sql = `SELECT ${select} FROM read_parquet('${glob}', hive_partitioning = true) GROUP BY ALL ORDER BY ALL`;
    return (await connection.runAndReadAll(sql)).getRowObjectsJson();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** Bytes by SIM and day, as DuckDB adds them up. */
async function readLake(): Promise<Map<string, bigint>> {
  const rows = await query('usage', 'sim, day::VARCHAR AS day, sum(dataTotal)::VARCHAR AS bytes');
  return new Map(
    rows.flatMap(({ sim, day, bytes }) => {
      return bytes === '0' ? [] : [[`${String(sim)} ${String(day)}`, BigInt(String(bytes))] as const];
    }),
  );
}

async function readSimDays(): Promise<Map<string, bigint>> {
  const store = new SimDayStore(ledger.dynamoDb, simDaysTable.name);
  const found = new Map<string, bigint>();
  for (const sim of sims) {
    for (const { period, usage } of await store.readDays(sim, days[0] ?? '', days.at(-1) ?? '')) {
      const bytes = usage.reduce((sum, { dataTotal }) => sum + BigInt(dataTotal), 0n);
      if (bytes > 0n) found.set(`${sim} ${period}`, bytes);
    }
  }
  return found;
}

const sortEntries = (map: ReadonlyMap<string, bigint>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1));

test('DuckDB reads each SIM-day of the lake as the API answered it, after late records and after usage expired', async () => {
  expect(answered.size).toBeGreaterThan(30);
  const before = await listVersions();
  expect(sortEntries(await readLake())).not.toEqual(sortEntries(answered));
  const { sealed } = await ledger.closeDays(end + hour);
  expect(sealed).toEqual(expect.arrayContaining([...days]));
  expect(await listVersions()).toEqual(
    before.map(([day, , version]) => [day, 'sealed', Number(version) + 1]),
  );
  expect(sortEntries(await readLake())).toEqual(sortEntries(answered));
  expect(sortEntries(await readSimDays())).toEqual(sortEntries(answered));

  await ledger.expire(Date.now() + 31 * 24 * hour);
  const { Count } = await ledger.dynamoDb.send(new ScanCommand({ TableName: usageTable.name }));
  expect(Count).toBe(0);
  expect(await ledger.closeDays(end + 2 * hour)).toEqual({ sealed: [] });
  expect(sortEntries(await readLake())).toEqual(sortEntries(answered));
  expect(sortEntries(await readSimDays())).toEqual(sortEntries(answered));
  const verified = await run<{ day: Day; outcome: string }[]>('days', 'verify', '--full');
  expect(verified.filter(({ outcome }) => outcome !== 'verified')).toEqual([]);
});

test('DuckDB sees each session and event once', async () => {
  for (const [kind, id] of [
    ['sessions', 'sessionId'],
    ['events', "coalesce(eventKey, time::VARCHAR || '#' || eventId)"],
    ['usage', "coalesce(usageId, start::VARCHAR || '#' || recordId)"],
  ] as const) {
    const rows = await query(kind, `sim, ${id} AS id, count(*)::INT AS times`);
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.filter(({ times }) => times !== 1)).toEqual([]);
  }
});
