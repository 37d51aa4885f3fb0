import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import type { KinesisStreamRecord } from 'aws-lambda';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Deployment } from '../../cli/deployment/deployment.ts';
import { openLocalRun } from '../../cli/deployment/local-run.ts';
import { makeFailureObject } from '../../emulators/event-source-mapping/invocation-record.ts';
import { StreamNotes } from '../../lambda/alerts/progress/stream-notes.ts';
import { makeContinuation } from '../../lambda/ingest/files/messages.ts';
import type { Receipt } from '../../lambda/ledger/receipt.ts';
import { carriers } from '../../lambda/ledger/source.ts';
import { alertStateTable } from '../../lambda/store/tables.ts';
import { findPlace, quarantineBucket } from '../../local/places.ts';
import { file, header, iccidOf, row } from '../lambda/ingest/files/cdr.ts';
import { contextCreatedOf, failedSession, simOf, usageOf } from './records.ts';
import { runningLedger, simledger } from './running-ledger.ts';

const ledger = runningLedger();
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'simledger-commands-'));
  const usage = [0, 1, 2].map((day) =>
    usageOf(1, {
      ...{ id: 100 + day, start_timestamp: `2026-11-0${day + 1}T12:00:00Z` },
      ...{
        end_timestamp: `2026-11-0${day + 1}T12:15:00Z`,
        volume: { total: 0.001 * (day + 1), tx: 0, rx: 0 },
      },
    }),
  );
  const broken = { ...usageOf(2), start_timestamp: '2026-02-30T10:00:00Z', user: { username: 'Ada' } };
  const records = [contextCreatedOf(1), ...usage, usageOf(2), broken];
  await ledger.put('1nce', ...records.map((record) => JSON.stringify(record)));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function opened(): Promise<Deployment> {
  const deployment = await openLocalRun(ledger.env);
  onTestFinished(() => deployment.close());
  return deployment;
}

async function given(name: string, content: string | Buffer): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

async function recordsOf(sim: string): Promise<string[]> {
  const { Usage = [] } = await ledger.items(sim);
  return Usage.map(({ recordId }) => recordId?.S ?? '').sort();
}

describe('quarantine', () => {
  test('show masks personal values, unless they are asked for', async () => {
    const { latest } = await ledger.json<{ latest: { key: string }[] }>('quarantine list --source 1nce');
    const key = latest[0]?.key ?? '';
    const name = key.slice(key.lastIndexOf('/') + 1, -'.jsonl'.length);
    const masked = await ledger.run(['quarantine', 'show', name.slice(0, 8)]);
    expect(masked.code).toBe(0);
    expect(masked.output).toContain(
      'impossible-time: start_timestamp is not a possible time: "2026-02-30T10:00:00Z"',
    );
    expect(masked.output).toContain('"imsi":"…0101"');
    for (const personal of ['901405100000101', '882285100000101', '8635760478500101', '10.0.0.10', 'Ada']) {
      expect(masked.output).not.toContain(personal);
    }
    const { output } = await ledger.run(['quarantine', 'show', key, '--reveal']);
    expect(output).toContain('"imsi":"901405100000101"');
    expect(output).toContain('"username":"Ada"');
  });

  test('show says that a reject is unknown, and lists those that an ID could mean', async () => {
    const missing = await ledger.run('quarantine show f00');
    expect([missing.code, missing.errors]).toEqual([
      1,
      'No reject has the ID "f00": list the rejects with simledger quarantine list\n',
    ]);
    const s3 = (await opened()).s3;
    for (const key of ['rejects/twilio/empty/zz1.jsonl', 'rejects/twilio/empty/zz2.jsonl']) {
      await s3.send(new PutObjectCommand({ Bucket: quarantineBucket, Key: key, Body: '\n' }));
    }
    const several = await ledger.run('quarantine show zz');
    expect([several.code, several.errors]).toEqual([
      1,
      '"zz" matches several rejects: give one of these keys\n  rejects/twilio/empty/zz1.jsonl\n  rejects/twilio/empty/zz2.jsonl\n',
    ]);
  });

  test('list and show skip objects that are not rejects, and say so', async () => {
    const { s3 } = await opened();
    const place = { Bucket: quarantineBucket, Key: 'rejects/twilio/empty/other.jsonl' };
    await s3.send(new PutObjectCommand({ ...place, Body: 'by hand\n' }));
    const sentence = `${place.Key} does not hold rejects, and is left unchanged: it was written by hand or by another version\n`;
    const listed = await ledger.run('quarantine list --source twilio');
    expect([listed.code, listed.errors]).toEqual([0, `! ${sentence}`]);
    expect(await ledger.run('quarantine show other')).toEqual({ code: 1, output: '', errors: sentence });
    await s3.send(new DeleteObjectCommand(place));
  });
});

