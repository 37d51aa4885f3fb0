import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  type ServiceInputTypes,
} from '@aws-sdk/client-dynamodb';
import { ClientBucket } from '../lambda/aws/client-bucket.ts';
import { makeLateNotes } from '../lambda/aws/ledger-ports.ts';
import { type ChunkFence, noDaysClosed } from '../lambda/days/fence/chunk-fence.ts';
import { openFile } from '../lambda/ingest/files/file-store.ts';
import type { ImportPorts } from '../lambda/ingest/files/import-file.ts';
import { formatCopySource } from '../lambda/ingest/files/messages.ts';
import { type Entry, type Ingested, ingest, type LedgerPorts } from '../lambda/ingest/ingest.ts';
import { waitBeforeRetry } from '../lambda/store/concurrency.ts';
import { FiledRecordNotes } from '../lambda/store/filed-records.ts';
import { FilesTable } from '../lambda/store/files.ts';
import type { LedgerTables } from '../lambda/store/ledger-tables.ts';
import type { Manifest } from '../lambda/store/manifest.ts';
import { BucketQuarantine, keepFile, type Quarantine } from '../lambda/store/quarantine.ts';
import { readItem } from '../lambda/store/registers.ts';
import { LedgerWriter } from '../lambda/store/writer.ts';
import type { Deployment } from './deployment/deployment.ts';

/** Writes the ledger for commands: with the functions' own writer, really or in a dry run. */

/** Whether the command writes anything. */
export interface Effect {
  readonly dryRun: boolean;
}

/** A deployment's ledger, as {@link ingest} writes it. */
export function openLedgerPorts(
  deployment: Deployment,
  effect: Effect,
): LedgerPorts & { readonly writer: LedgerWriter } {
  return {
    writer: makeWriter(deployment, effect),
    quarantine: makeQuarantine(deployment, effect),
    fence: chooseFence(deployment, effect),
    ...chooseNotes(deployment, effect),
  };
}

/** A deployment's writer. In a dry run it reads stored items, gives the same receipt, and writes nothing. */
function makeWriter(deployment: Deployment, { dryRun }: Effect): LedgerWriter {
  const client = dryRun ? blockWrites(deployment.openDynamoDb()) : deployment.dynamoDb;
  const tables = makeLedgerTables(deployment, client);
  // A dry run uses single writes, which have the same outcome.
  return new LedgerWriter(dryRun ? { ...tables, writes: 'single' } : tables);
}

/** A deployment's tables, accessed through a client. */
export function makeLedgerTables({ places }: Deployment, client: DynamoDBClient): LedgerTables {
  const { sessions, usage, events, sims } = places.tables;
  const { eventRetentionDays, usageRetentionDays, writes } = places;
  return { client, sessions, usage, events, sims, eventRetentionDays, usageRetentionDays, writes };
}

/** A deployment's quarantine. In a dry run it keeps nothing. */
function makeQuarantine(deployment: Deployment, { dryRun }: Effect): Quarantine {
  if (dryRun) return { keep: async () => undefined };
  return new BucketQuarantine(makeRejectBucket(deployment));
}

/** A deployment's fence. A dry run writes nothing, so it needs no permission from the fence. */
function chooseFence({ fence }: Deployment, { dryRun }: Effect): ChunkFence {
  return dryRun ? noDaysClosed : fence;
}

/**
 * Picks how late records are noted, if the deployment judges alerts, and records that came in files. A dry run notes
 * nothing.
 */
function chooseNotes(
  { dynamoDb, places }: Deployment,
  { dryRun }: Effect,
): Pick<LedgerPorts, 'noteLate' | 'noteFiled'> {
  if (dryRun) return {};
  const state = places.alertTables?.state;
  const filed = new FiledRecordNotes(dynamoDb, places.dayTables.dayState);
  return {
    noteFiled: (records) => filed.put(records),
    ...(state !== undefined && { noteLate: makeLateNotes(dynamoDb, state) }),
  };
}

