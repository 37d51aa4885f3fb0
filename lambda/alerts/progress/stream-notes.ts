import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { readText } from '../../store/item-attributes.ts';
import type { Item } from '../../store/items.ts';
import { readPartition } from '../../store/query-pages.ts';
import { readItem } from '../../store/registers.ts';
import { alertStateTable, shardNotePrefix } from '../../store/tables.ts';
import {
  type BatchNote,
  type BatchRecord,
  type DoneRecord,
  endBatch,
  type LaneNote,
  noteBatch,
  type ShardNotes,
} from '../watermark.ts';

/**
 * Notes of how far a stream's shards were read: one item of AlertState per shard, with an attribute for each note.
 * Concurrent batches of a shard change the same item, each its own attributes.
 */

/** A batch of one shard. */
export interface ShardBatch {
  readonly source: string;
  /** For example `shardId-000000000000`. */
  readonly shard: string;
  readonly records: readonly BatchRecord[];
}

/** Notes when a batch begins and how it ends. */
export interface BatchProgress {
  /** @throws the store's errors. */
  begin(batch: ShardBatch): Promise<void>;
  /**
   * @param unfinished the records that will be delivered again: the last ones of the batch.
   * @throws the store's errors.
   */
  end(batch: ShardBatch, unfinished: readonly BatchRecord[]): Promise<void>;
}

/** How long a request may take, because notes must not delay the ledger. */
const requestMilliseconds = 2_000;

/** How long after its last note an item expires: longer than a stream keeps a closed shard. */
const noteSeconds = 9 * 86_400;

/** How often writing the end of a batch is tried while others change the item. */
const maxRounds = 5;

/** How many ends that could not be stored a process remembers: far more than it has shards. */
const maxOwedEnds = 1_000;

/** The most batches of a shard that Lambda runs concurrently. */
const maxParallelBatches = 10;

/** Digits of a stored sequence number, so that texts compare like numbers. Kinesis uses 56. */
const sequenceDigits = 64;

const { partitionKey, sortKey, expiryAttribute } = alertStateTable;

const openPrefix = 'open#';
const lanePrefix = 'lane#';

/** The partition key of a source's shards. */
function makeSubject(source: string): AttributeValue {
  return { S: `${shardNotePrefix}${source}` };
}

/** The key of a shard's item. */
function makeKey({ source, shard }: ShardBatch): Item {
  return { [partitionKey]: makeSubject(source), [sortKey]: { S: shard } };
}

/** The notes of streams, in the table AlertState. */
export class StreamNotes implements BatchProgress {
  readonly #client: DynamoDBClient;
  readonly #tableName: string;
  readonly #now: () => number;
  readonly #parallelBatches: number;
  /** Ends of batches that could not be stored, by shard and batch. The shard's next batch stores them. */
  readonly #owed = new Map<
    string,
    { readonly batch: ShardBatch; readonly unfinished: readonly BatchRecord[] }
  >();
  /** A shard's notes when its batch began; another batch may have changed them since. */
  readonly #begun = new Map<string, ShardNotes>();

  /**
   * @param now returns milliseconds since the epoch. Notes that are not renewed end.
   * @param parallelBatches the most concurrent batches of a shard; as many as Lambda allows by default.
   */
  constructor(
    client: DynamoDBClient,
    tableName: string,
    now: () => number,
    parallelBatches: number = maxParallelBatches,
  ) {
    this.#client = client;
    this.#tableName = tableName;
    this.#now = now;
    this.#parallelBatches = parallelBatches;
  }

