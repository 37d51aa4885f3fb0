import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Day, shiftDay } from '../../lambda/days/day.ts';
import { isAccount } from '../../lambda/ledger/accounts.ts';
import type { FleetUsageRecord } from '../../lambda/queries/usage-report.ts';
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
import type { LocalLedger } from '../../local/ledger-interface.ts';
import { startLocalLedger } from '../../local/local-ledger.ts';
import { portVariables } from '../../local/options.ts';
import { type Fleet, fleetStart, simulateFleet } from '../../simulator/fleet.ts';
import type { ExpectedPartition, FleetTruth } from '../../simulator/truth.ts';
import { simledger } from '../cli/running-ledger.ts';
import { addTrueBytes, type FleetAnswers, knowAnswers, readAnswers } from '../simulator/fleet-usage.ts';
import { optionsForTests } from './running-ledger.ts';

/**
 * A fleet of 72 hours, whose days are closed while it lives; some of its records come when all days are sealed, and then
 * usage expires. What commands, requests and DuckDB, which nobody here wrote, add up must be what the simulator knows.
 *
 * `FLEET_SIMS` is the number of SIMs.
 */

type Delivery = Fleet['deliveries'] extends Iterable<readonly (infer Each)[]> ? Each : never;

const size = Number(process.env['FLEET_SIMS'] ?? '8');
const hours = 72;
const hour = 3_600_000;
const start = Date.parse(fleetStart);
const days: readonly Day[] = [0, 1, 2].map((number) => shiftDay(fleetStart.slice(0, 10), number));
/** When the grace of the last day has gone. */
const end = start + (hours + 7) * hour;

/** Milliseconds for a fleet of thousands. */
const timeLimit = 150_000 * Math.max(1, size / 8);

const troubles: string[] = [];
let folder: string;
let ledger: LocalLedger;
let truth: FleetTruth;
let sims: readonly string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'simledger-fleet-days-'));
  ledger = await startLocalLedger({
    ...optionsForTests(),
    dataDirectory: folder,
    usageRetentionDays: 30,
    onLog: () => undefined,
    onTrouble: (sentence) => troubles.push(sentence),
  });
  const { deliveries, now, ...fleet } = simulateFleet({ sims: size, hours, seed: 7, hasIncidents: false });
  truth = fleet.truth;
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
    await ledger.waitUntilIdle();
    await ledger.closeDays(now());
    next += 12 * hour;
  }
  await ledger.waitUntilIdle();
  await ledger.closeDays(end);
  expect(await listVersions()).toEqual(days.map((day) => [day, 'sealed', expect.any(Number)]));
  for (const delivery of late) await deliver(delivery);
  await ledger.waitUntilIdle();
  sims = [...truth.partitions.keys()].filter((key) => !isAccount(key));
}, timeLimit);

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

function newReader(): LedgerReader {
  return new LedgerReader({
    ...{ client: ledger.dynamoDb, sessions: sessionsTable.name, usage: usageTable.name },
    ...{ events: eventsTable.name, sims: simsTable.name, files: filesTable.name },
  });
}

/** Asks the query API for usage of the fleet in October. */
async function request(parameters: string): Promise<FleetUsageRecord[]> {
  const { account, token } = optionsForTests().apiCredentials;
  const authorization = `Basic ${Buffer.from(`${account}:${token}`).toString('base64')}`;
  const url = `${ledger.endpoints.api}/v1/UsageRecords?${parameters}&StartTime=2026-10-01&EndTime=2026-11-01&PageSize=1000`;
  const answer = await fetch(url, { headers: { authorization } });
  expect(answer.status).toBe(200);
  return ((await answer.json()) as { readonly usage_records: FleetUsageRecord[] }).usage_records;
}

/** What is answered by a command and by a request, of October. */
async function ask(): Promise<{ readonly command: FleetAnswers; readonly request: FleetAnswers }> {
  const month = ['--month', '2026-10', '--limit', '1000'];
  const reader = newReader();
  return {
    command: await readAnswers(reader, {
      top: await run('top', '--by', 'bytes', ...month),
      charged: await run('usage', '--fleet', '--by', 'country,tariff', ...month),
    }),
    request: await readAnswers(reader, {
      top: await request('Group=sim&Order=bytes'),
      charged: await request('Group=isoCountry,tariff'),
    }),
  };
}

