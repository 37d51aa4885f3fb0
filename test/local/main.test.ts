import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { expectedItems, expectedReceipt } from '../../local/examples/index.ts';
import { help } from '../../local/options.ts';
import { header, row } from '../lambda/file-importer/cdr.ts';

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

  constructor(args: readonly string[], variables: Readonly<Record<string, string>> = {}) {
    this.#child = spawn(process.execPath, ['--import', 'tsx', 'local/main.ts', ...args], {
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

  /** The first group of an expression, once the output has it. */
  async shown(wanted: RegExp): Promise<string> {
    await expect.poll(() => wanted.test(this.output), { timeout: 20_000 }).toBe(true);
    return wanted.exec(this.output)?.[1] ?? '';
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
  expect(scripts['start']).toBe('tsx local/main.ts');
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
    for (const heading of ['The ledger now', 'In quarantine', 'Receipt, in records', 'Where to look']) {
      expect(output).toContain(heading);
    }
  });

  test.each(['update', 'hourly'])(
    '-- --simulate says that ledger and API equal the simulator’s truth, sessions refreshed by "%s"',
    async (setting) => {
      const fleet = ['--simulate', '20', '--hours', '3', '--session-refresh', setting];
      const { code, output, errors } = await start(...fleet, '--once');
      expect({ code, errors }).toEqual({ code: 0, errors: '' });
      expect(output).toMatch(
        /^The ledger equals the simulator's truth: \d+ sessions, [\d,]+ usage items, \d+ events\.$/m,
      );
      expect(output).toMatch(/^The API's answers about \d+ sessions of Super SIMs equal it too\.$/m);
    },
  );

  test('-- FILE… takes in the user’s own files, CSV, JSON lines, an array and one object', async () => {
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

  test('-- --empty stays up, with an empty ledger, until Ctrl-C', async () => {
    const run = new Run(['--empty']);
    const dynamoDb = await run.shown(/dynamoDb +(http:\S+)/);
    const api = await run.shown(/api +(http:\S+)/);
    await run.shown(/(Ctrl-C ends it)/);
    expect((await fetch(`${api}/health`)).status).toBe(200);
    const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };
    const client = new DynamoDBClient({ endpoint: dynamoDb, region: 'us-east-1', credentials });
    const { Count } = await client.send(new ScanCommand({ TableName: 'Sims' }));
    client.destroy();
    expect(Count).toBe(0);
    if (process.platform === 'win32') return;
    run.interrupt();
    expect(await run.ended).toMatchObject({ code: 0, errors: '\nEnding …\n' });
    await expect(fetch(`${api}/health`)).rejects.toThrow();
  });

  test('on a taken port ends with a sentence that names the variable, and 2', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const address = server.address();
    const port = String(typeof address === 'object' ? address?.port : '');
    const run = new Run(['--once'], { SIMLEDGER_DYNAMODB_PORT: port });
    expect(await run.ended).toEqual({
      code: 2,
      output: '',
      errors: `Port ${port} is taken: set SIMLEDGER_DYNAMODB_PORT to a free port, or end what listens there\n`,
    });
  });

  test('-- --help explains itself, and wrong options end with 2 before anything is started', async () => {
    const [helped, wrong, missing] = await Promise.all([
      start('--help'),
      start('--simulate', 'many'),
      start(join(folder, 'missing.csv')),
    ]);
    expect(helped).toEqual({ code: 0, output: `${help}\n`, errors: '' });
    expect(wrong).toEqual({
      code: 2,
      output: '',
      errors: '--simulate "many": give a whole number from 1 to 1000000\n',
    });
    expect(missing).toMatchObject({ code: 2, output: '', errors: expect.stringContaining('missing.csv') });
  });
});
