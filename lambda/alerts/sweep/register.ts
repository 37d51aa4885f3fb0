import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { readNumber, readText } from '../../store/item-attributes.ts';
import type { Item } from '../../store/items.ts';
import { readPartition } from '../../store/query-pages.ts';
import { putRevision } from '../../store/revisions.ts';
import { alertStateTable } from '../../store/tables.ts';

const { partitionKey, sortKey } = alertStateTable;

/**
 * What sweeps must agree on, in the table AlertState: an entry changes only if it is still as it was read. If two
 * sweeps find the same outage, one forms its group, and the other sees it.
 */

/** The subject of an entry: `groups` of a rule, or `source-alerts` of a source. */
export type RegisterSubject = 'groups' | 'source-alerts';

/** What an entry lists, and how often it was written: 0 if it never was. */
export interface Entry<Content> {
  readonly revision: number;
  readonly content: readonly Content[];
}

/** Entries of one subject. Their content is stored as JSON, at most 400 KB. */
export class Register<Content> {
  readonly #client: DynamoDBClient;
  readonly #tableName: string;
  readonly #subject: RegisterSubject;

  constructor(client: DynamoDBClient, tableName: string, subject: RegisterSubject) {
    this.#client = client;
    this.#tableName = tableName;
    this.#subject = subject;
  }

  /** All entries with content, by name, read consistently. */
  async list(): Promise<Map<string, Entry<Content>>> {
    const items = await readPartition(this.#client, this.#tableName, partitionKey, { S: this.#subject });
    return new Map(items.map((item) => [readText(item, sortKey), decodeEntry<Content>(item)]));
  }

  /**
   * Writes an entry's content, on condition that it is still as it was read.
   *
   * @param revision the revision that was read.
   * @returns whether the condition held.
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
