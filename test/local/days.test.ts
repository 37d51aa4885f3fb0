import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { LakeBucket } from '../../lambda/aws/lake-bucket.ts';
import { noDaysClosed } from '../../lambda/days/fence/chunk-fence.ts';
import { LakeReader } from '../../lambda/days/lake-reader.ts';
import { type FleetUsageQuery, listFleetUsage } from '../../lambda/queries/fleet-usage.ts';
import { LedgerReader } from '../../lambda/store/reader.ts';
import { SimDayStore } from '../../lambda/store/sim-days.ts';
import { StoredDays } from '../../lambda/store/stored-days.ts';
import { type LocalDescription, localDescription } from '../../local/description.ts';
import type { LocalLedger } from '../../local/ledger-interface.ts';
import { startLocalLedger } from '../../local/local-ledger.ts';
import { portVariables } from '../../local/options.ts';
import { accountLakeBucket, lakeBucket } from '../../local/places.ts';
import { findFirstDay } from '../../local/record-days.ts';
import { announceChunks } from '../../local/writers.ts';
import { simOf, usageOf } from '../cli/records.ts';
import { type Ended, simledger } from '../cli/running-ledger.ts';
import { optionsForTests } from './running-ledger.ts';

/** The days of a local run, from its records to the files of its lake, as users have them closed, listed and verified. */

const noon = (day: string): number => Date.parse(`${day}T12:00:00Z`);
const [sunday, monday, tuesday, wednesday] = ['2026-11-01', '2026-11-02', '2026-11-03', '2026-11-04'];

const troubles: string[] = [];
let folder: string;
let ledger: LocalLedger;
let records = 0;

function start(): Promise<LocalLedger> {
  return startLocalLedger({
    ...optionsForTests(),
    dataDirectory: folder,
    // So that a fleet of three is one whose records reports do not read.
    maxLiveSims: 2,
    onLog: () => undefined,
    onTrouble: (sentence) => troubles.push(sentence),
  });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'simledger-days-'));
  ledger = await start();
});

afterAll(async () => {
  await ledger.stop();
  await rm(folder, { recursive: true });
  expect(troubles).toEqual([]);
});

/** Puts a usage record of 3,000 bytes of a SIM, and waits until it is in the ledger. */
async function use(sim: number, day: string): Promise<void> {
  records += 1;
  const times = { start_timestamp: `${day}T10:00:00Z`, end_timestamp: `${day}T10:15:00Z` };
  const record = usageOf(sim, { ...times, id: 6_100_000_000 + records });
  await ledger.putRecord('1nce', Buffer.from(JSON.stringify(record)), String(sim));
  await ledger.waitUntilIdle();
}

function run(...args: readonly string[]): Promise<Ended> {
  const env = { [portVariables.api.variable]: new URL(ledger.endpoints.api).port };
  return simledger(['--local', ...args], { env, now: () => noon('2026-11-10') });
}

async function runJson(...args: readonly string[]): Promise<unknown> {
  const { code, output } = await run('--json', ...args);
  expect(code).toBe(0);
  return JSON.parse(output);
}

async function describeRun(): Promise<LocalDescription> {
  const answer = await fetch(`${ledger.endpoints.api}/local`);
  return localDescription.parse(await answer.json());
}

/** A day as `days list` shows it, of 3,000 bytes for each record. */
function listed(
  day: string,
  about: { version: number; sims: number; usage: number; sealed_at: string },
): object {
  const { version, sims, usage, sealed_at } = about;
  return {
    ...{ day, state: 'sealed', version, sealed_at, sims, usage_records: usage, sessions: 0, events: 0 },
    ...{ data_total: 3_000 * usage, late: 0, files: usage === 0 ? 0 : 1 },
    file_bytes: expect.any(Number),
    root: expect.stringMatching(/^[0-9a-f]{64}$/),
  };
}

const once = '2026-11-03T07:00:00.000Z';
const again = '2026-11-03T08:00:00.000Z';

