import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeEpisode, storeEpisodes } from '../../lambda/queries/stored-alerts.ts';
import { contextCreatedOf, simOf, usageOf } from '../records.ts';
import { runningLedger } from '../running-ledger.ts';

const ledger = runningLedger();
const now = () => Date.parse('2026-11-05T12:00:00Z');
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'simledger-back-test-'));
  const records = [
    // Heard at 12:15 on 2 November, and a day and three quarters later.
    usageOf(1),
    usageOf(1, { id: 1, start_timestamp: '2026-11-04T06:00:00Z', end_timestamp: '2026-11-04T06:15:00Z' }),
    // Heard once, and silent since.
    contextCreatedOf(2),
  ];
  await ledger.put('1nce', ...records.map((record) => JSON.stringify(record)));
  const told = { rule: 'silent', sim: simOf(1), source: '1nce', state: 'closed' } as const;
  await storeEpisodes(ledger.local.dynamoDb, [
    makeEpisode({ ...told, id: '1'.repeat(32), to: Date.parse('2026-11-04T06:15:00Z') }),
    makeEpisode({ ...told, id: '2'.repeat(32), state: 'withdrawn' }),
    // No receiver got a message, so it does not count as sent.
    makeEpisode({ ...told, id: '3'.repeat(32), sequence: 0, messages: [], told: undefined }),
    // Due before the tested period.
    makeEpisode({ ...told, id: '4'.repeat(32), metAt: Date.parse('2026-10-20T10:00:00Z') }),
    makeEpisode({ id: '5'.repeat(32), rule: 'removed', sim: simOf(2), source: '1nce' }),
  ]);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function writeRules(rules: unknown): Promise<string> {
  const file = join(folder, 'rules.json');
  await writeFile(file, JSON.stringify(rules));
  return file;
}

const silent = { name: 'silent', kind: 'silent', after: '24h', severity: 'critical' };
const nothingFound = { sims: 0, noisiest: [], longest_sim: null, longest_seconds: null };

