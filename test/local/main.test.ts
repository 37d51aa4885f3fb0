import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { help } from '../../local/options.ts';
import { header, row } from '../lambda/ingest/files/cdr.ts';
import { expectedItems, expectedReceipt } from './examples/truth.ts';

const project = fileURLToPath(new URL('../../', import.meta.url));

const anyPorts = {
  SIMLEDGER_KINESIS_PORT: '0',
  SIMLEDGER_S3_PORT: '0',
  SIMLEDGER_DYNAMODB_PORT: '0',
  SIMLEDGER_API_PORT: '0',
};

/** How a run of the local ledger ended. */
interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

/** A run of `npm start -- ARGS`, without npm. */
class Run {
  output = '';
  errors = '';
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;

  /** @param nodeArgs options of Node.js, for its own process only. */
  constructor(
    args: readonly string[],
    variables: Readonly<Record<string, string>> = {},
    nodeArgs: readonly string[] = [],
  ) {
    this.#child = spawn(process.execPath, [...nodeArgs, 'local/start.mjs', ...args], {
      cwd: project,
      env: { ...process.env, ...anyPorts, ...variables },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.output += text;
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.errors += text;
    });
    this.ended = new Promise((resolve) => {
      this.#child.once('close', (code) => resolve({ code, output: this.output, errors: this.errors }));
    });
    onTestFinished(() => void this.#child.kill('SIGKILL'));
  }

  /** Ctrl-C. */
  interrupt(): void {
    this.#child.kill('SIGINT');
  }

  /** Closes the reading ends of its output, as `| head` does, then ends it; resolves when it has ended. */
  async abandon(): Promise<void> {
    const exited = once(this.#child, 'exit');
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
    this.#child.kill('SIGTERM');
    await exited;
  }

  /** SIGKILL, with no time to clean up. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** The first group of an expression, as soon as the output has it; fails when the run ends without. */
  shown(wanted: RegExp): Promise<string> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const found = wanted.exec(this.output);
        if (found === null) return;
        this.#child.stdout?.off('data', look);
        resolve(found[1] ?? '');
      };
      this.#child.stdout?.on('data', look);
      void this.ended.then(({ output, errors }) =>
        reject(new Error(`${wanted} was not shown: ${output}${errors}`)),
      );
      look();
    });
  }
}

function start(...args: string[]): Promise<Ended> {
  return new Run(args).ended;
}

/** The cells of the row that begins with a word. */
function cells(output: string, first: string): string[] {
  const line = output.split('\n').find((one) => one.split('│')[1]?.trim() === first);
  return (line ?? '')
    .split('│')
    .slice(2, -1)
    .map((cell) => cell.trim());
}

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'simledger-main-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