describe('a quarantine that has nothing of what is asked for', () => {
  test('says what it has otherwise, in list and in redrive', async () => {
    const { groups } = await ledger.json<{ groups: { objects: number }[] }>('quarantine list');
    const total = groups.reduce((sum, { objects }) => sum + objects, 0);
    const others = total === 1 ? 'is 1 other object' : `are ${total} other objects`;
    expect(total).toBeGreaterThan(0);
    for (const command of ['list', 'redrive']) {
      expect(await ledger.run(`quarantine ${command} --source kore --reason empty`)).toEqual({
        code: 0,
        output: `The quarantine has nothing of the source kore with the reason empty. There ${others}: quarantine list shows all.\n`,
        errors: '',
      });
    }
  });

  test('lists a source that is no longer configured', async () => {
    const { s3 } = await opened();
    const place = { Bucket: quarantineBucket, Key: 'rejects/former/empty/a.jsonl' };
    await s3.send(new PutObjectCommand({ ...place, Body: '\n' }));
    const { groups } = await ledger.json<{ groups: object[] }>('quarantine list --source former');
    expect(groups).toEqual([expect.objectContaining({ source: 'former', reason: 'empty', objects: 1 })]);
    await s3.send(new DeleteObjectCommand(place));
  });

  test('is listed whole as JSON, and its latest to a limit', async () => {
    const broken = Array.from({ length: 25 }, (_, number) => ({
      ...usageOf(500 + number),
      start_timestamp: `never ${number}`,
    }));
    for (const record of broken) await ledger.put('telekom', JSON.stringify(record));
    const whole = await ledger.json<{ groups: { objects: number }[]; latest: { key: string }[] }>(
      'quarantine list --source telekom',
    );
    const ofTelekom = whole.groups.reduce((sum, { objects }) => sum + objects, 0);
    expect([ofTelekom, new Set(whole.latest.map(({ key }) => key)).size]).toEqual([25, 25]);
    const limited = await ledger.json<{ latest: object[] }>('quarantine list --source telekom --limit 3');
    expect(limited.latest.length).toBe(3);
    const { output } = await ledger.run('quarantine list --source telekom');
    expect(output).toMatch(/^The latest 20 of 25 objects/m);
  });
});

describe('status', () => {
  test('shows the records of each source, files and queues', async () => {
    const status = await ledger.json<{ sources: Record<string, unknown>[]; queues: unknown }>('status');
    expect(status.sources.find(({ source }) => source === '1nce')).toEqual({
      source: '1nce',
      lagSeconds: 0,
      lastRecord: expect.stringMatching(/^\d{4}-.*Z$/),
      hour: { received: 6, rejected: 1 },
      day: { received: 6, rejected: 1 },
      files: { importing: 0, stalled: 0, failed: 0, among: 0 },
    });
    expect(status.queues).toEqual([
      { queue: 'files to import', waiting: 0, inWork: 0 },
      { queue: 'dead letters', waiting: 0, inWork: 0 },
    ]);
    const { output } = await ledger.run('status');
    expect(output).toMatch(/^Status of the local run\nsource +last record +lag/);
    expect(output).toMatch(/^1nce +\d+ (s|min) ago +0 s +6 +1 +6 +1 +none$/m);
  });

  test('has colours on a terminal only, and not where NO_COLOR is set', async () => {
    const coloured = (output: string): boolean => output.includes('\u001b[');
    const runs = await Promise.all([
      ledger.run('status'),
      ledger.run('status', { isTTY: true }),
      ledger.run('status', { isTTY: true, env: { NO_COLOR: '1' } }),
    ]);
    expect(runs.map(({ output }) => coloured(output))).toEqual([false, true, false]);
  });
});

describe('doctor', () => {
  test('finds nothing wrong with the local run', async () => {
    const { checks } = await ledger.json<{ checks: { subject: string; outcome: string }[] }>('doctor');
    expect(checks.filter(({ outcome }) => outcome !== 'ok')).toEqual([]);
    expect(checks.map(({ subject }) => subject)).toContain('stream of kore');
    expect((await ledger.run('doctor')).output).toMatch(/^ok +dead-letter queue +empty$/m);
  });
});

