import { AwsError, describePermanent, localAccount } from '../aws-json-protocol.ts';
import type { StreamReference } from './request-shapes.ts';
import type { Shard } from './shard.ts';
import { KinesisStream } from './stream.ts';

/** The account's streams, by name. */
export class StreamRegistry {
  readonly #streams = new Map<string, KinesisStream>();
  /** Names of streams that clients cannot delete. */
  readonly #permanent = new Set<string>();
  readonly #maximumBytesPerStream: number;
  readonly #clock: () => number;

  /** @param clock returns milliseconds since the epoch. */
  constructor(maximumBytesPerStream: number, clock: () => number) {
    this.#maximumBytesPerStream = maximumBytesPerStream;
    this.#clock = clock;
  }

  /** Names in the order in which AWS lists them. */
  get names(): readonly string[] {
    return [...this.#streams.keys()].sort();
  }

  get(name: string): KinesisStream | undefined {
    return this.#streams.get(name);
  }

  /** @throws AwsError `ResourceInUseException` if a stream with this name exists. */
  create(name: string, shardCount: number, permanent = false): KinesisStream {
    if (this.#streams.has(name)) {
      throw new AwsError(
        'ResourceInUseException',
        `Stream ${name} under account ${localAccount} already exists.`,
      );
    }
    const stream = new KinesisStream(name, shardCount, this.#maximumBytesPerStream, this.#clock);
    this.#streams.set(name, stream);
    if (permanent) this.#permanent.add(name);
    return stream;
  }

  /** @throws AwsError `ResourceNotFoundException`; `ResourceInUseException` if the stream is permanent. */
  delete(reference: StreamReference): void {
    const { name } = this.find(reference);
    if (this.#permanent.has(name)) {
      throw new AwsError('ResourceInUseException', describePermanent('stream', name));
    }
    this.#streams.delete(name);
  }

  /** @throws AwsError `ResourceNotFoundException`; `InvalidArgumentException` if the request names no stream. */
  find({ StreamName, StreamARN }: StreamReference): KinesisStream {
    const name = StreamName ?? StreamARN?.slice(StreamARN.indexOf('/') + 1);
    if (name === undefined) {
      throw new AwsError('InvalidArgumentException', 'Either StreamName or StreamARN must be given.');
    }
    const stream = this.#streams.get(name);
    if (stream === undefined || (StreamARN !== undefined && StreamARN !== stream.arn)) {
      const what = StreamARN === undefined ? `Stream ${name}` : `Stream ${name} (${StreamARN})`;
      throw new AwsError('ResourceNotFoundException', `${what} under account ${localAccount} not found.`);
    }
    return stream;
  }
}

/** @throws AwsError `ResourceNotFoundException` if the stream has no such shard. */
export function findShard(stream: KinesisStream, shardId: string): Shard {
  const shard = stream.shards.find((candidate) => candidate.shardId === shardId);
  if (shard === undefined) {
    throw new AwsError(
      'ResourceNotFoundException',
      `Shard ${shardId} in stream ${stream.name} under account ${localAccount} does not exist`,
    );
  }
  return shard;
}