test('npm start runs what these tests run', async () => {
  const { scripts } = JSON.parse(await readFile(join(project, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  expect(scripts['start']).toBe('node local/start.mjs');
});

describe('npm start', () => {
  test('-- --once replays the examples, shows the ledger, and ends', async () => {
    const { code, output, errors } = await start('--once');
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    const { received, ignored, rejected } = expectedReceipt;
    const [all, , , ...rest] = cells(output, 'all').map(Number);
    expect([all, ...rest]).toEqual([received, ignored, rejected]);
    const sims = output.match(/^│ \d{7,19} +│/gm) ?? [];
    expect(sims.length).toBe(expectedItems.sims);
    const sinks = output.match(/^Sink validation: test_id [0-9a-f-]{36}$/gm) ?? [];
    expect(sinks.length).toBe(2);
    for (const heading of ['The ledger now', 'In quarantine', 'Receipt, in records']) {
      expect(output).toContain(heading);
    }
    // By the time of the records: the silence since then does not page anyone.
    const [, alerts] = output.split('\nAlerts up to the newest record, ');
    expect(alerts).toBe(
      [
        '2026-11-02 16:45 UTC',
        '  2026-11-02 16:45  Silent: gateway-lyon since 2026-10-27 20:12 UTC',
        '  2026-11-02 16:45  Ended: Silent: gateway-lyon from 2026-10-27 20:12 to 2026-11-02 08:58 UTC (5 d 12 h)',
        '  2026-11-02 16:45  Silent: tracker-1 since 2026-10-28 05:15 UTC',
        '  2026-11-02 16:45  Ended: Silent: tracker-1 from 2026-10-28 05:15 to 2026-11-02 10:15 UTC (5 d 5 h)',
        'No alert is open.',
        '',
        'The days from 2026-10-27 to 2026-11-01 are over and sealed.',
        '',
        'The bill of 2026-10 for 2 SIMs: 0.2 EUR, 50 USD.',
        '',
      ].join('\n'),
    );
    // Everything that listens ends with the run.
    expect(output).not.toMatch(/127\.0\.0\.1|Where to look|AClocal/);
  });

  test.each([
    ['20', '3', 'update', [], 'alerts', '[a-z-]+'],
    ['20', '3', 'hourly', [], 'alerts', '[a-z-]+'],
    // An end is missed days after the fleet's last record.
    ['5', '2', 'hourly', ['--losses', 'planted'], 'findings', 'orphan no-end'],
  ])(
    '-- --simulate %s --hours %s says that ledger and API equal the truth, sessions refreshed by "%s" %j',
    async (sims, hours, setting, options, found, kind) => {
      const fleet = ['--simulate', sims, '--hours', hours, '--session-refresh', setting, ...options];
      const { code, output, errors } = await start(...fleet, '--once');
      expect({ code, errors }).toEqual({ code: 0, errors: '' });
      expect(output).toMatch(
        /^The ledger equals the simulator's truth: \d+ sessions, [\d,]+ usage items, \d+ events\.$/m,
      );
      expect(output).toMatch(/^The API's answers about \d+ sessions of Super SIMs equal it too\.$/m);
      expect(output).toMatch(
        new RegExp(`^The ${found} are those that the simulator caused: .*\\b\\d+ ${kind}`, 'm'),
      );
    },
  );

  test('-- FILE… imports the user’s own files: CSV, JSON lines, an array and one object', async () => {
    const usage = (id: number) => ({
      id,
      ...{ start_timestamp: '2026-11-02T12:00:00Z', end_timestamp: '2026-11-02T12:15:00Z' },
      sim: { iccid: '8988280666001000777' },
      imsi: '901405100000777',
      volume: { total: 0.5, tx: 0.25, rx: 0.25 },
      traffic_type: { id: 5, description: 'Data' },
    });
    const event = { id: 9, timestamp: '2026-11-02T12:00:00Z', event_type: { id: 8 }, sim: usage(1).sim };
    const files = {
      'cdr_20261102_130000.csv': `${header}\n${row(1)}\n${row(2)}\n"broken"\n`,
      'lines.jsonl': `${JSON.stringify(usage(1))}\n${JSON.stringify(usage(2))}\n{"broken"\n`,
      'array.json': JSON.stringify([usage(3), usage(2)]),
      'pretty.json': JSON.stringify(event, undefined, 2),
    };
    const paths = Object.keys(files).map((name) => join(folder, name));
    await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(folder, name), text)));
    const { code, output, errors } = await start('--once', '--source', 'emnify', ...paths);
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    const [received, stored, repeated, ignored, rejected] = cells(output, 'all').map(Number);
    expect({ received, ignored, rejected }).toEqual({ received: 9, ignored: 0, rejected: 2 });
    expect(Number(stored) + Number(repeated)).toBe(7);
    expect(cells(output, '8988280666001000777')).toEqual([
      'emnify',
      '',
      '',
      '1,500,000',
      '0',
      'sim.activated',
    ]);
  });

  test('-- FILE… shows percent, rows per second and the time left during the import', async () => {
    const rows = Array.from({ length: 1_600 }, (_, index) => row(index));
    const path = join(folder, 'cdr_20261102_150000.csv');
    await writeFile(path, `${header}\n${rows.join('\n')}\n`);
    // With so fast a clock a line is due at each look at progress, on a fast machine too.
    const preload =
      'data:text/javascript,const now = performance.now.bind(performance);performance.now = () => 50 * now()';
    const run = new Run([path, '--once'], {}, ['--import', preload]);
    await run.shown(/(\d+ %, [\d,]+ rows, [\d,]+\/s)/);
    const { code, output } = await run.ended;
    expect(code).toBe(0);
    const percents = [...output.matchAll(/(\d+) %, /g)].map(([, percent]) => Number(percent));
    expect(percents).toEqual(percents.toSorted((a, b) => a - b));
    expect(cells(output, 'all')[0]).toBe('1,600');
  });

  test('-- --empty stays up, with an empty ledger, until Ctrl-C', async () => {
    const run = new Run(['--empty']);
    const dynamoDb = await run.shown(/dynamoDb +(http:\S+)/);
    const api = await run.shown(/api +(http:\S+)/);
    await run.shown(/(Press Ctrl-C to stop)/);
    expect((await fetch(`${api}/health`)).status).toBe(200);
    const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };
    const client = new DynamoDBClient({ endpoint: dynamoDb, region: 'us-east-1', credentials });
    const { Count } = await client.send(new ScanCommand({ TableName: 'Sims' }));
    client.destroy();
    expect(Count).toBe(0);
    if (process.platform === 'win32') return;
    run.interrupt();
    expect(await run.ended).toMatchObject({ code: 0, errors: '\nStopping …\n' });
    await expect(fetch(`${api}/health`)).rejects.toThrow();
  });

  test('on a port in use ends with 2 and a sentence that names the variable', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const address = server.address();
    const port = String(typeof address === 'object' ? address?.port : '');
    const run = new Run(['--once'], { SIMLEDGER_DYNAMODB_PORT: port });
    expect(await run.ended).toEqual({
      code: 2,
      output: '',
      errors: `Port ${port} is in use: set SIMLEDGER_DYNAMODB_PORT to a free port, or stop the process that listens there\n`,
    });
  });

  test('leaves nothing in the temporary folder, and removes what a killed run has left', async () => {
    const temporary = await mkdtemp(join(folder, 'temporary-'));
    const variables = { TMPDIR: temporary, TMP: temporary, TEMP: temporary };
    const left = async () => (await readdir(temporary)).filter((name) => name.startsWith('local-aws-'));
    const killed = new Run(['--empty'], variables);
    await killed.shown(/(Press Ctrl-C to stop)/);
    killed.kill();
    await killed.ended;
    expect((await left()).length).toBe(1);
    const { code, errors } = await new Run(['--empty', '--once'], variables).ended;
    expect([code, errors, await left()]).toEqual([0, '', []]);
  });

  test.skipIf(process.platform === 'win32')('ends normally when its output is no longer read', async () => {
    const temporary = await mkdtemp(join(folder, 'temporary-'));
    const run = new Run(['--empty'], { TMPDIR: temporary });
    await run.shown(/(Press Ctrl-C to stop)/);
    await run.abandon();
    expect((await readdir(temporary)).filter((name) => name.startsWith('local-aws-'))).toEqual([]);
  });

  test.skipIf(process.platform === 'win32')('ends with all its processes when npm gets SIGTERM', async () => {
    const temporary = await mkdtemp(join(folder, 'temporary-'));
    const npm = spawn('npm', ['start', '--', '--empty'], {
      cwd: project,
      env: { ...process.env, ...anyPorts, TMPDIR: temporary },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    onTestFinished(() => void npm.kill('SIGKILL'));
    let output = '';
    let errors = '';
    npm.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text;
    });
    npm.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.includes('Press Ctrl-C to stop')) npm.kill('SIGTERM');
    });
    // The pipe is closed once the last process that could write to it has ended.
    await once(npm, 'close');
    expect(errors).toContain('Stopping …');
    expect((await readdir(temporary)).filter((name) => name.startsWith('local-aws-'))).toEqual([]);
    const api = /api +(http:\S+)/.exec(output)?.[1];
    await expect(fetch(`${api}/health`)).rejects.toThrow();
  });

  test('with an unusable temporary folder ends with 2 and a sentence', async () => {
    const missing = join(folder, 'missing');
    const { code, output, errors } = await new Run(['--once'], {
      ...{ TMPDIR: missing, TMP: missing, TEMP: missing },
    }).ended;
    expect({ code, output }).toEqual({ code: 2, output: '' });
    expect(errors).toMatch(
      /^The temporary folder .*missing cannot be used \(ENOENT: .*\): set (TMPDIR|TEMP) to a folder that you may write to\n$/,
    );
  });

  test.each([
    ['npm start', 'local/start.mjs'],
    ['npx simledger', 'cli/simledger.mjs'],
    ['npm test', 'bin/check-machine.mjs'],
  ])('%s on an old Node.js ends with a sentence before anything else is loaded, and 2', async (_, script) => {
    const preload =
      "data:text/javascript,Object.defineProperty(process.versions, 'node', { value: '20.18.3' })";
    const child = spawn(process.execPath, ['--import', preload, script], { cwd: project });
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text;
    });
    const [code] = await once(child, 'close');
    expect([code, errors]).toEqual([
      2,
      'simledger needs Node.js 20.19 or newer, but this is 20.18.3: install a newer version from https://nodejs.org\n',
    ]);
  });

  test('-- --data makes its folder private, also one that other users could read before', async () => {
    const data = join(folder, 'data');
    await mkdir(data, { mode: 0o755 });
    await writeFile(join(data, 'LOG.old'), '', { mode: 0o644 });
    const { code, errors } = await start('--empty', '--once', '--data', data);
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    if (process.platform === 'win32') return;
    const mode = async (path: string) => (await stat(path)).mode & 0o777;
    const names = await readdir(data);
    expect(names).toEqual(expect.arrayContaining(['CURRENT', 'account-lake', 'lake']));
    const modes = names.map(async (name) => [name, await mode(join(data, name))] as const);
    expect(await mode(data)).toBe(0o700);
    expect(Object.fromEntries(await Promise.all(modes))).toEqual(
      Object.fromEntries(names.map((name) => [name, name.endsWith('lake') ? 0o700 : 0o600])),
    );
  });

  test('-- --data refuses a folder with other files, and does not change it', async () => {
    const other = join(folder, 'documents');
    await mkdir(other, { mode: 0o755 });
    await writeFile(join(other, 'letter.txt'), '');
    expect(await start('--empty', '--once', '--data', other)).toEqual({
      code: 2,
      output: '',
      errors: `The folder of --data, ${other}, contains other files, such as "letter.txt": give an empty folder, or one of an earlier run\n`,
    });
    expect(await readdir(other)).toEqual(['letter.txt']);
    if (process.platform !== 'win32') expect((await stat(other)).mode & 0o777).toBe(0o755);
  });

  test('-- --help shows help, and invalid options end with 2 before anything is started', async () => {
    const rules = join(folder, 'rules.json');
    await writeFile(rules, '[{ "name": "van", "kind": "silent", "after": "soon" }]');
    const [helped, wrong, missing, ruled] = await Promise.all([
      start('--help'),
      start('--simulate', 'many'),
      start(join(folder, 'missing.csv')),
      start('--rules', rules),
    ]);
    expect(helped).toEqual({ code: 0, output: `${help}\n`, errors: '' });
    expect(wrong).toEqual({
      code: 2,
      output: '',
      errors: '--simulate "many": give a whole number from 1 to 1000000\n',
    });
    expect(ruled).toMatchObject({ code: 2, output: '' });
    expect(ruled.errors).toContain('rules.json: rules[0].after: "soon" given');
    expect(missing).toMatchObject({ code: 2, output: '', errors: expect.stringContaining('missing.csv') });
  });
});