describe('what the ledger holds', () => {
  const apiAnswer = async (path: string): Promise<Record<string, unknown>> => {
    const { account, token } = { account: ledger.credentials.account, token: ledger.credentials.token };
    const authorization = `Basic ${Buffer.from(`${account}:${token}`).toString('base64')}`;
    const answer = await fetch(`${ledger.local.endpoints.api}${path}`, { headers: { authorization } });
    return (await answer.json()) as Record<string, unknown>;
  };
  const period = 'StartTime=2026-11-01&EndTime=2026-11-20';
  const from = ['--from', '2026-11-01', '--to', '2026-11-20'];

  test.each([
    [['sessions', simOf(1)], 'DataSessions', '', 'data_sessions'],
    [['usage', simOf(1), '--by', 'all'], 'UsageRecords', '&Granularity=all', 'usage_records'],
    [['events', simOf(1)], 'ConnectionEvents', '', 'connection_events'],
  ] as const)('is listed as the API answers: %s', async (command, resource, more, key) => {
    const answer = await apiAnswer(
      `/v1/Sims/${simOf(1)}/${resource}?${period}${more}&Include=imsi,ip_address,detail`,
    );
    const told = await ledger.json<unknown[]>([...command, ...from, '--reveal']);
    expect(told.length).toBeGreaterThan(0);
    expect(told).toEqual(answer[key]);
  });

  test('is listed newest first up to the limit, with a hint that there is more', async () => {
    const one = await ledger.run(['--json', 'usage', simOf(1), '--by', 'day', ...from, '--limit', '1']);
    expect([
      (JSON.parse(one.output) as { data_total: number }[]).map(({ data_total }) => data_total),
      one.errors,
    ]).toEqual([
      [3_000],
      'There are more than these 1: raise --limit, or omit --limit with --json, --jsonl or --csv\n',
    ]);
    const all = await ledger.json<{ data_total: number }[]>(['usage', simOf(1), '--by', 'day', ...from]);
    expect(all.map(({ data_total }) => data_total)).toEqual([3_000, 2_000, 1_000]);
    const table = await ledger.run(['usage', simOf(1), '--by', 'day', ...from, '--limit', '2']);
    expect(table.output).toMatch(/^in these 5\.00 kB$/m);
  });

  test('is CSV with the same columns for any rows, even without rows', async () => {
    const empty = await ledger.run([
      'events',
      simOf(1),
      '--csv',
      '--from',
      '2026-01-01',
      '--to',
      '2026-01-02',
    ]);
    const some = await ledger.run(['events', simOf(1), '--csv', ...from]);
    expect(empty).toEqual({ code: 0, output: `${some.output.split('\r\n')[0]}\r\n`, errors: '' });
    expect(empty.output).toMatch(/^sid,sim_iccid,event_type,/);
    const raw = await ledger.run(['usage', simOf(1), '--by', 'raw', '--csv', ...from]);
    const [first] = parse(raw.output, { columns: true }) as Record<string, string>[];
    expect(first).toMatchObject({
      'period.start_time': '2026-11-03T12:00:00.000Z',
      'period.end_time': '2026-11-03T12:15:00.000Z',
      traffic_type: 'data',
      iso_country: 'DE',
      tariff: '1NCE Production 01',
    });
  });

  test('has type, country, tariff and end of each usage record in its table', async () => {
    const { output } = await ledger.run(['usage', simOf(1), '--by', 'raw', ...from, '--limit', '1']);
    const [head, row] = output.split('\n').map((line) => line.replace(/ +/g, ' '));
    expect(head?.trim()).toBe('from to type country tariff messages up down total cost');
    expect(row).toMatch(/^2026-11-03 12:00 2026-11-03 12:15 data DE 1NCE Production 01 0 B 0 B 3\.00 kB █+/);
  });

  test('has the reason and the error code of an event', async () => {
    const sim = '8988307000000120999';
    await ledger.put('twilio', JSON.stringify(failedSession(sim)));
    const { output } = await ledger.run(['events', sim, ...from]);
    const [head, row] = output.split('\n').map((line) => line.replace(/ +/g, ' ').trim());
    expect(head).toBe('time type severity alert operator error code reason');
    expect(row).toBe(
      '2026-11-03 08:00:00 data-session.failed T-Mobile DIAMETER_ERROR_UNKNOWN_EPS_SUBSCRIPTION (5420) no EPS subscription for …0999',
    );
    const [event] = await ledger.json<{ detail: string }[]>(['events', sim, ...from]);
    expect(JSON.parse(event?.detail ?? '')).toEqual({
      code: 'DIAMETER_ERROR_UNKNOWN_EPS_SUBSCRIPTION (5420)',
      message: 'no EPS subscription for …0999',
    });
  });

  test('has a bar for each day', async () => {
    const { output } = await ledger.run(['usage', simOf(1), ...from]);
    const lines = output.split('\n').map((line) => line.replace(/ +/g, ' '));
    expect(lines.slice(1, 6)).toEqual([
      `2026-11-01 0 B 0 B 1.00 kB ${'█'.repeat(13)}▍`,
      `2026-11-02 0 B 0 B 2.00 kB ${'█'.repeat(26)}▋`,
      `2026-11-03 0 B 0 B 3.00 kB ${'█'.repeat(40)}`,
      'in all 6.00 kB',
      'Usage from 2026-11-01 00:00 to 2026-11-20 00:00 UTC',
    ]);
  });

  test('has personal values masked, also as CSV', async () => {
    const { output } = await ledger.run(['sims', '--csv', '--source', '1nce']);
    const [first] = parse(output, { columns: true }) as Record<string, string>[];
    expect(first).toMatchObject({ imei: '…0016', msisdn: '…0101', imsi: '', source: '1nce' });
    const revealed = await ledger.json<{ msisdn: string }[]>('sims --reveal --source 1nce');
    expect(revealed.map(({ msisdn }) => msisdn)).toContain('882285100000101');
  });

  test('says which filter no SIM has', async () => {
    const { code, output } = await ledger.run('sims --source kore --status asleep');
    expect([code, output]).toEqual([
      0,
      'No SIM has --status "asleep" and --source "kore". Without these options, sims shows all.\n',
    ]);
  });

  test.each([
    [['events', simOf(1), '--type', 'data-session.frozen'], 'event', '--type "data-session.frozen"'],
    [['sessions', simOf(1), '--status', 'failed'], 'session that started', '--status "failed"'],
  ])('says which filter nothing of a SIM has: %s', async (command, what, filter) => {
    const { code, output } = await ledger.run([...command, ...from]);
    expect(code).toBe(0);
    expect(output).toMatch(new RegExp(`^The SIM has no ${what} from .* UTC.*, with ${filter}\\.\n$`));
  });

  test('says that a SIM is unknown', async () => {
    const missing = await ledger.run('sessions nobody');
    expect([missing.code, missing.errors]).toEqual([1, 'The SIM "nobody" was not found\n']);
  });

  const longAfter = () => Date.parse('2027-12-24T12:00:00Z');

  test('lasts until now with --from alone, however long that is, and says so', async () => {
    const told = async (...command: readonly string[]): Promise<unknown[]> => {
      const { code, output, errors } = await ledger.run(['--json', ...command], { now: longAfter });
      expect([code, errors]).toEqual([0, '']);
      return JSON.parse(output) as unknown[];
    };
    const since = ['--from', '2025-01-01'];
    for (const by of ['hour', 'day', 'all', 'raw']) {
      const command = ['usage', simOf(1), '--by', by];
      const records = (await told(...command, ...since)) as { data_total: number }[];
      expect(records.reduce((sum, { data_total: bytes }) => sum + bytes, 0)).toBe(6_000);
      if (by !== 'all') expect(records).toEqual(await told(...command, ...from));
    }
    for (const command of ['sessions', 'events']) {
      const whole = await told(command, simOf(1), ...since);
      expect(whole.length).toBeGreaterThan(0);
      expect(whole).toEqual(await told(command, simOf(1), ...from));
    }
    const table = await ledger.run(['usage', simOf(1), '--from', '2026-10-01'], { now: longAfter });
    expect(table.output.split('\n').slice(-3)).toEqual([
      'in all 6.00 kB',
      'Usage from 2026-10-01 00:00 to 2027-12-24 12:00 UTC (now)',
      '',
    ]);
  });

  test('says which period has nothing', async () => {
    const said = async (command: string): Promise<string> =>
      (await ledger.run([command, simOf(1)], { now: longAfter })).output;
    const month = 'from 2027-11-24 12:00 to 2027-12-24 12:00 UTC (now).\n';
    expect([await said('sessions'), await said('events'), await said('usage')]).toEqual([
      `The SIM has no session that started ${month}`,
      `The SIM has no event ${month}`,
      `The SIM has no usage ${month}`,
    ]);
  });

  test.each(['sessions', 'usage', 'events'])(
    'says in the command’s words that a time is wrong: %s',
    async (command) => {
      const wrong = async (...options: readonly string[]): Promise<unknown> => {
        const { code, errors } = await ledger.run([command, simOf(1), ...options]);
        return [code, errors.split('\n')[0]];
      };
      expect(await wrong('--from', '2026-11-02', '--to', '2026-11-01')).toEqual([
        2,
        '--to 2026-11-01T00:00:00.000Z is not after --from 2026-11-02T00:00:00.000Z: give a later time',
      ]);
      expect(String(await wrong('--from', 'tomorrow'))).toContain(
        "option '--from <time>' argument 'tomorrow' is invalid",
      );
    },
  );
});

