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

/** What the DynamoDB stand-in is started with. */
export interface DynamoDbOptions extends Omit<EngineOptions, 'permanentTables'> {
  /** Requests that create the tables that do not exist yet. No client can delete them. */
  readonly tables: readonly CreateTableCommandInput[];
  /** Where the engine is kept compiled; without it, it is compiled at each start, which takes half of the time. */
  readonly compilation?: EngineCompilation;
  /** Region in the tables' ARNs; `us-east-1` by default. */
  readonly region?: string;
  /** Called if the engine's process ends without having been stopped. What it held in memory is lost then. */
  readonly onCrash?: (error: Error) => void;
}

/** A running DynamoDB stand-in with the tables. */
export interface LocalDynamoDb {
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string;
  readonly port: number;
  /** Process id of the engine. */
  readonly pid: number;
  /** Answers the requests in progress, closes the store and ends the process. May be called again. */
  stop(): Promise<void>;
}

/** The stand-in could not be started. */
export class DynamoDbStartError extends Error {
  /** The system's or the store's code: `EADDRINUSE` for a taken port, `LEVEL_LOCKED` for a folder in use, … */
  readonly code: string | undefined;

  constructor(message: string, code: string | undefined) {
    super(message);
    this.name = 'DynamoDbStartError';
    this.code = code;
  }
}

const engine = fileURLToPath(new URL('./engine.ts', import.meta.url));

/** Megabytes that the engine's heap may take; items live outside of it, so that it is seldom needed. */
const heapMegabytes = Math.min(8192, Math.floor(totalmem() / 2 ** 20 / 2));

/**
 * Megabytes of each half of the heap's young part. Items come and go with requests: with node's 16, a sixth of the CPU
 * goes into collecting them.
 */
const youngMegabytes = 64;

/** How long the engine may take to stop before it is killed. */
const stopMilliseconds = 10_000;

/** Characters of the engine's last words that an error repeats. */
const lastWordsLength = 2_000;

/**
 * Starts dynalite in a process of its own, on 127.0.0.1 only, and creates the tables.
 *
 * In memory, items go when it stops. With `dataDirectory` they are in a LevelDB, where each write is handed to the
 * operating system before it is answered: answered writes survive Ctrl-C and a killed process.
 *
 * @throws DynamoDbStartError, with `code` `EADDRINUSE` when the port is taken.
 */
export async function startDynamoDb(options: DynamoDbOptions): Promise<LocalDynamoDb> {
  const { tables, region = localRegion, port, dataDirectory, compilation } = options;
  const compiled = compilation === undefined ? undefined : await compileEngine(engine, compilation);
  const child = fork(compiled ?? engine, {
    // The path is resolved here: the folder that the user starts in may not know tsx.
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

/** Where the loader for TypeScript is, as a URL that any operating system takes. */
function resolveTsx(): string {
  return pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
}

/** Hands the options over and waits for the port. */
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
  // It may be ending by itself, and no longer receive messages.
  if (child.connected) child.send('stop' satisfies EngineOrder, () => undefined);
  const killer = setTimeout(() => child.kill('SIGKILL'), stopMilliseconds);
  await exited;
  clearTimeout(killer);
}

/** Keeps the end of what the process writes to its standard error. */
function collectLastWords(child: ChildProcess): () => string {
  let words = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-lastWordsLength);
  });
  return () => words;
}
