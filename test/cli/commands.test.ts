import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { file } from '../lambda/ingest/files/cdr.ts';
import { GivenFiles } from './given-files.ts';
import { simOf, threeDays } from './records.ts';
import { runningLedger, simledger } from './running-ledger.ts';

const ledger = runningLedger();
const given = new GivenFiles();

beforeAll(() => ledger.put('1nce', ...threeDays.map((record) => JSON.stringify(record))));

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

  test('has colours only on a terminal, and not if NO_COLOR is set', async () => {
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

describe('the documented commands', () => {
  test('run without an error', async () => {
    const path = await given.write('cdr_20261102_090000.csv', file(3, 400));
    const { latest } = await ledger.json<{ latest: { key: string }[] }>('quarantine list --source 1nce');
    const examples: Readonly<Record<string, string>> = {
      FILE: path,
      SOURCE: '1nce',
      ID: latest[0]?.key ?? '',
      SIM: simOf(1),
      DIR: join(given.folder, 'documented'),
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
      // The SIM of the README's example is in the example records, which were not replayed here.
      if (command.includes('8988303000000100001')) continue;
      // The cost is printed before the query begins, and is not an error.
      const cost = /^\d+ of \d+ SIMs may be silent: up to \d+ queries, less than \$0\.01\n$/;
      // The same is true for the parts of a report that are not sealed, and for days without findings.
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

  test('reports that no local run answers', async () => {
    const { code, errors } = await simledger(['--local', 'status'], { env: { SIMLEDGER_API_PORT: '1' } });
    expect([code, errors]).toEqual([
      3,
      'No local run answers at http://127.0.0.1:1: start one with npm start, or set SIMLEDGER_API_PORT to its port\n',
    ]);
  });

  test('has a separate exit code if it ends early, and says that it can be continued', async () => {
    const interruption = new AbortController();
    interruption.abort();
    const { code } = await ledger.run('quarantine redrive', { signal: interruption.signal });
    expect(code).toBe(130);
  });
});
