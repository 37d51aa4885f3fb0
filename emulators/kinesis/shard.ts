/** A record as a shard keeps it. */
export interface StoredRecord {
  /** 56 digits; grows within a shard, so that its records compare by it as strings. */
  readonly sequenceNumber: string;
  readonly partitionKey: string;
  readonly data: Buffer;
  /** Epoch seconds, with milliseconds; never falls within a shard. */
  readonly approximateArrivalTimestamp: number;
  /** The record's place in the shard, from 0 for the first ever put. Trimming does not renumber. */
  readonly position: number;
}

/** How much one read may return. A record beyond `bytes` is returned if it is the first, so that reading continues. */
export interface ReadLimit {
  readonly records: number;
  /** Bytes of data. */
  readonly bytes: number;
}

/** The hash keys that a shard takes, both ends included, as 32 hexadecimal digits that compare as strings. */
export interface HashKeyRange {
  readonly starting: string;
  readonly ending: string;
}

/** Approximate bytes of a record besides its data: its object, its sequence number and its key. */
const bytesPerRecord = 400;

/** Trimmed records stay in the array until they are this share of it; then the array is cut once. */
const slackShare = 1 / 8;

/** Digits of a sequence number that count the shard's records; those before them name stream and shard. */
const countDigits = 20;

/**
 * The records of one shard, in the order of their arrival. Appending and reading from a position take the same time
 * however many records there are, finding a time takes logarithmic time.
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

  /** Position of the oldest record that is still there. */
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

  /** The position that a sequence number of this shard stands for (-1 for the starting one), or undefined. */
  findPosition(sequenceNumber: string): number | undefined {
    if (!/^\d{56}$/.test(sequenceNumber) || !sequenceNumber.startsWith(this.#sequencePrefix))
      return undefined;
    return Number(sequenceNumber.slice(-countDigits)) - 1;
  }

  /** Adds a record that arrives at an epoch millisecond. A clock that is set back does not change the order. */
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
   * Records from a position on, oldest first; none at the end. From a position before {@link start} it reads what is
   * left, as Kinesis does: the records' own positions tell the gap.
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

  /** Position of the oldest record that arrived at or after an epoch second, or {@link end}. */
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
   * Keeps the records from a position on when memory gets short; then only age drops them. A reader that must not miss
   * any calls it before it begins and after each batch. Without it no records are kept that way.
   */
  keepFrom(position: number): void {
    this.#keptFrom = position;
  }

  /** Drops the records that arrived before an epoch second. */
  trimBefore(seconds: number): void {
    while (this.#start < this.end && this.#readOldest().approximateArrivalTimestamp < seconds)
      this.#dropOldest();
    this.#cutSlack();
  }

  /** Drops the oldest records, down to a weight in bytes, but none that {@link keepFrom} keeps. */
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
