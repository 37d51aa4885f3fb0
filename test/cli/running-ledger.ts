import { paginateScan } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import type { Deployment } from '../../cli/deployment/deployment.ts';
import { openLocalRun } from '../../cli/deployment/local-run.ts';
import { run } from '../../cli/main.ts';
import type { Interpret } from '../../lambda/ingest/entries.ts';
import type { Item } from '../../lambda/store/items.ts';
import type { LocalLedger, LocalLedgerOptions } from '../../local/ledger-interface.ts';
import { startLocalLedger } from '../../local/local-ledger.ts';
import { portVariables, readOptions } from '../../local/options.ts';
import { withoutExpiry } from '../lambda/store/running-tables.ts';

/** The result of a command line. */
export interface Ended {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

/** Standard error without progress lines, which any command may print on a busy machine. */
export function dropProgress(errors: string): string {
  return errors.replaceAll(/^ {2}(?:\[[█·]+\] )?\d[^\n]*, [\d,]+\/s(?:, [^\n]+ left)?\n/gmu, '');
}

/** How a command line is run. */
export interface RunOptions {
  readonly interpret?: Interpret;
  readonly signal?: AbortSignal;
  readonly env?: NodeJS.ProcessEnv;
  readonly now?: () => number;
  readonly isTTY?: boolean;
}

/** Runs a command line in this process. Without a terminal, its errors have no progress lines. */
export async function simledger(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const {
    interpret,
    signal = new AbortController().signal,
    env = {},
    now = Date.now,
    isTTY = false,
  } = options;
  const output: string[] = [];
  const errors: string[] = [];
  const terminal = {
    out: { isTTY, write: (text: string) => output.push(text) },
    err: { write: (text: string) => errors.push(text) },
    env,
    now,
  };
  const code = await run(args, { terminal, signal, ...(interpret !== undefined && { interpret }) });
  const told = errors.join('');
  return { code, output: output.join(''), errors: isTTY ? told : dropProgress(told) };
}

/** Settings of a local run. */
type LedgerSettings = Pick<LocalLedgerOptions, 'usageRetentionDays'>;

/** A local run for the tests of a file, and its command line. */
export class RunningLedger {
  /** The credentials of its API. */
  readonly credentials = { account: 'ACtest', token: 'secret' };
  readonly #settings: LedgerSettings;
  #ledger: LocalLedger | undefined;

  constructor(settings: LedgerSettings = {}) {
    this.#settings = settings;
  }

  get local(): LocalLedger {
    if (this.#ledger === undefined) throw new Error('The local run is not started');
    return this.#ledger;
  }

  /** The variables by which the command line finds it. */
  get env(): NodeJS.ProcessEnv {
    return { [portVariables.api.variable]: new URL(this.local.endpoints.api).port };
  }

  async start(): Promise<void> {
    const anyPorts = Object.values(portVariables).map(({ variable }) => [variable, '0']);
    const options =
      readOptions(['--empty'], Object.fromEntries(anyPorts)) ?? expect.fail('Help was asked for');
    this.#ledger = await startLocalLedger({
      ...options,
      ...this.#settings,
      apiCredentials: this.credentials,
      onLog: () => undefined,
      onTrouble: () => undefined,
    });
  }

  stop(): Promise<void> {
    return this.local.stop();
  }

  /** Runs a command line with `--local`. */
  run(command: string | readonly string[], options: RunOptions = {}): Promise<Ended> {
    const args = typeof command === 'string' ? command.split(' ') : command;
    return simledger(['--local', ...args], { ...options, env: { ...this.env, ...options.env } });
  }

  /** The value that a command line prints with `--json`. */
  async json<Answer>(command: string | readonly string[], options: RunOptions = {}): Promise<Answer> {
    const args = typeof command === 'string' ? command.split(' ') : command;
    const { code, output, errors } = await this.run(['--json', ...args], options);
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    return JSON.parse(output) as Answer;
  }

  /** Puts bodies on a source's stream, and waits until they are processed. */
  async put(source: string, ...bodies: readonly (string | Buffer)[]): Promise<void> {
    for (const [number, body] of bodies.entries()) {
      await this.local.putRecord(source, Buffer.from(body), String(number));
    }
    await this.local.waitUntilIdle();
  }

  /** Opens it as a command does, until the test ends. */
  async open(): Promise<Deployment> {
    const deployment = await openLocalRun(this.env);
    onTestFinished(() => deployment.close());
    return deployment;
  }

  /** Ids of the usage records of a SIM. */
  async recordIds(sim: string): Promise<string[]> {
    const { Usage = [] } = await this.items(sim);
    return Usage.map(({ recordId }) => recordId?.S ?? '').sort();
  }

  /** All ledger items of some SIMs, or of all, ordered by text and without expiry. */
  async items(...sims: readonly string[]): Promise<Record<string, Item[]>> {
    return itemsOf(this.local.dynamoDb, ...sims);
  }
}

/** All items of the four tables for some SIMs, or for all. */
export async function itemsOf(
  client: LocalLedger['dynamoDb'],
  ...sims: readonly string[]
): Promise<Record<string, Item[]>> {
  const tables = ['Sessions', 'Usage', 'Events', 'Sims'];
  const found = await Promise.all(
    tables.map(async (TableName) => {
      const items: Item[] = [];
      for await (const page of paginateScan({ client }, { TableName, ConsistentRead: true })) {
        items.push(...(page.Items ?? []).map(withoutExpiry));
      }
      const wanted = items.filter(({ sim }) => sims.length === 0 || sims.includes(sim?.S ?? ''));
      return [TableName, wanted.sort((a, b) => (textOf(a) < textOf(b) ? -1 : 1))] as const;
    }),
  );
  return Object.fromEntries(found);
}

function textOf(item: Item): string {
  return JSON.stringify(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Starts a local run before the tests of a file and stops it after. */
export function runningLedger(settings?: LedgerSettings): RunningLedger {
  const running = new RunningLedger(settings);
  beforeAll(() => running.start());
  afterAll(() => running.stop());
  return running;
}
