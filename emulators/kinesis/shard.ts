/** A record in a shard. */
export interface StoredRecord {
  /** 56 digits; increases within a shard, so records can be compared by it as strings. */
  readonly sequenceNumber: string;
  readonly partitionKey: string;
  readonly data: Buffer;
  /** Seconds since the epoch, with milliseconds; never decreases within a shard. */
  readonly approximateArrivalTimestamp: number;
  /** The record's position in the shard: 0 for the first record that was ever put. Trimming does not change it. */
  readonly position: number;
}

/**
 * How much one read may return. The first record is returned even if it exceeds `bytes`, so that reading can continue.
 */
export interface ReadLimit {
  readonly records: number;
  /** Bytes of data. */
  readonly bytes: number;
}

/** The hash keys of a shard, both ends included, as 32 hexadecimal digits that can be compared as strings. */
export interface HashKeyRange {
  readonly starting: string;
  readonly ending: string;
}

/** Approximate bytes of a record besides its data: its object, its sequence number and its key. */
const bytesPerRecord = 400;

/** Trimmed records stay in the array until they make up this share of it; then all are removed in one operation. */
const slackShare = 1 / 8;

/** How many digits of a sequence number count the shard's records. The digits before identify stream and shard. */
const countDigits = 20;

/**
 * The records of a shard, in order of arrival. Appending and reading take constant time, finding a time logarithmic
 * time.
 */
export class Shard {
  /** `shardId-` and twelve digits. */
  readonly shardId: string;
  readonly hashKeyRange: HashKeyRange;
  readonly #sequencePrefix: string;
  #records: StoredRecord[] = [];
  /** Position of the first element of `#records`. */
  #base = 0;
  #start = 0;
  #weight = 0;
  #latestArrival = 0;
  #keptFrom = Number.POSITIVE_INFINITY;

  /** @param sequencePrefix the first 36 digits of the shard's sequence numbers. */
  constructor(shardId: string, hashKeyRange: HashKeyRange, sequencePrefix: string) {
    this.shardId = shardId;
    this.hashKeyRange = hashKeyRange;
    this.#sequencePrefix = sequencePrefix;
  }

  /** Position of the oldest record that has not been dropped. */
  get start(): number {
    return this.#start;
  }

  /** Position that the next record will get. */
  get end(): number {
    return this.#base + this.#records.length;
  }

  /** Approximate bytes of the records in memory. */
  get weight(): number {
    return this.#weight;
  }

  /** The sequence number below those of all records. */
  get startingSequenceNumber(): string {
    return this.#makeSequenceNumber(0);
  }

  /** The position of a sequence number (-1 for the starting one); undefined if it is not of this shard. */
  findPosition(sequenceNumber: string): number | undefined {
    if (!/^\d{56}$/.test(sequenceNumber) || !sequenceNumber.startsWith(this.#sequencePrefix))
      return undefined;
    return Number(sequenceNumber.slice(-countDigits)) - 1;
  }

  /**
   * Adds a record that arrived at a time in milliseconds since the epoch. If the clock was set back, the order stays.
   */
  append(partitionKey: string, data: Buffer, arrivalMilliseconds: number): StoredRecord {
    this.#latestArrival = Math.max(this.#latestArrival, arrivalMilliseconds / 1000);
    const position = this.end;
    const record: StoredRecord = {
      sequenceNumber: this.#makeSequenceNumber(position + 1),
      partitionKey,
      data,
      approximateArrivalTimestamp: this.#latestArrival,
      position,
    };
    this.#records.push(record);
    this.#weight += weighRecord(record);
    return record;
  }

  /**
   * Records from a position on, oldest first; empty at the end. If the position was dropped, it reads from {@link
   * start}, as Kinesis does; the caller can tell from the records' positions.
   */
  read(position: number, limit: ReadLimit): readonly StoredRecord[] {
    const from = Math.max(position, this.#start) - this.#base;
    const most = Math.min(this.#records.length, from + limit.records);
    let bytes = 0;
    let to = from;
    while (to < most) {
      bytes += this.#records[to]!.data.length;
      if (bytes > limit.bytes && to > from) break;
      to += 1;
    }
    return this.#records.slice(from, to);
  }

  /**
   * Position of the oldest record that arrived at or after a time in seconds since the epoch; {@link end} if there is
   * none.
   */
  positionAtTime(seconds: number): number {
    let low = this.#start - this.#base;
    let high = this.#records.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#records[middle]!.approximateArrivalTimestamp < seconds) low = middle + 1;
      else high = middle;
    }
    return this.#base + low;
  }

  /**
   * Protects the records from a position on from being dropped to free memory; they are still dropped by age. A reader
   * that must not miss any calls it before it starts, and after each batch. Without a call, no record is protected.
   */
  keepFrom(position: number): void {
    this.#keptFrom = position;
  }

  /** Drops the records that arrived before a time in seconds since the epoch. */
  trimBefore(seconds: number): void {
    while (this.#start < this.end && this.#readOldest().approximateArrivalTimestamp < seconds)
      this.#dropOldest();
    this.#cutSlack();
  }

  /**
   * Drops the oldest records until the rest has at most the given weight in bytes; keeps those that {@link keepFrom}
   * protects.
   */
  trimToWeight(bytes: number): void {
    const most = Math.min(this.#keptFrom, this.end);
    while (this.#weight > bytes && this.#start < most) this.#dropOldest();
    this.#cutSlack();
  }

  #makeSequenceNumber(count: number): string {
    return this.#sequencePrefix + String(count).padStart(countDigits, '0');
  }

  #readOldest(): StoredRecord {
    return this.#records[this.#start - this.#base]!;
  }

  #dropOldest(): void {
    this.#weight -= weighRecord(this.#readOldest());
    this.#start += 1;
  }

  #cutSlack(): void {
    const slack = this.#start - this.#base;
    if (slack <= this.#records.length * slackShare) return;
    this.#records = this.#records.slice(slack);
    this.#base = this.#start;
  }
}

function weighRecord(record: StoredRecord): number {
  return record.data.length + bytesPerRecord;
}
