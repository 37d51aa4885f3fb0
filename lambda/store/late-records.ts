import { randomUUID } from 'node:crypto';
import { DeleteItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { hashText } from '../ledger/hash-text.ts';
import { putItems } from './batch-put.ts';
import { forEachConcurrently, maxRequests } from './concurrency.ts';
import type { Item } from './items.ts';
import { readPartition } from './query-pages.ts';
import { alertStateTable, lateRecordPrefix } from './tables.ts';

/**
 * Notes of records that came later than their source's lateness, in the table AlertState: sweeps of alerts have judged the
 * time that they tell of, and judge it again.
 *
 * A note is an item of its own, put after the records are stored and before they count as taken in. A sweep deletes just
 * the notes that it has read, once it has judged their SIM by what was stored then. So notes need no conditions: done
 * again, or cut by a crash, there is one note too many.
 */

/** A SIM's late records. */
export interface LateRecords {
  /** The earliest moment that one tells of, in milliseconds since the epoch. */
  readonly from: number;
  /** The keys of the notes. */
  readonly notes: readonly Item[];
}

const { partitionKey, sortKey, expiryAttribute } = alertStateTable;

/** Partitions over which notes are spread, so that history of a large fleet is not written into one. */
export const lateRecordPartitions = 16;

/** How long a note is kept that no sweep judges, as where no rule is left. */
const keptSeconds = 8 * 86_400;

/** Notes in the table AlertState. */
export class LateRecordNotes {
  readonly #client: DynamoDBClient;
  readonly #tableName: string;
  readonly #makeId: () => string;
  readonly #partitions: number;

  /** @param options what makes an id that no other note has, and over how many partitions notes are spread. */
  constructor(
    client: DynamoDBClient,
    tableName: string,
    {
      makeId = randomUUID,
      partitions = lateRecordPartitions,
    }: { readonly makeId?: () => string; readonly partitions?: number } = {},
  ) {
    this.#client = client;
    this.#tableName = tableName;
    this.#makeId = makeId;
    this.#partitions = partitions;
  }

  /**
   * Notes late records.
   *
   * @param late the earliest moment that a late record of each SIM tells of, in milliseconds since the epoch.
   * @param now milliseconds since the epoch.
   * @throws Error when a note was not put.
   */
  async put(late: ReadonlyMap<string, number>, now: number): Promise<void> {
    const expiresAt = { N: String(Math.ceil(now / 1_000) + keptSeconds) };
    const puts = [...late].map(([sim, from]) => {
      const key = {
        [partitionKey]: { S: makePartition(hashText(sim) % this.#partitions) },
        [sortKey]: { S: `${sim}#${this.#makeId()}` },
      };
      const item = { ...key, lateFrom: { N: String(from) }, [expiryAttribute]: expiresAt };
      return { tableName: this.#tableName, key, item };
    });
    const failed = await putItems(this.#client, puts);
    for (const error of failed.values()) throw error;
  }

  /** All notes by SIM, by consistent reads. */
  async list(): Promise<Map<string, LateRecords>> {
    const late = new Map<string, { from: number; notes: Item[] }>();
    await Promise.all(
      Array.from({ length: this.#partitions }, async (_, index) => {
        const partition = { S: makePartition(index) };
        const items = await readPartition(this.#client, this.#tableName, partitionKey, partition);
        for (const item of items) addNote(late, item);
      }),
    );
    return late;
  }

  /** Deletes notes whose SIM was judged. */
  async delete({ notes }: LateRecords): Promise<void> {
    await forEachConcurrently(notes, maxRequests, async (Key) => {
      await this.#client.send(new DeleteItemCommand({ TableName: this.#tableName, Key }));
    });
  }
}

function addNote(late: Map<string, { from: number; notes: Item[] }>, item: Item): void {
  const { [partitionKey]: partition, [sortKey]: entry, lateFrom } = item;
  if (partition === undefined || entry?.S === undefined) return;
  const sim = entry.S.slice(0, entry.S.lastIndexOf('#'));
  const from = Number(lateFrom?.N ?? 0);
  const known = late.get(sim) ?? { from, notes: [] };
  known.from = Math.min(known.from, from);
  known.notes.push({ [partitionKey]: partition, [sortKey]: entry });
  late.set(sim, known);
}

function makePartition(index: number): string {
  return `${lateRecordPrefix}${index}`;
}
