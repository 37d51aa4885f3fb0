import { setTimeout as wait } from 'node:timers/promises';
import {
  ExpiredIteratorException,
  GetRecordsCommand,
  type GetRecordsCommandOutput,
  GetShardIteratorCommand,
  type KinesisClient,
  ListShardsCommand,
  type _Record as StreamRecord,
} from '@aws-sdk/client-kinesis';
import type { KinesisStreamRecord } from 'aws-lambda';

/** Reads streams as Lambda does: the records that they still keep, and those that arrive from now on. */

/** A time range in milliseconds since the epoch; both ends are inclusive. */
export interface TimeRange {
  /** Undefined for the oldest record that is kept. */
  readonly from: number | undefined;
  readonly to: number;
}

/** Records of a shard from one read. */
export interface RecordPage {
  /** In the form that the consumer gets. */
  readonly records: readonly KinesisStreamRecord[];
  /** How far into the range they reach, from 0 to 1. */
  readonly share: number;
}

/** The most records of one read: few enough to keep them and their items in memory for all shards together. */
const maxRecords = 1_000;

/** A stream's shards, including closed ones whose records are still kept. */
export async function listShards(client: KinesisClient, StreamARN: string): Promise<string[]> {
  const shards: string[] = [];
  let next: string | undefined;
  do {
    // A token includes the stream, so a request must not name it again.
    const which = next === undefined ? { StreamARN } : { NextToken: next };
    const { Shards = [], NextToken } = await client.send(new ListShardsCommand(which));
    shards.push(...Shards.map(({ ShardId = '' }) => ShardId));
    next = NextToken;
  } while (next !== undefined);
  return shards;
}

/**
 * Reads a shard's records of a range, oldest first.
 *
 * @param pauseMilliseconds pause between two reads.
 */
export async function* readRetainedRecords(
  client: KinesisClient,
  StreamARN: string,
  ShardId: string,
  { from, to }: TimeRange,
  pauseMilliseconds: number,
): AsyncGenerator<RecordPage> {
  const shard = new ShardIterator(client, StreamARN, ShardId, from);
  let first = from;
  for (let answer = await shard.readNext(); answer !== undefined; answer = await shard.readNext()) {
    const { Records: read = [], MillisBehindLatest: behind = 0 } = answer;
    const records = read.filter((record) => readArrival(record) <= to);
    first ??= read[0] === undefined ? undefined : readArrival(read[0]);
    const reached = Math.min(to, Date.now() - behind);
    const share = first === undefined || first >= to ? 1 : Math.max(0, (reached - first) / (to - first));
    if (records.length > 0 || behind > 0) {
      yield { records: records.map((record) => makeEventRecord(record, StreamARN, ShardId)), share };
    }
    if (records.length < read.length || (read.length === 0 && behind === 0)) return;
    await wait(pauseMilliseconds);
  }
}

/** A reader's position in a shard. Iterators expire after five minutes, and storing records may take longer. */
export class ShardIterator {
  readonly #client: KinesisClient;
  readonly #streamArn: string;
  readonly #shardId: string;
  readonly #from: number | 'latest' | undefined;
  #iterator: string | undefined;
  #last: string | undefined;
  #isOpen = true;

  /**
   * @param from epoch milliseconds, `latest` for records that arrive from now on, or undefined for the oldest that is
   * kept.
   */
  constructor(
    client: KinesisClient,
    streamArn: string,
    shardId: string,
    from: number | 'latest' | undefined,
  ) {
    this.#client = client;
    this.#streamArn = streamArn;
    this.#shardId = shardId;
    this.#from = from;
  }

  /** Fixes the position before the first read: `latest` means from then on. */
  async open(): Promise<void> {
    this.#iterator ??= await this.#begin();
  }

