import { parse } from 'csv-parse/sync';
import { beforeAll, describe, expect, test } from 'vitest';
import { failedSession, simOf, threeDays } from '../records.ts';
import { runningLedger } from '../running-ledger.ts';

const ledger = runningLedger();

beforeAll(() => ledger.put('1nce', ...threeDays.map((record) => JSON.stringify(record))));

describe('a list of the ledger', () => {
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

  test('has the same CSV columns for any rows, even without rows', async () => {
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

  test('has type, country, tariff and end of usage records', async () => {
    const { output } = await ledger.run(['usage', simOf(1), '--by', 'raw', ...from, '--limit', '1']);
    const [head, row] = output.split('\n').map((line) => line.replace(/ +/g, ' '));
    expect(head?.trim()).toBe('from to type country tariff messages up down total cost');
    expect(row).toMatch(/^2026-11-03 12:00 2026-11-03 12:15 data DE 1NCE Production 01 0 B 0 B 3\.00 kB █+/);
  });

  test('has the reason and error code of events', async () => {
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

  test('says which filter matches no SIM', async () => {
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

  test('reports an unknown SIM', async () => {
    const missing = await ledger.run('sessions nobody');
    expect([missing.code, missing.errors]).toEqual([1, 'The SIM "nobody" was not found\n']);
  });

  const longAfter = () => Date.parse('2027-12-24T12:00:00Z');

  test('lasts until now with only --from, however long that is, and says so', async () => {
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

  test('names the period without records', async () => {
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

test('a range of thousands of years takes no longer than its past part', async () => {
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
