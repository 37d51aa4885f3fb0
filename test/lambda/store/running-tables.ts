import { BatchWriteItemCommand, type DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll } from 'vitest';
import type { LocalDynamoDb } from '../../../emulators/dynamodb/start.ts';
import { makeDynamoDbClient } from '../../../lambda/aws/dynamodb-client.ts';
import { divideIntoChunks } from '../../../lambda/store/concurrency.ts';
import type { Item } from '../../../lambda/store/items.ts';
import type { LedgerTables, WriteMode } from '../../../lambda/store/ledger-tables.ts';
import { ledgerTables, type TableDefinition, tables } from '../../../lambda/store/tables.ts';
import { LedgerWriter } from '../../../lambda/store/writer.ts';
import { startLedgerTables } from '../../../local/ledger-tables.ts';

/** The engine of this process, which ends with it. The files that share a process use it one after the other. */
let shared: Promise<LocalDynamoDb> | undefined;

/** The tables in an engine, for the tests of a file: empty when they begin. */
export class RunningTables {
  #engine: LocalDynamoDb | undefined;
  #client: DynamoDBClient | undefined;

  async start(): Promise<void> {
    shared ??= startLedgerTables({ port: 0 });
    this.#engine = await shared;
    this.#client = this.newClient();
    await this.clear();
  }

  stop(): void {
    this.#client?.destroy();
  }

  get endpoint(): string {
    if (this.#engine === undefined) throw new Error('The engine is not started');
    return this.#engine.endpoint;
  }

  /** A client that prepares and inspects the tables. */
  get client(): DynamoDBClient {
    if (this.#client === undefined) throw new Error('The engine is not started');
    return this.#client;
  }

  /** A new client like that of the functions, so that its middleware concerns one test. */
  newClient(endpoint = this.endpoint): DynamoDBClient {
    const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };
    return makeDynamoDbClient({ endpoint, region: 'us-east-1', credentials });
  }

  /** A writer that remembers no SIM yet, like that of a new process. */
  newWriter(client: DynamoDBClient = this.client, writes: WriteMode = 'batched'): LedgerWriter {
    return new LedgerWriter({ ...ledgerTablesOf(client), writes });
  }

  /** All items of a table in the order of their keys, or those of the given SIMs. */
  async items(table: string, ...sims: readonly string[]): Promise<Item[]> {
    const items: Item[] = [];
    for await (const page of paginateScan(
      { client: this.client },
      { TableName: table, ConsistentRead: true },
    )) {
      items.push(...(page.Items ?? []));
    }
    return items
      .filter(({ sim }) => sims.length === 0 || sims.includes(sim?.S ?? ''))
      .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  }

  /** All items of the ledger without their expiry, which depends on when a record arrived. */
  async everything(): Promise<Record<string, Item[]>> {
    const all = await Promise.all(
      ledgerTables.map(async ({ name }) => [name, (await this.items(name)).map(withoutExpiry)] as const),
    );
    return Object.fromEntries(all);
  }

  /** Deletes all items of these tables, by default of all. */
  async clear(...names: readonly string[]): Promise<void> {
    for (const table of tables.filter(({ name }) => names.length === 0 || names.includes(name))) {
      const keys = (await this.items(table.name)).map((item) => keyAttributes(table, item));
      for (const chunk of divideIntoChunks(keys, 25)) {
        const requests = chunk.map((Key) => ({ DeleteRequest: { Key } }));
        await this.client.send(new BatchWriteItemCommand({ RequestItems: { [table.name]: requests } }));
      }
    }
  }
}

/** Provides empty tables before the tests of a file. */
export function runningTables(): RunningTables {
  const running = new RunningTables();
  beforeAll(() => running.start());
  afterAll(() => running.stop());
  return running;
}

/** The tables under their local names. */
export function ledgerTablesOf(client: DynamoDBClient): LedgerTables {
  return {
    client,
    sessions: 'Sessions',
    usage: 'Usage',
    events: 'Events',
    sims: 'Sims',
    eventRetentionDays: 90,
    usageRetentionDays: 0,
    writes: 'batched',
  };
}

export function withoutExpiry({ expiresAt, ...item }: Item): Item {
  return item;
}

/** The attributes of an item that are its key. */
export function keyAttributes(table: TableDefinition, item: Item): Item {
  const names = [table.partitionKey, table.sortKey].filter((name) => name !== undefined);
  return Object.fromEntries(Object.entries(item).filter(([name]) => names.includes(name)));
}

function keyOf(item: Item): string {
  const { sim, sessionId, usageId, eventKey, object } = item;
  return usageId === undefined && eventKey === undefined
    ? `${(sim ?? object)?.S} ${sessionId?.S}`
    : `${sim?.S} ${(usageId ?? eventKey)?.S}`;
}
