import { DeleteItemCommand, type DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { OpenDay, OpenDays } from '../days/open-days.ts';
import type { Item } from './items.ts';
import { readPartition } from './query-pages.ts';
import { dayStateTable } from './tables.ts';

const { partitionKey, sortKey } = dayStateTable;

/** The partition of open days. */
const subject = { S: 'open' };

/** Closed days that are not sealed, as items of DayState: one a day. */
export class OpenDaysTable implements OpenDays {
  readonly #client: DynamoDBClient;
  readonly #tableName: string;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#tableName = tableName;
  }

  async list(): Promise<OpenDay[]> {
    return (await readPartition(this.#client, this.#tableName, partitionKey, subject)).map(decodeOpenDay);
  }

  async note({ day, ...times }: OpenDay): Promise<void> {
    const noted = Object.entries(times).filter(([, time]) => time !== undefined);
    await this.#client.send(
      new UpdateItemCommand({
        TableName: this.#tableName,
        Key: makeKey(day),
        UpdateExpression: `SET ${noted.map(([name]) => `${name} = if_not_exists(${name}, :${name})`).join(', ')}`,
        ExpressionAttributeValues: Object.fromEntries(
          noted.map(([name, time]) => [`:${name}`, { N: String(time) }]),
        ),
      }),
    );
  }

  async remove(day: string): Promise<void> {
    await this.#client.send(new DeleteItemCommand({ TableName: this.#tableName, Key: makeKey(day) }));
  }
}

function makeKey(day: string): Item {
  return { [partitionKey]: subject, [sortKey]: { S: day } };
}

function decodeOpenDay({ [sortKey]: day, orderedAt, unreadAt }: Item): OpenDay {
  return {
    day: day?.S ?? '',
    ...(orderedAt?.N !== undefined && { orderedAt: Number(orderedAt.N) }),
    ...(unreadAt?.N !== undefined && { unreadAt: Number(unreadAt.N) }),
  };
}
