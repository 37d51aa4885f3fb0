import type { LedgerEvent, Usage } from '../ledger/observation.ts';
import { findSlotBucket } from './buckets.ts';
import type { Day } from './day.ts';
import { digest, findSlot } from './slots.ts';

/**
 * Which records have arrived in files, for sources that also have a stream.
 *
 * A record's item does not say by which path it arrived: the row of a file that repeats the stream's record changes
 * nothing. So the importer notes the hashes of the rows that it stores, by day and part of the fleet. A note is a set:
 * if it is put again, or a crash divides it differently, the notes of a day have the same content.
 */

/** What identifies a record from a file. Ids are unique within a kind and source of a SIM's day. */
export interface FiledRecord {
  readonly kind: 'usage' | 'event';
  readonly sim: string;
  readonly source: string;
  readonly id: string;
  readonly time: string;
}

/** A usage record, as files state it. */
export function describeUsage({ sim, source, recordId: id, start: time }: Usage): FiledRecord {
  return { kind: 'usage', sim, source, id, time };
}

/** An event, as files state it. */
export function describeEvent({
  sim,
  source,
  eventId: id,
  time,
}: Pick<LedgerEvent, 'sim' | 'source' | 'eventId' | 'time'>): FiledRecord {
  return { kind: 'event', sim, source, id, time };
}

/** Bytes of a record's hash. */
export const filedHashBytes = 8;

/** Hexadecimal digits of a hash that depend on the record; those before are the slot of its SIM. */
const ownDigits = 13;

/** The hash of a record: 16 hexadecimal digits. */
export function hashFiledRecord({ kind, sim, source, id }: FiledRecord): string {
  const own = digest(JSON.stringify([kind, source, sim, id])).slice(0, ownDigits);
  return findSlot(sim) + own;
}

/** The part of the fleet under which a record's hash is noted: the first digit of its SIM's slot. */
export function findFiledPart(recordHash: string): string {
  return recordHash.slice(0, 1);
}

/** Where to read the hashes of a day and part of the fleet. */
export interface FiledHashes {
  /** The hashes in pages, each of {@link filedHashBytes} bytes, in no particular order, possibly repeated. */
  readFiledHashes(day: Day, part: string): AsyncIterable<Uint8Array>;
}

/** The records of a bucket's SIMs that arrived in files. Takes 8 bytes of memory for each. */
export class FiledRecords {
  readonly #hashes: FiledHashes;
  readonly #day: Day;
  readonly #isInBucket: (slot: number) => boolean;
  readonly #parts = new Map<string, Promise<BigUint64Array>>();

  /** @param bucket the bucket, out of `buckets`, whose SIMs are looked up. */
  constructor(hashes: FiledHashes, day: Day, bucket: number, buckets: number) {
    this.#hashes = hashes;
    this.#day = day;
    this.#isInBucket = (slot) => findSlotBucket(slot.toString(16), buckets) === bucket;
  }

  /** Those of a SIM's records of the day that arrived in a file. */
  async pick<Row extends { readonly sim: string }>(
    rows: readonly Row[],
    describe: (row: Row) => FiledRecord,
  ): Promise<ReadonlySet<Row>> {
    const [first] = rows;
    if (first === undefined) return new Set();
    const filed = await this.#read(findFiledPart(findSlot(first.sim)));
    return new Set(rows.filter((row) => isAmong(filed, BigInt(`0x${hashFiledRecord(describe(row))}`))));
  }

  #read(part: string): Promise<BigUint64Array> {
    const reading = this.#parts.get(part) ?? this.#readPart(part);
    this.#parts.set(part, reading);
    return reading;
  }

  async #readPart(part: string): Promise<BigUint64Array> {
    const found: bigint[] = [];
    for await (const bytes of this.#hashes.readFiledHashes(this.#day, part)) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      for (let at = 0; at + filedHashBytes <= bytes.byteLength; at += filedHashBytes) {
        // The slot is the first twelve bits.
        if (this.#isInBucket(view.getUint16(at) >> 4)) found.push(view.getBigUint64(at));
      }
    }
    return BigUint64Array.from(found).sort();
  }
}

/** Whether a sorted list contains a number. */
function isAmong(sorted: BigUint64Array, wanted: bigint): boolean {
  let from = 0;
  let to = sorted.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    const found = sorted[middle] ?? 0n;
    if (found === wanted) return true;
    if (found < wanted) from = middle + 1;
    else to = middle;
  }
  return false;
}