/** What DuckDB reads over all files of a kind. */
async function query(kind: string, select: string): Promise<Record<string, unknown>[]> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    const glob = join(folder, 'lake', kind, 'day=*', '*.parquet').replaceAll('\\', '/');
    const sql = `SELECT ${select} FROM read_parquet('${glob}', hive_partitioning = true) GROUP BY ALL`;
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

test(
  'commands, requests and DuckDB add up what the simulator knows, after late records and after usage expired',
  async () => {
    const known = knowAnswers(truth);
    const simDays = sortEntries(addTrueBytes(truth, ({ sim, key }) => `${sim} ${key.slice(0, 10)}`));
    expect(simDays.length).toBeGreaterThan(2 * size);
    expect(new Set(known.charged.map((line) => JSON.parse(line)[1])).size).toBeGreaterThan(2);
    const before = await listVersions();
    expect(sortEntries(await readLake())).not.toEqual(simDays);
    const { sealed } = await ledger.closeDays(end + hour);
    expect(sealed).toEqual(expect.arrayContaining([...days]));
    expect(await listVersions()).toEqual(
      before.map(([day, , version]) => [day, 'sealed', Number(version) + 1]),
    );
    expect(sortEntries(await readLake())).toEqual(simDays);
    expect(sortEntries(await readSimDays())).toEqual(simDays);
    expect(await ask()).toEqual({ command: known, request: known });

    await ledger.expire(Date.now() + 31 * 24 * hour);
    const { Count } = await ledger.dynamoDb.send(new ScanCommand({ TableName: usageTable.name }));
    expect(Count).toBe(0);
    expect(await ledger.closeDays(end + 2 * hour)).toEqual({ sealed: [] });
    expect(sortEntries(await readLake())).toEqual(simDays);
    expect(sortEntries(await readSimDays())).toEqual(simDays);
    expect(await ask()).toEqual({ command: known, request: known });
    const verified = await run<{ day: Day; outcome: string }[]>('days', 'verify', '--full');
    expect(verified.filter(({ outcome }) => outcome !== 'verified')).toEqual([]);
  },
  timeLimit,
);

/** A time as keys have it. */
const printTime = (time: string) => `strftime(${time}, '%Y-%m-%dT%H:%M:%S.%gZ')`;

test('DuckDB sees each usage record, session and event that the simulator knows, once', async () => {
  const partitions = [...truth.partitions].filter(([key]) => !isAccount(key));
  const list = (name: (partition: ExpectedPartition) => readonly unknown[]): string[] =>
    partitions.flatMap(([sim, partition]) => name(partition).map((row) => JSON.stringify([sim, row]))).sort();
  const read = async (kind: string, row: string): Promise<string[]> => {
    const rows = await query(kind, `sim, ${row} AS row, count(*)::INT AS times`);
    expect(rows.filter(({ times }) => times !== 1)).toEqual([]);
    return rows.map((found) => JSON.stringify([found['sim'], found['row']])).sort();
  };
  const usage = `coalesce(usageId, ${printTime('start')} || '#' || recordId) || ' ' || dataTotal`;
  expect(await read('usage', usage)).toEqual(
    list((partition) => [...partition.usage].map(([key, { dataTotal }]) => `${key} ${dataTotal}`)),
  );
  expect(await read('events', `coalesce(eventKey, ${printTime('time')} || '#' || eventId)`)).toEqual(
    list(({ events }) => [...events.keys()]),
  );
  const ended = list(({ sessions }) =>
    [...sessions].flatMap(([id, { status, dataTotal }]) =>
      status === 'open' ? [] : `${id} ${status} ${dataTotal ?? 'none'}`,
    ),
  );
  expect(
    await read('sessions', `sessionId || ' ' || status || ' ' || coalesce(dataTotal::VARCHAR, 'none')`),
  ).toEqual(ended);
});
