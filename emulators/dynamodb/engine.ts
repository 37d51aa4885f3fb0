/** The process that runs dynalite. {@link startDynamoDb} starts it as a child, and it ends when its parent does. */
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

/** Longer than AWS clients keep an idle connection, so that they do not write to one that is being closed. */
const keepAliveMilliseconds = 120_000;

/**
 * Bytes of writes that LevelDB keeps in memory before it writes a file. With its default of 4 MB, an import spends a
 * fifth of its time on merging small files.
 */
const writeBufferSize = 16 * 2 ** 20;

/** How long running requests may continue after the engine is told to stop. */
const graceMilliseconds = 1_000;

/** The LevelDB classes that dynalite loads, wherever the package manager has installed them. */
interface LevelClass {
  readonly prototype: LevelPrototype;
  new (path: string): { open(): Promise<void>; close(): Promise<void> };
}
const require = createRequire(createRequire(import.meta.url).resolve('dynalite'));
const { Level }: { Level: LevelClass } = require('level');
const { MemoryLevel }: { MemoryLevel: LevelClass } = require('memory-level');

// Only the owner may read the folder of `--data`.
process.umask(0o077);
// Ctrl-C reaches every process of the terminal; the parent decides when the engine ends.
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
    // The parent sends `stop` and then disconnects. Closing twice would end the process before the store is closed.
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

/** Opens the store once in advance, because dynalite opens it during the first request and hides the error. */
async function tryOpen(directory: string): Promise<void> {
  const level = new Level(directory);
  await level.open();
  await level.close();
}

/** dynalite has one file per operation. */
function listSupportedOperations(): string[] {
  const folder = join(dirname(createRequire(import.meta.url).resolve('dynalite')), 'actions');
  return readdirSync(folder).map((name) => name.charAt(0).toUpperCase() + name.slice(1, -'.js'.length));
}

function fail(error: NodeJS.ErrnoException): void {
  // LevelDB's error only says that it could not open the database; its cause says why.
  const { message, code }: NodeJS.ErrnoException = error.cause instanceof Error ? error.cause : error;
  report({ kind: 'failed', message, ...(code === undefined ? {} : { code }) }, () => process.exit(1));
}

function report(message: EngineMessage, sent?: () => void): void {
  process.send?.(message, undefined, undefined, sent);
}
