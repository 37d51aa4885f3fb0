import { type DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { ScheduleStart } from '../days/schedule-start.ts';
import { compileCodec, type Item } from './codec.ts';
import { readItem } from './registers.ts';
import { dayStateTable } from './tables.ts';

/** The item, without its key. */
interface NotedStart {
  /** The UTC day, for example `2026-11-02`. */
  readonly scheduledFrom: string;
}

/** Encodes and decodes the item, without its key. */
export const startCodec = compileCodec<NotedStart>({ scheduledFrom: 'text' });

/** The item's key. */
export const startKey: Item = {
  [dayStateTable.partitionKey]: { S: 'schedule' },
  [dayStateTable.sortKey]: { S: 'all' },
};

/** The first day that the schedule closes, as an item of DayState that never changes. */
export class ScheduleStartTable implements ScheduleStart {
  readonly #client: DynamoDBClient;
  readonly #tableName: string;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#tableName = tableName;
  }

  async read(): Promise<string | undefined> {
    const item = await readItem(this.#client, this.#tableName, startKey);
    return item === undefined ? undefined : startCodec.decode(item).scheduledFrom;
  }

  async note(day: string): Promise<void> {
    await this.#client.send(
      new UpdateItemCommand({
        TableName: this.#tableName,
        Key: startKey,
        UpdateExpression: 'SET scheduledFrom = if_not_exists(scheduledFrom, :day)',
        ExpressionAttributeValues: { ':day': { S: day } },
      }),
    );
  }
}
