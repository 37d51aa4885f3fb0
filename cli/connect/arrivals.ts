import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import type { KinesisStreamRecord } from 'aws-lambda';
import type { Observations } from '../../lambda/ledger/observation.ts';
import type { Item } from '../../lambda/store/items.ts';
import { readItem } from '../../lambda/store/registers.ts';
import { eventsTable, sessionsTable, simsTable, usageTable } from '../../lambda/store/tables.ts';
import type { Deployment, Places } from '../deployment/deployment.ts';
import { eventRecord, listShards, ShardIterator } from '../replay/retained-records.ts';

/** Follows a stream: brings what arrives after it was opened, of all shards. */
export class StreamTail {
  readonly #client: KinesisClient;
  readonly #streamArn: string;
  readonly #shards = new Map<string, ShardIterator>();

  constructor(client: KinesisClient, streamArn: string) {
    this.#client = client;
    this.#streamArn = streamArn;
  }

  /** What arrives from now on is brought. */
  async open(): Promise<void> {
    await this.#add('latest');
  }

  /** What has arrived since the last call, as the consumer gets it. A shard is read once. */
  async read(): Promise<KinesisStreamRecord[]> {
    const found: KinesisStreamRecord[] = [];
    let isSplit = false;
    for (const [shardId, shard] of this.#shards) {
      const answer = await shard.next();
      for (const record of answer?.Records ?? []) found.push(eventRecord(record, this.#streamArn, shardId));
      isSplit ||= answer !== undefined && answer.NextShardIterator === undefined;
    }
    // Shards that others were split into or merged to began while those were read.
    if (isSplit) await this.#add(undefined);
    return found;
  }

  async #add(from: 'latest' | undefined): Promise<void> {
    for (const shardId of await listShards(this.#client, this.#streamArn)) {
      if (this.#shards.has(shardId)) continue;
      const shard = new ShardIterator(this.#client, this.#streamArn, shardId, from);
      await shard.open();
      this.#shards.set(shardId, shard);
    }
  }
}

/** An item that a record is about, where it stands. */
export interface StoredItem {
  readonly table: keyof Places['tables'];
  /** Undefined while it is not there. */
  readonly item: Item | undefined;
}

/** The items that a record is about, as the tables hold them now. */
export function readStoredItems(
  { dynamoDb, places }: Pick<Deployment, 'dynamoDb' | 'places'>,
  { session, usage, event, sim }: Observations,
): Promise<readonly StoredItem[]> {
  const text = (S: string): AttributeValue => ({ S });
  const keys: (readonly [StoredItem['table'], Record<string, AttributeValue>])[] = [];
  if (session !== undefined) {
    const { partitionKey, sortKey } = sessionsTable;
    keys.push(['sessions', { [partitionKey]: text(session.sim), [sortKey]: text(session.sessionId) }]);
  }
  if (usage !== undefined) {
    const { partitionKey, sortKey } = usageTable;
    keys.push(['usage', { [partitionKey]: text(usage.sim), [sortKey]: text(usage.usageId) }]);
  }
  if (event !== undefined) {
    const { partitionKey, sortKey } = eventsTable;
    keys.push(['events', { [partitionKey]: text(event.sim), [sortKey]: text(event.eventKey) }]);
  }
  if (sim !== undefined) keys.push(['sims', { [simsTable.partitionKey]: text(sim.sim) }]);
  return Promise.all(
    keys.map(async ([table, key]) => ({
      table,
      item: await readItem(dynamoDb, places.tables[table], key),
    })),
  );
}