  async begin(batch: ShardBatch): Promise<void> {
    this.#begun.delete(nameBatch(batch));
    const note = noteBatch(batch.records, this.#now());
    if (note === undefined) return;
    const notes = await this.#update(batch, [
      { name: openPrefix + note.lastSequence, value: writeNote(note) },
    ]);
    if (notes !== undefined) this.#begun.set(nameBatch(batch), notes);
    // Its own note is stored, whatever happens to the others.
    await this.#payEnds(batch);
  }

  async end(batch: ShardBatch, unfinished: readonly BatchRecord[]): Promise<void> {
    try {
      await this.#endOnce(batch, unfinished);
    } catch (error) {
      if (this.#owed.size >= maxOwedEnds) this.#owed.clear();
      this.#owed.set(nameBatch(batch), { batch, unfinished });
      throw error;
    }
  }

  /** Stores the ends of earlier batches of the shard that could not be stored before. */
  async #payEnds(begun: ShardBatch): Promise<void> {
    for (const [name, { batch, unfinished }] of this.#owed) {
      if (batch.source !== begun.source || batch.shard !== begun.shard) continue;
      this.#begun.delete(nameBatch(begun));
      await this.#endOnce(batch, unfinished);
      this.#owed.delete(name);
    }
  }

  async #endOnce(batch: ShardBatch, unfinished: readonly BatchRecord[]): Promise<void> {
    const begun = this.#begun.get(nameBatch(batch)) ?? (await this.#read(batch));
    this.#begun.delete(nameBatch(batch));
    for (let known = begun, round = 0; round < maxRounds; known = await this.#read(batch), round += 1) {
      const end = { notedAt: this.#now(), parallelBatches: this.#parallelBatches };
      if (await this.#writeEnd(batch, known, endBatch(known, batch.records, unfinished, end))) return;
    }
    throw new Error(`The notes of ${batch.shard} were changed ${maxRounds} times while a batch ended`);
  }

  /**
   * Removes the notes of batches whose last record is one of these, because they were given up and are redriven.
   *
   * @throws the store's errors.
   */
  async forget(batch: ShardBatch): Promise<void> {
    const { notes } = await this.#read(batch);
    const redriven = new Set(batch.records.map(({ sequence }) => sequence));
    const changes = notes
      .filter(({ lastSequence }) => redriven.has(lastSequence))
      .map(({ lastSequence }) => ({ name: openPrefix + lastSequence, value: undefined }));
    if (changes.length > 0) await this.#update(batch, changes);
  }

  /** The notes of a source's shards, read consistently. */
  async list(source: string): Promise<Map<string, ShardNotes>> {
    const items = await readPartition(this.#client, this.#tableName, partitionKey, makeSubject(source));
    return new Map(items.map((item) => [readText(item, sortKey), decodeShard(item)]));
  }

  async #read(batch: ShardBatch): Promise<ShardNotes> {
    return decodeShard((await readItem(this.#client, this.#tableName, makeKey(batch))) ?? {});
  }

  /** @returns whether no more was done than was known. */
  async #writeEnd(batch: ShardBatch, known: ShardNotes, next: ShardNotes): Promise<boolean> {
    const before = nameNotes(known);
    const after = nameNotes(next);
    const changes = [...new Set([...before.keys(), ...after.keys()])]
      .map((name) => ({ name, value: after.get(name) }))
      .filter(({ name, value }) => value !== before.get(name));
    const isFurther =
      next.newestDone?.arrival !== known.newestDone?.arrival ||
      next.newestDone?.sequence !== known.newestDone?.sequence;
    const newest = isFurther ? next.newestDone : undefined;
    return (await this.#update(batch, changes, newest)) !== undefined;
  }

  /** @returns the shard's current notes; undefined if more is done than `newest` says. */
  async #update(
    batch: ShardBatch,
    changes: readonly Change[],
    newest?: DoneRecord,
  ): Promise<ShardNotes | undefined> {
    const names: Record<string, string> = { '#expiresAt': expiryAttribute };
    const values: Item = { ':expiresAt': { N: String(Math.ceil(this.#now() / 1000) + noteSeconds) } };
    const sets = ['#expiresAt = :expiresAt'];
    const removes: string[] = [];
    for (const [index, { name, value }] of changes.entries()) {
      names[`#n${index}`] = name;
      if (value === undefined) removes.push(`#n${index}`);
      else {
        values[`:n${index}`] = { S: value };
        sets.push(`#n${index} = :n${index}`);
      }
    }
    if (newest !== undefined) {
      values[':arrival'] = { N: String(newest.arrival) };
      values[':sequence'] = { S: newest.sequence.padStart(sequenceDigits, '0') };
      sets.push('doneArrival = :arrival', 'doneSequence = :sequence');
    }
    try {
      const { Attributes: item = {} } = await this.#client.send(
        new UpdateItemCommand({
          TableName: this.#tableName,
          Key: makeKey(batch),
          UpdateExpression: `SET ${sets.join(', ')}${removes.length === 0 ? '' : ` REMOVE ${removes.join(', ')}`}`,
          ...(newest !== undefined && {
            ConditionExpression:
              'attribute_not_exists(doneArrival) OR (doneArrival <= :arrival AND doneSequence <= :sequence)',
          }),
          ExpressionAttributeNames: names,
          ExpressionAttributeValues: values,
          ReturnValues: 'ALL_NEW',
        }),
        { abortSignal: AbortSignal.timeout(requestMilliseconds) },
      );
      return decodeShard(item);
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      return undefined;
    }
  }
}

/** An attribute to set, or to remove if it has no value. */
interface Change {
  readonly name: string;
  readonly value: string | undefined;
}

function nameBatch({ source, shard, records }: ShardBatch): string {
  return `${source}#${shard}#${records.at(-1)?.sequence ?? ''}`;
}

function writeNote({ oldestArrival, notedAt }: BatchNote): string {
  return `${oldestArrival} ${notedAt}`;
}

function writeLane({ since, notedAt }: LaneNote): string {
  return `${since} ${notedAt}`;
}

/** Notes as attributes. */
function nameNotes({ notes, lanes }: ShardNotes): Map<string, string> {
  return new Map([
    ...notes.map((note) => [openPrefix + note.lastSequence, writeNote(note)] as const),
    ...lanes.map((note) => [lanePrefix + note.lastSequence, writeLane(note)] as const),
  ]);
}

function decodeShard(item: Item): ShardNotes {
  const notes: BatchNote[] = [];
  const lanes: LaneNote[] = [];
  for (const [name, value] of Object.entries(item)) {
    const lastSequence = name.slice(name.indexOf('#') + 1);
    const [arrival = 0, notedAt = 0] = (value.S ?? '').split(' ').map(Number);
    if (name.startsWith(openPrefix)) notes.push({ lastSequence, oldestArrival: arrival, notedAt });
    if (name.startsWith(lanePrefix)) lanes.push({ lastSequence, since: arrival, notedAt });
  }
  const { doneArrival, doneSequence } = item;
  return {
    notes,
    lanes,
    newestDone:
      doneArrival?.N === undefined
        ? undefined
        : { arrival: Number(doneArrival.N), sequence: (doneSequence?.S ?? '').replace(/^0+(?=\d)/, '') },
  };
}