describe('export', () => {
  test.skipIf(!existsSync('/dev/full')).each(['sessions', 'sims'])(
    'says that the disk is full where %s are written, and leaves no part of a file',
    async (table) => {
      const out = await mkdtemp(join(folder, 'full-'));
      await symlink('/dev/full', join(out, `${table}.csv.part`));
      const { code, errors } = await ledger.run(['export', '--out', out]);
      expect({ code, errors }).toEqual({
        code: 1,
        errors: expect.stringMatching(/^ENOSPC: no space left on device, write\n/),
      });
      const left = await readdir(out);
      expect(left.filter((name) => name.endsWith('.part') || name.startsWith(table))).toEqual([]);
    },
  );

  test('writes every item once, numbers as they are stored and cells that a spreadsheet would run as text', async () => {
    await ledger.put(
      '1nce',
      JSON.stringify(usageOf(3, { endpoint: { name: '=HYPERLINK("http://x")', id: 3 }, cost: 0.1234567891 })),
    );
    await ledger.put('emnify', JSON.stringify(usageOf(5, { cost: 0.1234567891 })));
    const out = join(folder, 'export');
    const exported = await ledger.json<{ file: string; items: number }[]>([
      'export',
      '--out',
      out,
      '--reveal',
    ]);
    const items = await ledger.items();
    expect(exported.map(({ items: count }) => count)).toEqual(
      ['Sessions', 'Usage', 'Events', 'Sims'].map((table) => items[table]?.length),
    );
    const usage = parse(await readFile(join(out, 'usage.csv')), { columns: true }) as Record<
      string,
      string
    >[];
    const sims = parse(await readFile(join(out, 'sims.csv')), { columns: true }) as Record<string, string>[];
    expect(usage.find(({ sim }) => sim === simOf(5))).toMatchObject({
      cost: '0.1234567891',
      currency: 'EUR',
      dataTotal: '3000',
    });
    // 1NCE's cost repeats the volume and is not money.
    expect(usage.find(({ sim }) => sim === simOf(3))).toMatchObject({
      costVolume: '0.1234567891',
      cost: '',
      currency: '',
      dataTotal: '3000',
    });
    expect(sims.find(({ sim }) => sim === simOf(3))?.['simName']).toBe(`'=HYPERLINK("http://x")`);
    // Every attribute of an item is a column, except stamps and completeness.
    const columns = new Set(Object.keys(usage[0] ?? {}));
    const attributes = (items['Usage'] ?? []).flatMap((item) => Object.keys(item));
    expect(attributes.filter((name) => !columns.has(name) && name !== 'fullness')).toEqual([]);
  });

  test('writes JSON lines of a time range, masked', async () => {
    const out = join(folder, 'lines');
    const command = [
      'export',
      '--out',
      out,
      '--format',
      'jsonl',
      '--from',
      '2026-11-02',
      '--to',
      '2026-11-03',
    ];
    expect((await ledger.run(command)).code).toBe(0);
    const lines = (await readFile(join(out, 'usage.jsonl'), 'utf8')).trimEnd().split('\n');
    const usage = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    const ofSim = usage.filter(({ sim }) => sim === simOf(1));
    expect(ofSim).toEqual([
      expect.objectContaining({
        recordId: '101',
        dataTotal: 2000,
        imsi: '…0101',
        start: '2026-11-02T12:00:00.000Z',
      }),
    ]);
    expect(usage.every(({ start }) => String(start) >= '2026-11-02' && String(start) < '2026-11-03')).toBe(
      true,
    );
    expect((await readdir(out)).sort()).toEqual([
      'events.jsonl',
      'sessions.jsonl',
      'sims.jsonl',
      'usage.jsonl',
    ]);
  });

  test('writes the more complete of two renderings of a record if a file rounds its time across midnight', async () => {
    const rounded = usageOf(4, { start_timestamp: '2026-11-02T00:00:00Z', tariff: null });
    const exact = usageOf(4, { start_timestamp: '2026-11-01T23:59:59.700Z' });
    await ledger.put('1nce', JSON.stringify(rounded), JSON.stringify(exact));
    expect((await recordsOf(simOf(4))).length).toBe(2);
    const startsIn = async (...range: readonly string[]): Promise<string[]> => {
      const out = join(folder, 'rounded');
      const command = ['export', '--out', out, '--format', 'jsonl', ...range];
      expect((await ledger.run(command)).code).toBe(0);
      const lines = (await readFile(join(out, 'usage.jsonl'), 'utf8')).split('\n').slice(0, -1);
      const usage = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
      return usage.filter(({ sim }) => sim === simOf(4)).map(({ start }) => String(start));
    };
    expect(await startsIn()).toEqual(['2026-11-01T23:59:59.700Z']);
    expect(await startsIn('--to', '2026-11-02')).toEqual(['2026-11-01T23:59:59.700Z']);
    expect(await startsIn('--from', '2026-11-02')).toEqual([]);
  });
});

