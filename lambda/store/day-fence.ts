import { type DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { compileCodec, type Item } from './codec.ts';
import { holdsCondition } from './conditions.ts';
import { readItem } from './registers.ts';
import { dayStateTable } from './tables.ts';

/** The fence: the last closed day. It is an item of the table DayState, and only moves forward. */

/** The fence's item, without its key. */
interface Fence {
  /** The UTC day, for example `2026-11-02`. */
  readonly closedThrough: string;
}

/** Encodes and decodes the fence's item, without its key. */
export const fenceCodec = compileCodec<Fence>({ closedThrough: 'text' });

/** The key of the fence's item. */
export const fenceKey: Item = {
  [dayStateTable.partitionKey]: { S: 'fence' },
  [dayStateTable.sortKey]: { S: 'all' },
};

/** The fence of a deployment. */
export class FenceTable {
  readonly #client: DynamoDBClient;
  readonly #tableName: string;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#tableName = tableName;
  }

  /** The last closed day, read consistently; undefined if no day was ever closed. */
  async read(): Promise<string | undefined> {
    const item = await readItem(this.#client, this.#tableName, fenceKey);
    return item === undefined ? undefined : fenceCodec.decode(item).closedThrough;
  }

  /** Moves the fence forward to a day. Does nothing if it is there or further on. */
  async advance(through: string): Promise<void> {
    await holdsCondition(
      this.#client.send(
        new UpdateItemCommand({
          TableName: this.#tableName,
          Key: fenceKey,
          UpdateExpression: 'SET closedThrough = :through',
          ConditionExpression: 'attribute_not_exists(closedThrough) OR closedThrough < :through',
          ExpressionAttributeValues: { ':through': { S: through } },
        }),
      ),
    );
  }
}
