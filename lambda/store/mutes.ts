import { DeleteItemCommand, type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { Mute } from '../alerts/mutes.ts';
import { toMilliseconds } from '../ledger/time.ts';
import { compileCodec, type Item } from './codec.ts';
import { readPartition } from './query-pages.ts';
import { alertStateTable } from './tables.ts';

/** Mutes of alerts: their items, reads and writes. */

const muteCodec = compileCodec<Mute>({
  id: 'text',
  rule: 'text?',
  sim: 'text?',
  source: 'text?',
  until: 'text',
  reason: 'text?',
  createdAt: 'text',
});

const { partitionKey, sortKey, expiryAttribute } = alertStateTable;

/** The partition key of all mutes. */
export const mutesPartition = 'mutes';

/** How long a mute is kept after its end. DynamoDB may delete it even later, so readers must look at its end. */
const keptMilliseconds = 7 * 86_400_000;

/** A mute as its item. */
export function encodeMute(mute: Mute): Item {
  const expiresAt = Math.ceil((toMilliseconds(mute.until) + keptMilliseconds) / 1_000);
  return { ...muteCodec.encode(mute), ...makeKey(mute.id), [expiryAttribute]: { N: String(expiresAt) } };
}

function makeKey(id: string): Item {
  return { [partitionKey]: { S: mutesPartition }, [sortKey]: { S: id } };
}

/** The mutes of a deployment. */
export class MutesTable {
  readonly #client: DynamoDBClient;
  readonly #tableName: string;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#tableName = tableName;
  }

  /** All mutes, also those that have ended, by id. Reads consistently. */
  async list(): Promise<Mute[]> {
    const items = await readPartition(this.#client, this.#tableName, partitionKey, { S: mutesPartition });
    return items.map(muteCodec.decode);
  }

  /** Stores a mute. Replaces one with the same scope. */
  async put(mute: Mute): Promise<void> {
    await this.#client.send(new PutItemCommand({ TableName: this.#tableName, Item: encodeMute(mute) }));
  }

  /** @returns whether there was a mute with this id. */
  async delete(id: string): Promise<boolean> {
    const { Attributes: deleted } = await this.#client.send(
      new DeleteItemCommand({ TableName: this.#tableName, Key: makeKey(id), ReturnValues: 'ALL_OLD' }),
    );
    return deleted !== undefined;
  }
}