describe('alerts test', () => {
  test('shows for each rule what it found, how often, for which SIMs, and what was sent', async () => {
    const file = await writeRules([silent, { name: 'loops', kind: 'attach-loop', count: 2, within: '1h' }]);
    const { code, output, errors } = await ledger.run(
      ['alerts', 'test', file, '--from', '2026-10-29T12:00Z', '--jsonl'],
      { now },
    );
    const results = output
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect({ code, results }).toEqual({
      code: 0,
      results: [
        {
          ...{
            rule: 'silent',
            kind: 'silent',
            severity: 'critical',
            found: 3,
            final: 0,
            found_per_week: 3,
            sims: 2,
          },
          noisiest: [
            { sim: simOf(1), found: 2 },
            { sim: simOf(2), found: 1 },
          ],
          ...{ longest_sim: simOf(2), longest_seconds: 3 * 86_400, sent: 2, withdrawn: 1 },
        },
        {
          ...{
            rule: 'loops',
            kind: 'attach-loop',
            severity: 'warning',
            found: 0,
            final: 0,
            found_per_week: 0,
          },
          ...{ ...nothingFound, sent: 0, withdrawn: 0 },
        },
        {
          ...{
            rule: 'removed',
            kind: 'silent',
            severity: 'critical',
            found: null,
            final: null,
            found_per_week: null,
          },
          ...{ ...nothingFound, sent: 1, withdrawn: 0 },
        },
      ],
    });
    expect(errors).toBe(
      'Reads 10 days of 2 of 2 SIMs, 5 queries each: less than $0.01 at a usage record every 15 minutes\n',
    );
  });

  test('reads one SIM, and only alerts that were due in the given period', async () => {
    const file = await writeRules({ rules: [silent] });
    const [result] = await readJson([
      'alerts',
      'test',
      file,
      '--sim',
      simOf(1),
      '--from',
      '2026-11-04',
      '--to',
      '2026-11-05',
    ]);
    expect(result).toMatchObject({ rule: 'silent', found: 0, sims: 0, sent: 0 });
    const [later] = await readJson(['alerts', 'test', file, '--sim', simOf(1), '--from', '2026-11-05']);
    expect(later).toMatchObject({ rule: 'silent', found: 1, sims: 1, longest_sim: simOf(1), sent: 0 });
  });

  test('reads only SIMs that a rule matches', async () => {
    const file = await writeRules([{ ...silent, match: { names: ['tracker-2'] } }]);
    const { output, errors } = await ledger.run(['alerts', 'test', file, '--from', '2026-11-01'], { now });
    expect(errors).toContain(' of 1 of 2 SIMs');
    const rows = output
      .trimEnd()
      .split('\n')
      .map((line) => line.trim().split(/ {2,}/));
    expect(rows).toEqual([
      ['rule', 'true', 'final', 'a week', 'SIMs', 'longest', 'of SIM', 'noisiest', 'sent', 'withdrawn'],
      ['silent', '1', '0', '1.56', '1', '3 d', simOf(2), `${simOf(2)}: 1`, '2', '1'],
      ['removed', 'not tested', '0', '1', '0'],
      ['What was true, and what was sent, from 2026-11-01 00:00 to 2026-11-05 12:00 UTC (now)'],
    ]);
  });

  test('tests the default rules without a file, and writes CSV', async () => {
    const { output } = await ledger.run('alerts test --from 2026-11-01 --csv', { now });
    const [head, ...rows] = output.trimEnd().split('\r\n');
    expect(head).toBe(
      'rule,kind,severity,found,final,found_per_week,sims,noisiest,longest_sim,longest_seconds,sent,withdrawn',
    );
    expect(rows.map((row) => row.split(',')[0])).toEqual([
      ...['silent', 'attach-loop', 'device-changed', 'session-failures', 'removed'],
    ]);
  });

  test('says from which day on events are missing', async () => {
    const { errors } = await ledger.run('alerts test --from 200d', { now });
    const kept = new Date(now() - 89 * 86_400_000).toISOString().slice(0, 10);
    expect(errors).toContain(`Events before ${kept} have expired (they are kept 90 days)`);
  });

  test.each([
    [
      [{ ...silent, after: '5x' }],
      'rules[0].after: "5x" given; accepted is a number of minutes, hours or days',
    ],
    [[silent, silent], 'rules[1].name: "silent" given; accepted is a name that no other rule has'],
    [[{ ...silent, kind: 'quiet' }], 'rules[0].kind: "quiet" given; accepted is a rule whose kind is one of'],
    [{ silent }, 'holds no rules: give a JSON list of rules, or an object with the key rules'],
  ])('refuses a file of invalid rules: %j', async (rules, sentence) => {
    const file = await writeRules(rules);
    const { code, errors } = await ledger.run(['alerts', 'test', file], { now });
    expect(code).toBe(2);
    expect(errors).toContain(sentence);
  });

  test('judges no silence in the future', async () => {
    const until = ['--from', '2026-10-25', '--to'];
    const far = await readJson(['alerts', 'test', ...until, '9998-12-31']);
    expect(far).toEqual(await readJson(['alerts', 'test', ...until, new Date(now()).toISOString()]));
    const { code, errors } = await ledger.run('alerts test --from 9998-01-01 --to 9998-12-31', { now });
    expect({ code, errors }).toEqual({
      code: 2,
      errors: '--from 9998-01-01T00:00:00.000Z is in the future: give an earlier time\n',
    });
  });

  test('refuses a period without length', async () => {
    const { code, errors } = await ledger.run('alerts test --from 2026-11-01 --to 2026-11-01', { now });
    expect({ code, errors }).toEqual({
      code: 2,
      errors:
        '--to 2026-11-01T00:00:00.000Z is not after --from 2026-11-01T00:00:00.000Z: give a later time\n',
    });
  });
});

async function readJson(args: readonly string[]): Promise<unknown[]> {
  const { code, output } = await ledger.run(['--json', ...args], { now });
  expect(code).toBe(0);
  return JSON.parse(output) as unknown[];
}