describe('import', () => {
  interface Outcome {
    readonly file: string;
    readonly outcome: string;
    readonly rows: number;
    readonly rejected: number;
  }
  const shown = (outcomes: readonly Outcome[]) =>
    outcomes.map(({ outcome, rows, rejected }) => [outcome, rows, rejected]);

  test('imports several files at once, of both kinds, and changes nothing when repeated', async () => {
    const bad = { ...usageOf(21), id: 1.5 };
    const lines = [usageOf(20), bad, usageOf(22)].map((record) => JSON.stringify(record)).join('\n');
    const files = [
      await given('cdr_20261101_000000.csv', file(40, 20)),
      await given('more.jsonl', lines),
      await given('array.json', JSON.stringify([usageOf(23), usageOf(24)])),
    ];
    const first = await ledger.json<Outcome[]>(['import', ...files, '--source', 'telekom']);
    expect(shown(first)).toEqual([
      ['done', 40, 0],
      ['done', 3, 1],
      ['done', 2, 0],
    ]);
    expect(await recordsOf(simOf(22))).toEqual(['6000000022']);
    expect((await recordsOf(iccidOf(5))).length).toBe(2);
    const again = await ledger.json<Outcome[]>(['import', ...files, '--source', 'telekom']);
    expect(again.map(({ outcome }) => outcome)).toEqual(['done before', 'done before', 'done before']);
  });

  test('continues where it was interrupted', async () => {
    const lines = Array.from({ length: 2_500 }, (_, number) =>
      JSON.stringify(usageOf(30, { id: 10_000 + number })),
    );
    const path = await given('long.jsonl', lines.join('\n'));
    const interruption = new AbortController();
    interruption.abort();
    const env = { ...ledger.env };
    // Started, then stopped after its first batch: the signal is checked between batches.
    const { importJson } = await import('../../cli/import/json-import.ts');
    const { openInputs } = await import('../../cli/import/inputs.ts');
    const { interpret } = await import('../../lambda/carriers/index.ts');
    const deployment = await opened();
    const { stream: _, ...source } = findPlace('emnify');
    for await (const input of openInputs(deployment.s3, [path])) {
      const terminal = { out: { write: () => true }, err: { write: () => true }, env, now: Date.now };
      const context = { deployment, signal: interruption.signal, interpret, terminal };
      const ended = await importJson({
        context,
        input,
        source,
        maxWaitSeconds: 300,
        onProgress: () => undefined,
      });
      expect([ended.outcome, ended.rows]).toEqual(['interrupted', 1_000]);
    }
    const [outcome] = await ledger.json<(Outcome & { receipt: Receipt })[]>([
      'import',
      path,
      '--source',
      'emnify',
    ]);
    expect([outcome?.outcome, outcome?.rows, outcome?.receipt.received]).toEqual(['done', 2_500, 1_500]);
    expect((await recordsOf(simOf(30))).length).toBe(2_500);
  });

  test('announces a file that was in the bucket before, and copies one from another bucket', async () => {
    const deployment = await opened();
    const put = (Bucket: string, Key: string, Body: Buffer) =>
      deployment.s3.send(new PutObjectCommand({ Bucket, Key, Body }));
    // The quarantine announces nothing, like any bucket elsewhere.
    await put(quarantineBucket, 'elsewhere/cdr_1.csv', file(3, 100));
    await put(quarantineBucket, 'elsewhere/usage.jsonl', Buffer.from(JSON.stringify(usageOf(40))));
    const outcomes = await ledger.json<Outcome[]>([
      ...['import', `s3://${quarantineBucket}/elsewhere/`, '--source', 'emnify'],
    ]);
    expect(shown(outcomes)).toEqual([
      ['done', 3, 0],
      ['done', 1, 0],
    ]);
    await put(findPlace('kore').bucket, 'cdr_2.csv', file(2, 200));
    await ledger.local.waitUntilIdle();
    const there = await ledger.json<Outcome[]>(['import', `s3://${findPlace('kore').bucket}/cdr_2.csv`]);
    expect(shown(there)).toEqual([['done before', 2, 0]]);
  });

  test('takes the files of a folder, whatever else is in it', async () => {
    const inner = await mkdtemp(join(folder, 'inbox-'));
    await mkdir(join(inner, 'old.csv'));
    if (process.platform !== 'win32') await symlink(join(inner, 'gone'), join(inner, 'notes.txt'));
    await writeFile(join(inner, 'usage.jsonl'), JSON.stringify(usageOf(41)));
    const outcomes = await ledger.json<Outcome[]>(['import', inner, '--source', 'emnify']);
    expect(shown(outcomes)).toEqual([['done', 1, 0]]);
  });

  test('says why a file was refused, and what cannot be imported', async () => {
    const path = await given('cdr_refused.csv', 'a,b\n1,2\n');
    const refused = await ledger.run(['import', path]);
    expect(refused.code).toBe(1);
    expect(refused.output).toMatch(
      /cdr_refused\.csv +default +failed +0 +0 +0 +The header has no column id: "a,b"/,
    );
    const wrong = await Promise.all([
      ledger.run(['import', join(folder, 'missing.csv')]),
      ledger.run(['import', await given('x.xlsx', '')]),
      ledger.run(['import', `s3://${quarantineBucket}/missing.csv`]),
      ledger.run(['import', path, '--source', 'nobody']),
    ]);
    expect(wrong.map(({ code }) => code)).toEqual([2, 2, 2, 2]);
    expect(wrong[3]?.errors).toBe(`Unknown source "nobody". Sources here: default, ${carriers.join(', ')}\n`);
  });
});