describe.sequential('a local run', () => {
  test('seals no day before one with records has ended and its grace period is over', async () => {
    expect(await runJson('days', 'list')).toEqual([]);
    expect((await run('days', 'list')).output).toBe(
      'No day is closed yet: a day is closed once it is over and its records have been read.\n',
    );
    await use(1, monday);
    await use(2, monday);
    await use(1, sunday);
    await use(1, '2019-01-21');
    expect(await ledger.closeDays(Date.parse('2026-11-02T05:59:00Z'))).toEqual({ sealed: [] });
  });

  test('reads an ordered day of history before it closes days automatically, and none in between', async () => {
    const { output } = await run('days', 'close', '--from', '2018-05-06', '--to', '2018-05-06');
    expect(output).toBe('Sealed: 1 day. See: simledger --local days list\n');
    expect(await runJson('days', 'list')).toEqual([
      listed('2018-05-06', { version: 1, sims: 0, usage: 0, sealed_at: expect.any(String) as string }),
    ]);
  });

  test('seals the days that have ended, back to the first long gap without records', async () => {
    expect(await ledger.closeDays(Date.parse(once))).toEqual({ sealed: [sunday, monday] });
    expect(await ledger.closeDays(Date.parse(once))).toEqual({ sealed: [] });
    expect(await runJson('days', 'list', '--from', sunday, '--to', tuesday)).toEqual([
      listed(monday, { version: 1, sims: 2, usage: 2, sealed_at: once }),
      listed(sunday, { version: 1, sims: 1, usage: 1, sealed_at: once }),
    ]);
    expect((await readdir(join(folder, 'lake', 'usage'))).sort()).toEqual([`day=${sunday}`, `day=${monday}`]);
    // Each was read once, although the schedule sends again what is not sealed.
    for (const day of [sunday, monday]) {
      const result = await readFile(join(folder, 'lake', 'days', `day=${day}`, 'bucket=0000.json'), 'utf8');
      expect(JSON.parse(result)).toMatchObject({ isComplete: true, revision: 1 });
    }
  });

  test('reads a day again if late records change it, and no other', async () => {
    await use(3, monday);
    expect(await runJson('days', 'list', '--from', monday, '--to', monday)).toEqual([
      { ...listed(monday, { version: 1, sims: 2, usage: 2, sealed_at: once }), state: 'redo', late: 1 },
    ]);
    expect(await ledger.closeDays(Date.parse(again))).toEqual({ sealed: [monday] });
    expect(await runJson('days', 'list', '--from', sunday, '--to', tuesday)).toEqual([
      listed(monday, { version: 2, sims: 3, usage: 3, sealed_at: again }),
      listed(sunday, { version: 1, sims: 1, usage: 1, sealed_at: once }),
    ]);
    const { Count } = await ledger.dynamoDb.send(new ScanCommand({ TableName: 'DayMarkers' }));
    expect(Count).toBe(0);
  });

  test('waits for the batches of commands before it reads a day', async () => {
    await use(1, tuesday);
    const { endpoints } = await describeRun();
    const passage = await announceChunks(noDaysClosed, endpoints.writers).enter();
    let isOver = false;
    const closing = ledger.closeDays(Date.parse('2026-11-04T07:00:00Z')).then((closed) => {
      isOver = true;
      return closed;
    });
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(isOver).toBe(false);
    passage.leave();
    expect(await closing).toEqual({ sealed: [tuesday] });
  });

  test('closes immediately what days close orders, and first says what that costs', async () => {
    const { code, output, errors } = await run('days', 'close', '--from', '2019-01-21', '--to', '2019-01-21');
    expect({ code, output, errors }).toEqual({
      code: 0,
      output: 'Sealed: 1 day. See: simledger --local days list\n',
      errors:
        '2019-01-21: 1 day to close, each of about 3 SIMs: 3 SIM-days. On AWS, reading them costs about $0.01.\n',
    });
    expect(await runJson('days', 'list', '--from', '2019-01-01', '--to', '2019-12-31')).toEqual([
      listed('2019-01-21', { version: 1, sims: 1, usage: 1, sealed_at: expect.any(String) as string }),
    ]);
    expect(await run('days', 'close', '--from', '2019-01-21', '--to', '2019-01-21')).toEqual({
      code: 0,
      output: 'All of these days are sealed.\n',
      errors:
        '2019-01-21: 0 days to close, each of about 3 SIMs: 0 SIM-days. On AWS, reading them costs about $0.01. 1 day sealed already.\n',
    });
  });

  test('also closes the days in between, which would otherwise stay open forever', async () => {
    const { code, output, errors } = await run('days', 'close', '--from', '2026-11-06', '--to', '2026-11-06');
    expect({ code, output, errors }).toEqual({
      code: 0,
      output: 'Sealed: 3 days. See: simledger --local days list\n',
      errors:
        '2026-11-04 to 2026-11-06: 3 days to close, each of about 3 SIMs: 9 SIM-days. On AWS, reading them costs about $0.01.\n',
    });
  });

  test('verifies its days, from the files alone and with the tables', async () => {
    const days = ['2018-05-06', '2019-01-21', sunday, monday, tuesday, wednesday, '2026-11-05', '2026-11-06'];
    const verified = (await runJson('days', 'verify', '--full')) as Record<string, unknown>[];
    expect(verified.map(({ day, outcome, differing_rows: differ }) => [day, outcome, differ])).toEqual(
      days.map((day) => [day, 'verified', 0]),
    );
    const { code, output } = await run('days', 'verify', '--csv');
    expect(code).toBe(0);
    expect(output.split('\r\n')[4]).toMatch(/^2026-11-02,verified,2,3,1,\d+,[0-9a-f]{64},,\[\]$/);
  });

  test('keeps its lake when it starts again', async () => {
    const before = await runJson('days', 'list', '--from', sunday, '--to', tuesday);
    await ledger.stop();
    ledger = await start();
    expect(await runJson('days', 'list', '--from', sunday, '--to', tuesday)).toEqual(before);
    expect(await ledger.closeDays(Date.parse('2026-11-07T05:00:00Z'))).toEqual({ sealed: [] });
    await use(2, tuesday);
    expect(await ledger.closeDays(Date.parse('2026-11-07T05:00:00Z'))).toEqual({ sealed: [tuesday] });
  });

  test('names a file that somebody has changed', async () => {
    const key = `usage/day=${monday}/bucket=0000.parquet`;
    const path = join(folder, 'lake', ...key.split('/'));
    const bytes = await readFile(path);
    onTestFinished(() => writeFile(path, bytes));
    const changed = Buffer.from(bytes);
    changed.write('X', 10);
    await writeFile(path, changed);
    const { code, output } = await run('days', 'verify', '--day', monday);
    expect(code).toBe(1);
    expect(output).toContain(`${monday}: ${key} has ${bytes.length} bytes with the SHA-256 `);
  });

  test.each([
    [
      'days close --from 2026-11-09 --to 2026-11-10',
      '--to 2026-11-10 is not over: today is 2026-11-10 in UTC',
    ],
    ['days close --from 2026-11-02 --to 2026-11-01', '--to 2026-11-01 is before --from 2026-11-02'],
    [
      'days close --from 2010-01-01 --to 2026-11-01',
      '6,149 days, 2010-01-01 to 2026-11-01, are too many at once',
    ],
    ['days close --from 2026-11-31 --to 2026-12-01', 'Give a UTC day such as 2026-11-02.'],
    ['days verify --day 2026-11-01 --to 2026-11-02', '--day cannot be used with --from and --to'],
  ])('refuses what cannot be meant: %s', async (command, sentence) => {
    const { code, errors } = await run(...command.split(' '));
    expect([code, errors]).toEqual([2, expect.stringContaining(sentence)]);
  });
});

