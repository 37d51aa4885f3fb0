import type { KinesisClient } from '@aws-sdk/client-kinesis';
import type { KinesisStreamRecord } from 'aws-lambda';
import { eventRecord, ShardIterator, shardsOf } from '../replay/retained-records.ts';

/** Follows a stream: brings what arrives after it was opened, of all shards. */
export class StreamTail {
  readonly #client: KinesisClient;
  readonly #streamArn: string;
  readonly #shards = new Map<string, ShardIterator>();

  constructor(client: KinesisClient, streamArn: string) {
    this.#client = client;
    this.#streamArn = streamArn;
  }

  /** What arrives from now on is brought. */
  async open(): Promise<void> {
    await this.#add('latest');
  }

  /** What has arrived since the last call, as the consumer gets it. A shard is read once. */
  async read(): Promise<KinesisStreamRecord[]> {
    const found: KinesisStreamRecord[] = [];
    let isSplit = false;
    for (const [shardId, shard] of this.#shards) {
      const answer = await shard.next();
      for (const record of answer?.Records ?? []) found.push(eventRecord(record, this.#streamArn, shardId));
      isSplit ||= answer !== undefined && answer.NextShardIterator === undefined;
    }
    // Shards that others were split into or merged to began while those were read.
    if (isSplit) await this.#add(undefined);
    return found;
  }

  async #add(from: 'latest' | undefined): Promise<void> {
    for (const shardId of await shardsOf(this.#client, this.#streamArn)) {
      if (this.#shards.has(shardId)) continue;
      const shard = new ShardIterator(this.#client, this.#streamArn, shardId, from);
      await shard.open();
      this.#shards.set(shardId, shard);
    }
  }
}
