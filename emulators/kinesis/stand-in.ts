import { AwsError, createAwsJsonServer } from '../aws-json-protocol.ts';
import type { LoopbackServer } from '../loopback-server.ts';
import { createRecordOperations } from './record-operations.ts';
import type { KinesisStream } from './stream.ts';
import { createStreamOperations } from './stream-operations.ts';
import { StreamRegistry } from './stream-registry.ts';

/** Kinesis Data Streams in this process: a server that AWS clients talk to, and its streams within reach. */
export interface KinesisStandIn extends LoopbackServer {
  /** @throws AwsError `ResourceInUseException` when there is a stream of that name. */
  createStream(name: string, shardCount: number, options?: StreamOptions): KinesisStream;
  /** The stream of that name, or undefined. */
  findStream(name: string): KinesisStream | undefined;
}

/** What can be set about a stream made in this process. */
export interface StreamOptions {
  /** Whether clients are refused to delete it. */
  readonly permanent?: boolean;
}

/** What can be set about the stand-in. */
export interface KinesisStandInOptions {
  /**
   * Memory that a stream's records may take, in bytes; beyond it the oldest that no reader keeps are dropped. Default
   * 512 MiB.
   */
  readonly maximumBytesPerStream?: number;
  /** Epoch milliseconds; default the system's. */
  readonly clock?: () => number;
}

/**
 * A stand-in for Kinesis that keeps its streams in memory and speaks the wire protocol of the service (AWS JSON 1.1
 * over HTTP/1.1 and HTTP/2) on loopback: what a producer, the AWS CLI and a polling consumer need. It has no
 * throughput limits, and no shards are split or merged; an operation that it lacks is answered as unknown, by name.
 */
export function createKinesisStandIn(options: KinesisStandInOptions = {}): KinesisStandIn {
  const clock = options.clock ?? Date.now;
  const streams = new StreamRegistry(options.maximumBytesPerStream ?? 512 * 1024 * 1024, clock);
  const server = createAwsJsonServer({
    targetPrefix: 'Kinesis_20131202',
    jsonVersion: '1.1',
    operations: { ...createStreamOperations(streams), ...createRecordOperations(streams, clock) },
    makeInvalidInput: (message) => new AwsError('ValidationException', message),
  });
  return {
    ...server,
    createStream: (name, shardCount, { permanent = false } = {}) =>
      streams.create(name, shardCount, permanent),
    findStream: (name) => streams.get(name),
  };
}
