import { randomUUID } from 'node:crypto';
import { DeleteItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { parseJson, toJsonObject } from '../json/json.ts';
import { hashText } from '../ledger/hash-text.ts';
import { putItems } from './batch-put.ts';
import { forEachConcurrently, maxRequests } from './concurrency.ts';
import type { Item } from './items.ts';
import { readPartition } from './query-pages.ts';
import { alertStateTable, lateRecordPrefix } from './tables.ts';

/**
 * Notes of late records, in the table AlertState: records that arrived later than their source usually is. Sweeps have
 * already judged the time that these records are about, and must judge it again.
 *
 * A note lists as many SIMs as fit into one write unit. It is put after the records are stored and before they count as
 * delivered. A sweep judges the SIMs of the notes that it has read by what was stored then, and deletes exactly these
 * notes. For SIMs that it could not judge, it puts a new note first. So notes need no conditions: a repetition or a
 * crash only leaves one note too many.
 */

/** A stored note. */
export interface LateNote {
  readonly key: Item;
  /** By SIM, the earliest time that a late record is about, in milliseconds since the epoch. */
  readonly from: ReadonlyMap<string, number>;
}

/** The content of all notes. */
export interface LateRecords {
  /** By SIM, the earliest time that a late record is about, in milliseconds since the epoch. */
  readonly from: ReadonlyMap<string, number>;
  readonly notes: readonly LateNote[];
}

const { partitionKey, sortKey, expiryAttribute } = alertStateTable;

/** Partitions that notes are spread over, so that the history of a large fleet is not written to a single one. */
export const lateRecordPartitions = 16;

/** How long a note is kept if no sweep judges it, for example because no rule is left. */
const keptSeconds = 8 * 86_400;

/** The most bytes of a note's content. With its key and its expiry, the note fits into a write unit of 1,024 bytes. */
export const maxNoteBytes = 880;

/** Notes in the table AlertState. */
export class LateRecordNotes {
  readonly #client: DynamoDBClient;
  readonly #tableName: string;
  readonly #makeId: () => string;
  readonly #partitions: number;

  /** @param options what makes an id that no other note has, and over how many partitions to spread notes. */
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
   * @param late by SIM, the earliest time that a late record is about, in milliseconds since the epoch.
   * @param now milliseconds since the epoch.
   * @throws the error of the first note that was not put.
   */
  async put(late: Iterable<readonly [string, number]>, now: number): Promise<void> {
    const expiresAt = { N: String(Math.ceil(now / 1_000) + keptSeconds) };
    const puts = writeContents(late).map((content) => {
      const id = this.#makeId();
      const key = {
        [partitionKey]: { S: makePartition(hashText(id) % this.#partitions) },
        [sortKey]: { S: id },
      };
      const item = { ...key, content: { S: content }, [expiryAttribute]: expiresAt };
      return { tableName: this.#tableName, key, item };
    });
    const failed = await putItems(this.#client, puts);
    for (const error of failed.values()) throw error;
  }

  /** All notes, read consistently. */
  async list(): Promise<LateRecords> {
    const partitions = await Promise.all(
      Array.from({ length: this.#partitions }, (_, index) =>
        readPartition(this.#client, this.#tableName, partitionKey, { S: makePartition(index) }),
      ),
    );
    const notes = partitions.flat().flatMap(readNote);
    const from = new Map<string, number>();
    for (const note of notes) {
      for (const [sim, at] of note.from) from.set(sim, Math.min(at, from.get(sim) ?? at));
    }
    return { from, notes };
  }

  /**
   * Deletes notes whose SIMs were judged. First notes the SIMs that were not judged again.
   *
   * @param judged whether a SIM was judged.
   * @param now milliseconds since the epoch.
   * @throws Error if a note was not put or deleted. The next sweep then judges its SIMs again.
   */
  async settle(notes: readonly LateNote[], judged: (sim: string) => boolean, now: number): Promise<void> {
    const begun = notes.filter(({ from }) => hasSome(from.keys(), judged));
    await this.put(
      begun.flatMap(({ from }) => [...from].filter(([sim]) => !judged(sim))),
      now,
    );
    await forEachConcurrently(begun, maxRequests, async ({ key: Key }) => {
      await this.#client.send(new DeleteItemCommand({ TableName: this.#tableName, Key }));
    });
  }
}

/** The notes' contents: JSON objects of times by SIM. */
function writeContents(late: Iterable<readonly [string, number]>): string[] {
  const contents: string[] = [];
  let members: string[] = [];
  let bytes = 0;
  const close = (): void => {
    if (members.length > 0) contents.push(`{${members.join(',')}}`);
    members = [];
    bytes = 0;
  };
  for (const [sim, from] of late) {
    const member = `${JSON.stringify(sim)}:${from}`;
    const added = Buffer.byteLength(member) + 1;
    if (bytes + added >= maxNoteBytes) close();
    members.push(member);
    bytes += added;
  }
  close();
  return contents;
}

function readNote({ [partitionKey]: partition, [sortKey]: entry, content }: Item): LateNote[] {
  if (partition === undefined || entry === undefined || content?.S === undefined) return [];
  const members = Object.entries(toJsonObject(parseJson(content.S)) ?? {});
  return [
    {
      key: { [partitionKey]: partition, [sortKey]: entry },
      from: new Map(members.map(([sim, at]) => [sim, Number(at)])),
    },
  ];
}

function hasSome<Value>(values: Iterable<Value>, holds: (value: Value) => boolean): boolean {
  for (const value of values) if (holds(value)) return true;
  return false;
}

function makePartition(index: number): string {
  return `${lateRecordPrefix}${index}`;
}
