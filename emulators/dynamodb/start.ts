import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { totalmem } from 'node:os';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type CreateTableCommandInput, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { localAccount, localRegion } from '../aws-json-protocol.ts';
import { compileEngine, type EngineCompilation } from './compiled-engine.ts';
import type { EngineMessage, EngineOptions, EngineOrder } from './messages.ts';
import { createTables } from './tables.ts';

/** Options of the DynamoDB emulator. */
export interface DynamoDbOptions extends Omit<EngineOptions, 'permanentTables'> {
  /** Tables to create if they do not exist. Clients cannot delete them. */
  readonly tables: readonly CreateTableCommandInput[];
  /** Where to keep the compiled engine. Without it, every start compiles the engine, which takes half of the time. */
  readonly compilation?: EngineCompilation;
  /** Region in the tables' ARNs; `us-east-1` by default. */
  readonly region?: string;
  /** Called if the engine's process ends unexpectedly. Tables in memory are then lost. */
  readonly onCrash?: (error: Error) => void;
}

/** A running DynamoDB emulator. */
export interface LocalDynamoDb {
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string;
  readonly port: number;
  /** The engine's process id. */
  readonly pid: number;
  /** Answers the running requests, closes the store and ends the process. May be called more than once. */
  stop(): Promise<void>;
}

/** The emulator could not be started. */
export class DynamoDbStartError extends Error {
  /**
   * A code of the system or the store, for example `EADDRINUSE` for a port or `LEVEL_LOCKED` for a folder that is in
   * use.
   */
  readonly code: string | undefined;

  constructor(message: string, code: string | undefined) {
    super(message);
    this.name = 'DynamoDbStartError';
    this.code = code;
  }
}

const engine = fileURLToPath(new URL('./engine.ts', import.meta.url));

/** The largest heap of the engine, in megabytes. Items are kept outside of the heap, so it is seldom needed. */
const heapMegabytes = Math.min(8192, Math.floor(totalmem() / 2 ** 20 / 2));

/**
 * Megabytes of each half of the heap's young generation. Items live as long as a request: with the default of 16,
 * garbage collection takes a sixth of the CPU.
 */
const youngMegabytes = 64;

/** How long the engine may take to stop before it is killed. */
const stopMilliseconds = 10_000;

/** How many characters of the engine's latest error output an error message repeats. */
const lastWordsLength = 2_000;

/**
 * Starts dynalite in a process of its own, on 127.0.0.1 only, and creates the tables.
 *
 * Without `dataDirectory`, items are in memory and are lost when it stops. With it, they are in a LevelDB database,
 * which hands each write to the operating system before it answers: answered writes survive Ctrl-C and a killed
 * process.
 *
 * @throws DynamoDbStartError, with `code` `EADDRINUSE` if the port is in use.
 */
export async function startDynamoDb(options: DynamoDbOptions): Promise<LocalDynamoDb> {
  const { tables, region = localRegion, port, dataDirectory, compilation } = options;
  const compiled = compilation === undefined ? undefined : await compileEngine(engine, compilation);
  const child = fork(compiled ?? engine, {
    // An absolute path, because tsx may not be installed in the current folder.
    execArgv: [
      `--max-old-space-size=${heapMegabytes}`,
      `--max-semi-space-size=${youngMegabytes}`,
      ...(compiled === undefined ? ['--import', resolveTsx()] : []),
    ],
    env: { ...process.env, AWS_REGION: region, AWS_ACCOUNT_ID: localAccount },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let stopping = false;
  const lastWords = collectLastWords(child);
  const stop = async () => {
    stopping = true;
    await end(child);
  };
  const engineOptions: EngineOptions = {
    port,
    ...(dataDirectory === undefined ? {} : { dataDirectory }),
    permanentTables: tables.flatMap(({ TableName }) => TableName ?? []),
  };
  try {
    const listening = await waitForMessage(child, engineOptions, lastWords);
    const endpoint = `http://127.0.0.1:${listening}`;
    await createTablesAt(endpoint, region, tables);
    child.once('close', (code, signal) => {
      if (stopping) return;
      options.onCrash?.(new Error(`DynamoDB ended (${signal ?? code}). ${lastWords()}`.trim()));
    });
    return { endpoint, port: listening, pid: child.pid ?? 0, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The TypeScript loader, as a URL that works on any operating system. */
function resolveTsx(): string {
  return pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
}

/** Sends the options and waits for the port. */
function waitForMessage(
  child: ChildProcess,
  options: EngineOptions,
  lastWords: () => string,
): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new DynamoDbStartError(error.message, undefined)));
    child.once('close', () =>
      reject(new DynamoDbStartError(lastWords() || 'DynamoDB did not start', undefined)),
    );
    child.once('message', (message: EngineMessage) => {
      if (message.kind === 'listening') resolve(message.port);
      else reject(new DynamoDbStartError(message.message, message.code));
    });
    child.send(options);
  });
}

async function createTablesAt(
  endpoint: string,
  region: string,
  tables: DynamoDbOptions['tables'],
): Promise<void> {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new DynamoDBClient({ endpoint, region, credentials });
  try {
    await createTables(client, tables);
  } finally {
    client.destroy();
  }
}

/** Asks the process to stop, waits for it, and kills it if it takes too long. */
async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  // The process may be ending by itself and no longer receive messages.
  if (child.connected) child.send('stop' satisfies EngineOrder, () => undefined);
  const killer = setTimeout(() => child.kill('SIGKILL'), stopMilliseconds);
  await exited;
  clearTimeout(killer);
}

/** Collects the end of the process's standard error. */
function collectLastWords(child: ChildProcess): () => string {
  let words = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-lastWordsLength);
  });
  return () => words;
}