test('a time of thousands of years takes no longer than what has passed of it', async () => {
  const years = ['--from', '2026-06-01', '--to', '9998-12-31'];
  const [usage, findings, sql] = await Promise.all([
    ledger.run(['usage', '--fleet', ...years]),
    ledger.run(['findings', ...years]),
    ledger.run(['explore', 'usage', '--count', '--print', ...years]),
  ]);
  expect([usage.code, findings.code, sql.code]).toEqual([0, 0, 0]);
  expect(usage.output).toContain('Usage from 2026-06-01 00:00 to 9998-12-31 00:00 UTC');
  expect(sql.output).toContain("day BETWEEN '2026-06-01' AND '9998-12-30'");
});

describe('failures', () => {
  const streamArn = findPlace('emnify').streamArn;

  function eventRecord(record: object, number: number): KinesisStreamRecord {
    return {
      kinesis: {
        ...{ kinesisSchemaVersion: '1.0', partitionKey: '1', sequenceNumber: String(number) },
        data: Buffer.from(JSON.stringify(record)).toString('base64'),
        approximateArrivalTimestamp: Date.now() / 1000,
      },
      ...{ eventSource: 'aws:kinesis', eventVersion: '1.0', eventName: 'aws:kinesis:record' },
      ...{ eventID: `shardId-000000000000:${number}`, invokeIdentityArn: '', awsRegion: 'us-east-1' },
      eventSourceARN: streamArn,
    };
  }

  test('redrive stores batches that were given up and files in the dead-letter queue, after a dry run', async () => {
    const deployment = await opened();
    const broken = { ...usageOf(61), start_timestamp: 'never' };
    const { key, body } = makeFailureObject(
      {
        ...{ mappingId: 'm', functionArn: 'f', streamArn, shardId: 'shardId-000000000000' },
        ...{ condition: 'RetryAttemptsExhausted', invocations: 101 },
        records: [eventRecord(usageOf(60), 1), eventRecord(broken, 2)],
      },
      new Date(),
    );
    await deployment.s3.send(new PutObjectCommand({ Bucket: quarantineBucket, Key: key, Body: body }));
    const notes = new StreamNotes(deployment.dynamoDb, alertStateTable.name, Date.now);
    const records = ['1', '2'].map((sequence) => ({ sequence, arrival: Date.now() }));
    await notes.begin({ source: 'emnify', shard: 'shardId-000000000000', records });
    const listNotes = async () =>
      [...(await notes.list('emnify')).values()].flatMap((shard) =>
        shard.notes.map(({ lastSequence }) => lastSequence),
      );
    // A file whose announcement was given up: here it is in a bucket that announces nothing.
    const bucket = findPlace('telekom').bucket;
    const content = Buffer.from([header, row(300), row(301)].join('\n'));
    const put = await deployment.s3.send(
      new PutObjectCommand({ Bucket: bucket, Key: 'late.txt', Body: content }),
    );
    await ledger.local.waitUntilIdle();
    const object = { bucket, key: 'late.txt', versionId: put.VersionId, eTag: undefined };
    const QueueUrl = deployment.places.queues?.deadLetters;
    await deployment.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: makeContinuation(object) }));

    const listed = await ledger.json<{ batches: number; latest: object[]; files: object[] }>('failures list');
    expect(listed).toMatchObject({
      batches: 1,
      latest: [{ key, records: 2, condition: 'RetryAttemptsExhausted', functionError: null }],
      files: [{ file: `${bucket}/late.txt@${put.VersionId}` }],
    });
    const dry = await ledger.json<{ total: Receipt; removed: object }>('failures redrive --dry-run');
    expect(dry.total).toMatchObject({ received: 4, rejected: 1, failed: 0 });
    expect(await recordsOf(simOf(60))).toEqual([]);
    expect(await listNotes()).toEqual(['2']);
    const real = await ledger.json<{ total: Receipt; removed: object }>('failures redrive');
    expect(real.removed).toEqual({ batches: 1, announcements: 1 });
    expect(real.total).toMatchObject({ received: 2, stored: 1, rejected: 1 });
    expect(await recordsOf(simOf(60))).toEqual(['6000000060']);
    expect(await listNotes()).toEqual([]);
    expect((await ledger.local.listQuarantined()).some((line) => line.includes(simOf(61)))).toBe(true);
    expect((await ledger.run('failures redrive')).output).toBe('Nothing was given up.\n');
  });

  test('redrive leaves unknown objects, and says so', async () => {
    const deployment = await opened();
    const Key = 'aws/lambda/m/s/other';
    await deployment.s3.send(new PutObjectCommand({ Bucket: quarantineBucket, Key, Body: '{}' }));
    const { code, errors } = await ledger.run('failures redrive');
    expect([code, errors]).toEqual([1, '! aws/lambda/m/s/other is not a batch that Lambda has given up\n']);
    await deployment.s3.send(new DeleteObjectCommand({ Bucket: quarantineBucket, Key }));
  });
});