function makeRejectBucket({ s3, places }: Deployment): ClientBucket {
  return new ClientBucket(s3, places.quarantineBucket);
}

/**
 * Passes a client's reads on, and answers its writes as if they had succeeded. It answers an update as if its condition
 * had failed, with the stored item: the writer then merges in memory, and knows whether that changes anything.
 */
export function blockWrites(client: DynamoDBClient): DynamoDBClient {
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        if (reads.has(commandName ?? '')) return next(args);
        await rehearse(client, commandName ?? '', args.input);
        return { output: { $metadata: {} }, response: {} };
      },
    { step: 'initialize', name: 'withoutWrites' },
  );
  return client;
}

const reads = new Set(['GetItemCommand', 'BatchGetItemCommand', 'QueryCommand', 'ScanCommand']);
/** Writes whose condition cannot fail, because the stored item was read before. */
const plainWrites = new Set(['PutItemCommand', 'BatchWriteItemCommand']);

async function rehearse(client: DynamoDBClient, command: string, input: ServiceInputTypes): Promise<void> {
  if (plainWrites.has(command)) return;
  if (command !== 'UpdateItemCommand' || !('Key' in input) || !('TableName' in input)) {
    throw new Error(`A dry run does not support ${command}`);
  }
  const stored = await readItem(client, input.TableName ?? '', input.Key ?? {});
  if (stored === undefined) return;
  throw new ConditionalCheckFailedException({
    message: 'Something is stored already',
    $metadata: {},
    Item: stored,
  });
}

/** How often to try a batch while the tables or the quarantine do not accept all of it. */
const maxAttempts = 4;

/**
 * Stores a batch, and retries until all of it is stored or the attempts are used up; its receipt says what failed. It
 * reads stored items first: most records arrive again without change, and reading costs less than writing.
 *
 * @param readBatch reads the batch, once for each attempt: decompressed, its records may not all fit in memory.
 */
export async function takeIn(readBatch: () => Iterable<Entry>, ports: LedgerPorts): Promise<Ingested> {
  for (let attempt = 1; ; attempt += 1) {
    const ingested = await ingest(readBatch(), ports, {
      readBeforeWrite: true,
      writtenAt: Date.now(),
      // An earlier run may have been interrupted.
      isRetry: true,
    });
    if (ingested.receipt.failed === 0 || attempt === maxAttempts) return ingested;
    await waitBeforeRetry(attempt, 200);
  }
}

/** How to import a file on this machine. */
export interface FileImportOptions {
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
}

/**
 * The importer's ports, for an import on this machine with the caller's permissions. In a dry run, manifests stay in
 * memory, and each import begins at the file's beginning.
 */
export function makeImportPorts(deployment: Deployment, { dryRun, signal }: FileImportOptions): ImportPorts {
  const { dynamoDb, s3, places } = deployment;
  return {
    ...openLedgerPorts(deployment, { dryRun }),
    noteFile: dryRun ? undefined : makeFileNote(deployment),
    files: dryRun ? new RehearsedFiles() : new FilesTable(dynamoDb, places.tables.files),
    open: (object, from) => openFile(s3, object, from),
    keepFile: async (object, reject) => {
      if (!dryRun) await keepFile(makeRejectBucket(deployment), reject, formatCopySource(object));
    },
    count: () => undefined,
    // The import records its progress and ends; the next one continues there.
    isTimeShort: () => signal.aborted,
    askedAt: Date.now(),
    now: Date.now,
  };
}

/** Notes files in a deployment's DayState table. */
function makeFileNote({ dynamoDb, places }: Deployment): NonNullable<ImportPorts['noteFile']> {
  const notes = new FiledRecordNotes(dynamoDb, places.dayTables.dayState);
  return (file) => notes.putFile(file);
}

class RehearsedFiles {
  readonly #manifests = new Map<string, Manifest>();

  async read(object: string): Promise<Manifest | undefined> {
    return this.#manifests.get(object);
  }

  async write(manifest: Manifest): Promise<void> {
    this.#manifests.set(manifest.object, manifest);
  }
}
