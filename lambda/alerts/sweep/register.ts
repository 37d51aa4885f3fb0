import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
  QueryCommand,
  type QueryCommandOutput,
} from '@aws-sdk/client-dynamodb';
import type { Item } from '../../store/items.ts';
import { alertStateTable } from '../../store/tables.ts';

/**
 * What sweeps must agree on, in the table AlertState: an entry changes only where it is as it was read. So of two sweeps
 * that find the same outage one forms its group, and the other one sees it.
 */

/** An entry: `groups` of a rule, or the `source-alerts` of a source. */
export type RegisterSubject = 'groups' | 'source-alerts';

/** What an entry lists, and how often it was written: 0 where it never was. */
export interface Entry<Content> {
  readonly revision: number;
  readonly content: readonly Content[];
}

/** Entries of one subject. What they list is kept as JSON, in 400 KB at most. */
export class Register<Content> {
  readonly #client: DynamoDBClient;
  readonly #tableName: string;
  readonly #subject: RegisterSubject;

  constructor(client: DynamoDBClient, tableName: string, subject: RegisterSubject) {
    this.#client = client;
    this.#tableName = tableName;
    this.#subject = subject;
  }

  /** All entries that list something, by their names, by a consistent read. */
  async list(): Promise<Map<string, Entry<Content>>> {
    const entries = new Map<string, Entry<Content>>();
    let startKey: Item | undefined;
    do {
      const page: QueryCommandOutput = await this.#client.send(
        new QueryCommand({
          TableName: this.#tableName,
          ConsistentRead: true,
          KeyConditionExpression: '#subject = :subject',
          ExpressionAttributeNames: { '#subject': alertStateTable.partitionKey },
          ExpressionAttributeValues: { ':subject': { S: this.#subject } },
          ...(startKey && { ExclusiveStartKey: startKey }),
        }),
      );
      for (const item of page.Items ?? []) {
        entries.set(item[alertStateTable.sortKey]?.S ?? '', decodeEntry<Content>(item));
      }
      startKey = page.LastEvaluatedKey;
    } while (startKey !== undefined);
    return entries;
  }

  /**
   * Writes what an entry lists, on condition that it is as it was read.
   *
   * @param revision of what was read.
   * @returns whether it was.
   */
  async write(name: string, content: readonly Content[], revision: number): Promise<boolean> {
    const Item: Item = {
      [alertStateTable.partitionKey]: { S: this.#subject },
      [alertStateTable.sortKey]: { S: name },
      content: { S: JSON.stringify(content) },
      revision: { N: String(revision + 1) },
    };
    const condition =
      revision === 0
        ? {
            ConditionExpression: 'attribute_not_exists(#subject)',
            ExpressionAttributeNames: { '#subject': alertStateTable.partitionKey },
          }
        : {
            ConditionExpression: '#revision = :revision',
            ExpressionAttributeNames: { '#revision': 'revision' },
            ExpressionAttributeValues: { ':revision': { N: String(revision) } },
          };
    try {
      await this.#client.send(new PutItemCommand({ TableName: this.#tableName, Item, ...condition }));
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  }
}

function decodeEntry<Content>({ content, revision }: Item): Entry<Content> {
  return {
    revision: Number(revision?.N ?? 0),
    content: JSON.parse(content?.S ?? '[]') as readonly Content[],
  };
}