describe('the documented commands', () => {
  test('run without an error', async () => {
    const path = await given('cdr_20261102_090000.csv', file(3, 400));
    const { latest } = await ledger.json<{ latest: { key: string }[] }>('quarantine list --source 1nce');
    const examples: Readonly<Record<string, string>> = {
      FILE: path,
      SOURCE: '1nce',
      ID: latest[0]?.key ?? '',
      SIM: simOf(1),
      DIR: join(folder, 'documented'),
    };
    const commands = new Set<string>();
    for (const page of ['docs/runbook.md', 'docs/cli.md', 'docs/rejects.md', 'docs/local.md', 'README.md']) {
      const text = await readFile(new URL(`../../${page}`, import.meta.url), 'utf8');
      for (const [, block = ''] of text.matchAll(/```sh\n(.*?)```/gs)) {
        for (const [, command = ''] of block.matchAll(/^npx simledger (.*?)(?: +#.*)?$/gm))
          commands.add(command);
      }
    }
    const ended: Record<string, unknown> = {};
    for (const command of commands) {
      const words = command.split(' ').filter((word) => word !== '--local');
      const args = words.map((word) => examples[word] ?? word);
      const { code, errors } = await ledger.run(args);
      // The SIM of the README's example is in the examples, which were not replayed here.
      if (command.includes('8988303000000100001')) continue;
      // The cost of deciding is printed before it begins, and is not an error.
      const cost = /^\d+ of \d+ SIMs may be silent: up to \d+ queries, less than \$0\.01\n$/;
      // So is which part of a report is not of sealed days, and on which days nothing was looked for.
      const live = /^(?:Live, added up from the records so far: .* UTC|Not sealed, so not checked: .*)\n$/;
      ended[command] = { code, errors: errors.replace(command.startsWith('silent ') ? cost : live, '') };
    }
    expect(commands.size).toBeGreaterThan(20);
    const fine = { code: 0, errors: '' };
    expect(ended).toEqual(Object.fromEntries(Object.keys(ended).map((command) => [command, fine])));
  });
});

describe('the command line', () => {
  test.each([
    [
      'quarantine list --reason nonsense',
      `option '--reason <code>' argument 'nonsense' is invalid. Give one of broken-json,`,
    ],
    ['quarantine list --limit many', `argument 'many' is invalid. Give a whole number from 0 to 1000.`],
    [
      'replay --from yesterday',
      `argument 'yesterday' is invalid. Give a time in ISO 8601 such as 2026-01-31T00:00:00Z`,
    ],
    [
      'usage SIM --by week',
      `argument 'week' is invalid. Give one or more of hour, day, all, raw, sim, fleet, network, country,`,
    ],
    ['sims --online maybe', `argument 'maybe' is invalid. Give true or false.`],
    ['export', `required option '--out <dir>' not specified`],
    ['quarantine', 'Usage: simledger quarantine'],
    ['frobnicate', `unknown command 'frobnicate'`],
    ['status --frob', `unknown option '--frob'`],
    ['--stack other status', `option '--local' cannot be used with option '--stack <name>'`],
    [
      'replay --from 2026-11-03 --to 2026-11-02',
      '--to 2026-11-02T00:00:00.000Z is before --from 2026-11-03T00:00:00.000Z: give a later time',
    ],
    ['replay --from 2999-01-01', '--from 2999-01-01T00:00:00.000Z is in the future: give an earlier time'],
    ['replay --source nobody', 'Unknown source "nobody". Sources here: default,'],
    ['sims --source nobody', 'Unknown source "nobody". Sources here: default,'],
    ['quarantine list --source nobody', 'Unknown source "nobody". Sources here: default,'],
    ['quarantine redrive --source nobody', 'Unknown source "nobody". Sources here: default,'],
    ['import nothing.csv --source nobody', 'Unknown source "nobody". Sources here: default,'],
    ['sims --csv --jsonl', '--jsonl and --csv cannot be used together: give one of them'],
    ['sims --json --csv', '--json and --csv cannot be used together: give one of them'],
  ])('refuses %s, and says what is accepted', async (command, sentence) => {
    const { code, output, errors } = await ledger.run(command);
    expect([code, output]).toEqual([2, '']);
    expect(errors).toContain(sentence);
  });

  test('shows help and version without a deployment', async () => {
    const help = await simledger(['replay', '--help']);
    expect([help.code, help.errors]).toEqual([0, '']);
    expect(help.output).toContain('--verify');
    expect(help.output).toContain('--profile <name>');
    expect(await simledger(['--version'])).toEqual({
      code: 0,
      output: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
      errors: '',
    });
  });

  test('says that no local run answers', async () => {
    const { code, errors } = await simledger(['--local', 'status'], { env: { SIMLEDGER_API_PORT: '1' } });
    expect([code, errors]).toEqual([
      3,
      'No local run answers at http://127.0.0.1:1: start one with npm start, or set SIMLEDGER_API_PORT to its port\n',
    ]);
  });

  test('ends early with its own exit code, and says that it can be continued', async () => {
    const interruption = new AbortController();
    interruption.abort();
    const { code } = await ledger.run('quarantine redrive', { signal: interruption.signal });
    expect(code).toBe(130);
  });
});
