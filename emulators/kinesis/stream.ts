import { hash } from 'node:crypto';
import { localAccount, localRegion } from '../aws-json-protocol.ts';
import { type HashKeyRange, Shard } from './shard.ts';

/** A record to put. */
export interface PutEntry {
  readonly partitionKey: string;
  readonly data: Buffer;
  /** Chooses the shard, instead of the MD5 of the partition key: 0 to 2^128 - 1. */
  readonly explicitHashKey?: bigint | undefined;
}

/** Where a record was put. */
export interface PutReceipt {
  readonly shardId: string;
  /** Absent if the shard refused the record, because it is full of records that its reader has not processed. */
  readonly sequenceNumber: string | undefined;
}

/** Hours that records can be read. */
export const retentionHours = 24;

const hashKeys = 1n << 128n;

/** A stream: shards that divide the hash keys evenly and keep records for a day. */
export class KinesisStream {
  readonly name: string;
  /** `arn:aws:kinesis:us-east-1:000000000000:stream/<name>` */
  readonly arn: string;
  /** In the order of their hash keys. */
  readonly shards: readonly Shard[];
  readonly createdMilliseconds: number;
  readonly #clock: () => number;
  readonly #maximumShardWeight: number;
  readonly #listeners = new Set<() => void>();

  /**
   * @param maximumBytes memory for the records of all shards.
   * @param clock returns milliseconds since the epoch.
   */
  constructor(name: string, shardCount: number, maximumBytes: number, clock: () => number) {
    this.name = name;
    this.arn = `arn:aws:kinesis:${localRegion}:${localAccount}:stream/${name}`;
    this.createdMilliseconds = clock();
    this.shards = Array.from({ length: shardCount }, (_, index) =>
      createShard(index, shardCount, this.createdMilliseconds),
    );
    this.#clock = clock;
    this.#maximumShardWeight = maximumBytes / shardCount;
  }

  /** Puts records in order and returns where each one went; then calls the listeners once. */
  put(entries: readonly PutEntry[]): readonly PutReceipt[] {
    this.trim();
    const now = this.#clock();
    const receipts = entries.map((entry) => this.#putOne(entry, now));
    for (const listener of this.#listeners) listener();
    return receipts;
  }

  /** Calls a listener after each put, when the records can be read. Returns a function that removes the listener. */
  onPut(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Drops records that are older than the retention period. */
  trim(): void {
    const oldest = this.#clock() / 1000 - retentionHours * 3600;
    for (const shard of this.shards) shard.trimBefore(oldest);
  }

  #putOne({ partitionKey, data, explicitHashKey }: PutEntry, now: number): PutReceipt {
    const shard = this.#findShard(partitionKey, explicitHashKey);
    if (shard.weight >= this.#maximumShardWeight) {
      shard.trimToWeight(this.#maximumShardWeight);
      if (shard.weight > this.#maximumShardWeight)
        return { shardId: shard.shardId, sequenceNumber: undefined };
    }
    const { sequenceNumber } = shard.append(partitionKey, data, now);
    return { shardId: shard.shardId, sequenceNumber };
  }

  #findShard(partitionKey: string, explicitHashKey: bigint | undefined): Shard {
    if (this.shards.length === 1) return this.shards[0]!;
    const hashKey = explicitHashKey === undefined ? hash('md5', partitionKey) : toHashKey(explicitHashKey);
    let low = 0;
    let high = this.shards.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.shards[middle]!.hashKeyRange.ending < hashKey) low = middle + 1;
      else high = middle;
    }
    return this.shards[low]!;
  }
}

function createShard(index: number, shardCount: number, createdMilliseconds: number): Shard {
  const shardId = `shardId-${String(index).padStart(12, '0')}`;
  // AWS's own numbers begin with 49, too. With the creation time, the numbers of a recreated stream are higher than
  // those of its predecessor.
  const prefix = `49${String(createdMilliseconds).padStart(20, '0')}${String(index).padStart(14, '0')}`;
  return new Shard(shardId, hashKeyRange(index, shardCount), prefix);
}

function hashKeyRange(index: number, shardCount: number): HashKeyRange {
  const boundary = (at: number): bigint => (hashKeys * BigInt(at)) / BigInt(shardCount);
  return { starting: toHashKey(boundary(index)), ending: toHashKey(boundary(index + 1) - 1n) };
}

function toHashKey(value: bigint): string {
  return value.toString(16).padStart(32, '0');
}
