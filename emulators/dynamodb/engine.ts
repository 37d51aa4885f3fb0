/**
 * The process in which dynalite runs. Its parent starts it by {@link startDynamoDb}, and it ends with its parent.
 */
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { guardServer } from '../loopback-guard.ts';
import { batchGet, batchWrite } from './batch-actions.ts';
import {
  captureStore,
  loadDynalite,
  readInThread,
  rememberPartitions,
  rememberTables,
} from './dynalite-store.ts';
import {
  answerFaults,
  answerStatements,
  closeIteratorsOnReturn,
  hideOrigin,
  keepTables,
  type LevelPrototype,
  nameUnknownOperations,
  surviveAbortedRequests,
} from './guards.ts';
import type { EngineMessage, EngineOptions, EngineOrder } from './messages.ts';

/** Longer than AWS clients keep an idle connection, so that they never write to one that is just being closed. */
const keepAliveMilliseconds = 120_000;

/**
 * Bytes of writes that are kept in memory before they become a file. With LevelDB's 4 MB, an import spends a fifth of its
 * time in merging small files.
 */
const writeBufferSize = 16 * 2 ** 20;

/** How long a request may still take once the engine is asked to stop. */
const graceMilliseconds = 1_000;

/** The LevelDB classes that dynalite itself loads, wherever the package manager has put them. */
interface LevelClass {
  readonly prototype: LevelPrototype;
  new (path: string): { open(): Promise<void>; close(): Promise<void> };
}
const require = createRequire(createRequire(import.meta.url).resolve('dynalite'));
const { Level }: { Level: LevelClass } = require('level');
const { MemoryLevel }: { MemoryLevel: LevelClass } = require('memory-level');

// What is written to the folder of `--data` is for its owner only.
process.umask(0o077);
// Ctrl-C reaches every process of the terminal; the parent decides when the tables may go.
process.on('SIGINT', () => undefined);
process.once('message', (options: EngineOptions) => start(options).catch(fail));

async function start({ port, dataDirectory, permanentTables }: EngineOptions): Promise<void> {
  if (dataDirectory !== undefined) await tryOpen(dataDirectory);
  for (const { prototype } of [Level, MemoryLevel]) closeIteratorsOnReturn(prototype);
  const dynalite = loadDynalite({ batchGetItem: batchGet, batchWriteItem: batchWrite });
  const { made: server, store } = captureStore(() =>
    dynalite({
      createTableMs: 0,
      deleteTableMs: 0,
      updateTableMs: 0,
      ...(dataDirectory === undefined ? {} : { path: dataDirectory }),
    }),
  );
  if (dataDirectory !== undefined) await store.db.open({ writeBufferSize });
  rememberTables(store);
  rememberPartitions();
  readInThread(store);
  surviveAbortedRequests(server);
  answerFaults(server);
  keepTables(server, permanentTables);
  nameUnknownOperations(server, ['BatchExecuteStatement', ...listSupportedOperations()]);
  answerStatements(server, store);
  hideOrigin(server);
  guardServer(server);
  server.keepAliveTimeout = keepAliveMilliseconds;
  let stopping = false;
  const stop = () => {
    // Asked by its parent and then left by it: closing twice would end the process before the store is closed.
    if (stopping) return;
    stopping = true;
    server.close(() => process.exit());
    setTimeout(() => server.closeAllConnections(), graceMilliseconds).unref();
  };
  process.on('disconnect', stop);
  process.on('SIGTERM', stop);
  process.on('message', (order: EngineOrder) => order === 'stop' && stop());
  server.once('error', fail);
  server.listen(port, '127.0.0.1', () => {
    const address = server.address();
    report({
      kind: 'listening',
      port: typeof address === 'object' && address !== null ? address.port : port,
    });
  });
}

/** dynalite opens its store behind the first request and hides why it could not: this finds out first. */
async function tryOpen(directory: string): Promise<void> {
  const level = new Level(directory);
  await level.open();
  await level.close();
}

/** dynalite has a file for each operation. */
function listSupportedOperations(): string[] {
  const folder = join(dirname(createRequire(import.meta.url).resolve('dynalite')), 'actions');
  return readdirSync(folder).map((name) => name.charAt(0).toUpperCase() + name.slice(1, -'.js'.length));
}

function fail(error: NodeJS.ErrnoException): void {
  // LevelDB's error says that it could not open; only the error's cause says why.
  const { message, code }: NodeJS.ErrnoException = error.cause instanceof Error ? error.cause : error;
  report({ kind: 'failed', message, ...(code === undefined ? {} : { code }) }, () => process.exit(1));
}

function report(message: EngineMessage, sent?: () => void): void {
  process.send?.(message, undefined, undefined, sent);
}