test('the first day to close is the one after the first gap of 31 days without records', async () => {
  const { dynamoDb } = ledger;
  const sims = [1, 2, 3].map(simOf);
  const first = (through: string) => findFirstDay(dynamoDb, sims, through);
  expect(await first(tuesday)).toBe(sunday);
  expect(await first('2026-12-04')).toBe(sunday);
  expect(await first('2026-12-05')).toBeUndefined();
  expect(await first('2026-10-31')).toBeUndefined();
  expect(await first('2019-02-21')).toBe('2019-01-21');
});

test('a fleet that is too large for reports to read its records is added up every few hours until the day is sealed', async () => {
  const day = '2026-11-08';
  const now = Date.parse(`${day}T13:00:00Z`);
  for (const sim of [1, 2, 2]) await use(sim, day);
  await ledger.closeDays(now);
  // Comes after the pass.
  await use(3, day);
  const { dynamoDb: client, endpoints } = ledger;
  const { region, credentials } = client.config;
  const lake = new LakeBucket(
    { region, credentials, s3Endpoint: endpoints.s3 },
    { lake: lakeBucket, accounts: accountLakeBucket },
  );
  const store = new SimDayStore(client, 'SimDays');
  const days = new StoredDays(store, new LakeReader(lake), () => now);
  const reader = new LedgerReader({
    ...{ client, sessions: 'Sessions', usage: 'Usage', events: 'Events', sims: 'Sims', files: 'Files' },
  });
  const ask = async (groups: FleetUsageQuery['groups'], at = now) => {
    const period = {
      from: `${day}T00:00:00.000Z`,
      to: new Date(Math.min(at, noon(day) + 43_200_000)).toISOString(),
    };
    const query = { groups, granularity: 'all', order: 'bytes', period, size: 10, after: undefined } as const;
    const { resources, coverage } = await listFleetUsage(query, {
      reader,
      days,
      now: () => at,
      maxLiveSims: 2,
    });
    return { found: resources.map(({ sim_sid, data_total }) => [sim_sid, data_total]), coverage };
  };
  expect(await ask([])).toEqual({
    found: [[null, 9_000]],
    coverage: {
      ...{ as_of: `${day}T13:00:00.000Z`, live: [], missing: [], expired: [] },
      partial: [
        {
          ...{ start_time: `${day}T00:00:00.000Z`, end_time: `${day}T13:00:00.000Z` },
          as_of: `${day}T12:00:00.000Z`,
        },
      ],
    },
  });
  expect((await ask(['sim'])).found).toEqual([
    [simOf(2), 6_000],
    [simOf(1), 3_000],
  ]);
  const next = Date.parse('2026-11-09T07:00:00Z');
  expect((await ledger.closeDays(next)).sealed).toContain(day);
  expect((await ask([], next)).found).toEqual([[null, 12_000]]);
});
