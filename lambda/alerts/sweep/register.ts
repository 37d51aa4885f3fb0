import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { readNumber, readText } from '../../store/item-attributes.ts';
import type { Item } from '../../store/items.ts';
import { readPartition } from '../../store/query-pages.ts';
import { putRevision } from '../../store/revisions.ts';
import { alertStateTable } from '../../store/tables.ts';

const { partitionKey, sortKey } = alertStateTable;

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
    const items = await readPartition(this.#client, this.#tableName, partitionKey, { S: this.#subject });
    return new Map(items.map((item) => [readText(item, sortKey), decodeEntry<Content>(item)]));
  }

  /**
   * Writes what an entry lists, on condition that it is as it was read.
   *
   * @param revision of what was read.
   * @returns whether it was.
   */
  async write(name: string, content: readonly Content[], revision: number): Promise<boolean> {
    const item: Item = {
      [partitionKey]: { S: this.#subject },
      [sortKey]: { S: name },
      content: { S: JSON.stringify(content) },
      revision: { N: String(revision + 1) },
    };
    return putRevision(this.#client, this.#tableName, item, { partitionKey, revision });
  }
}

function decodeEntry<Content>(item: Item): Entry<Content> {
  return {
    revision: readNumber(item, 'revision'),
    content: JSON.parse(item['content']?.S ?? '[]') as readonly Content[],
  };
}