  /** The next page; undefined after the end of a closed shard. */
  async readNext(): Promise<GetRecordsCommandOutput | undefined> {
    if (!this.#isOpen) return undefined;
    this.#iterator ??= await this.#begin();
    const answer = await this.#read(this.#iterator);
    this.#last = answer.Records?.at(-1)?.SequenceNumber ?? this.#last;
    this.#iterator = answer.NextShardIterator;
    this.#isOpen = this.#iterator !== undefined;
    return answer;
  }

  async #read(iterator: string): Promise<GetRecordsCommandOutput> {
    try {
      return await this.#client.send(this.#request(iterator));
    } catch (error) {
      if (!(error instanceof ExpiredIteratorException)) throw error;
      return this.#client.send(this.#request(await this.#begin()));
    }
  }

  #request(iterator: string): GetRecordsCommand {
    return new GetRecordsCommand({
      StreamARN: this.#streamArn,
      ShardIterator: iterator,
      Limit: maxRecords,
    });
  }

  async #begin(): Promise<string> {
    const shard = { StreamARN: this.#streamArn, ShardId: this.#shardId };
    const { ShardIterator: iterator = '' } = await this.#client.send(
      new GetShardIteratorCommand({ ...shard, ...this.#makeStartingPosition() }),
    );
    return iterator;
  }

  #makeStartingPosition() {
    if (this.#last !== undefined) {
      return { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber: this.#last } as const;
    }
    if (this.#from === undefined) return { ShardIteratorType: 'TRIM_HORIZON' } as const;
    if (this.#from === 'latest') return { ShardIteratorType: 'LATEST' } as const;
    return { ShardIteratorType: 'AT_TIMESTAMP', Timestamp: new Date(this.#from) } as const;
  }
}

function readArrival({ ApproximateArrivalTimestamp }: StreamRecord): number {
  return ApproximateArrivalTimestamp?.getTime() ?? 0;
}

/** A record in the form in which Lambda passes it to the consumer. */
export function makeEventRecord(
  record: StreamRecord,
  streamArn: string,
  shardId: string,
): KinesisStreamRecord {
  const sequenceNumber = record.SequenceNumber ?? '';
  return {
    kinesis: {
      kinesisSchemaVersion: '1.0',
      partitionKey: record.PartitionKey ?? '',
      sequenceNumber,
      data: Buffer.from(record.Data ?? []).toString('base64'),
      approximateArrivalTimestamp: readArrival(record) / 1000,
    },
    eventSource: 'aws:kinesis',
    eventVersion: '1.0',
    eventID: `${shardId}:${sequenceNumber}`,
    eventName: 'aws:kinesis:record',
    invokeIdentityArn: '',
    awsRegion: streamArn.split(':')[3] ?? '',
    eventSourceARN: streamArn,
  };
}

/** Follows all shards of a stream, and returns the records that arrive after it was opened. */
export class StreamTail {
  readonly #client: KinesisClient;
  readonly #streamArn: string;
  readonly #shards = new Map<string, ShardIterator>();

  constructor(client: KinesisClient, streamArn: string) {
    this.#client = client;
    this.#streamArn = streamArn;
  }

  /** Begins with the records that arrive from now on. */
  async open(): Promise<void> {
    await this.#add('latest');
  }

  /**
   * The records that arrived since the last call, in the form that the consumer gets. Each call reads each shard once.
   */
  async read(): Promise<KinesisStreamRecord[]> {
    const found: KinesisStreamRecord[] = [];
    let isSplit = false;
    for (const [shardId, shard] of this.#shards) {
      const answer = await shard.readNext();
      for (const record of answer?.Records ?? [])
        found.push(makeEventRecord(record, this.#streamArn, shardId));
      isSplit ||= answer !== undefined && answer.NextShardIterator === undefined;
    }
    // After a split or merge, the new shards begin before the old ones have been read.
    if (isSplit) await this.#add(undefined);
    return found;
  }

  async #add(from: 'latest' | undefined): Promise<void> {
    for (const shardId of await listShards(this.#client, this.#streamArn)) {
      if (this.#shards.has(shardId)) continue;
      const shard = new ShardIterator(this.#client, this.#streamArn, shardId, from);
      await shard.open();
      this.#shards.set(shardId, shard);
    }
  }
}
