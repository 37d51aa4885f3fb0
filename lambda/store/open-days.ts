import { DeleteItemCommand, type DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { OpenDay, OpenDays } from '../days/open-days.ts';
import { compileCodec, type Item } from './codec.ts';
import { readText } from './item-attributes.ts';
import { readPartition } from './query-pages.ts';
import { dayStateTable } from './tables.ts';

const { partitionKey, sortKey } = dayStateTable;

/** The partition key of open days. */
const subject = { S: 'open' };

/** An open day's item, without its key. */
type OpenTimes = Omit<OpenDay, 'day'>;

/** Encodes and decodes an open day's item, without its key. */
export const openTimesCodec = compileCodec<OpenTimes>({ orderedAt: 'number?', unreadAt: 'number?' });

/** Closed days that are not sealed: one item of DayState for each. */
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
    const noted = Object.entries(openTimesCodec.encode(times));
    const assignments = noted.map(([name]) => `${name} = if_not_exists(${name}, :${name})`);
    await this.#client.send(
      new UpdateItemCommand({
        TableName: this.#tableName,
        Key: makeKey(day),
        UpdateExpression: `SET ${assignments.join(', ')}`,
        ExpressionAttributeValues: Object.fromEntries(noted.map(([name, value]) => [`:${name}`, value])),
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

function decodeOpenDay(item: Item): OpenDay {
  return { day: readText(item, sortKey), ...openTimesCodec.decode(item) };
}
