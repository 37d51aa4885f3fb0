import { type DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { type MarkName, markNames } from '../ledger/heard.ts';
import { stampValue } from './codec.ts';
import { holdsCondition } from './conditions.ts';
import { simsTable } from './tables.ts';

/** When a SIM was heard, cut to the granule, ISO 8601. Unknown marks are absent. */
export type KnownMarks = Readonly<Partial<Record<MarkName, string>>>;

/**
 * Adds marks to SIMs whose records were stored before marks existed. It derives them from the stored records, so that
 * items stay a function of the records.
 */
export class SimMarks {
  readonly #client: DynamoDBClient;
  readonly #tableName: string;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#tableName = tableName;
  }

  /** Writes marks of a SIM that has an item. A later mark that is stored stays. */
  async write(sim: string, marks: KnownMarks): Promise<void> {
    for (const name of markNames) {
      const at = marks[name];
      if (at !== undefined) await this.#write(sim, name, at);
    }
  }

  async #write(sim: string, name: MarkName, at: string): Promise<void> {
    // If the condition fails, a record that arrived meanwhile has stated a mark that is at least as late.
    await holdsCondition(
      this.#client.send(
        new UpdateItemCommand({
          TableName: this.#tableName,
          Key: { [simsTable.partitionKey]: { S: sim } },
          UpdateExpression: 'SET #mark = :at',
          ConditionExpression: 'attribute_exists(#sim) AND (attribute_not_exists(#mark) OR #mark < :at)',
          ExpressionAttributeNames: { '#sim': simsTable.partitionKey, '#mark': `${name}At` },
          ExpressionAttributeValues: { ':at': stampValue(at) },
        }),
      ),
    );
  }
}
