import { AwsError, createAwsJsonServer } from '../aws-json-protocol.ts';
import type { LoopbackServer } from '../loopback-server.ts';
import { createRecordOperations } from './record-operations.ts';
import type { KinesisStream } from './stream.ts';
import { createStreamOperations } from './stream-operations.ts';
import { StreamRegistry } from './stream-registry.ts';

/** Kinesis Data Streams in this process: a server for AWS clients, and direct access to its streams. */
export interface KinesisEmulator extends LoopbackServer {
  /** @throws AwsError `ResourceInUseException` if a stream with this name exists. */
  createStream(name: string, shardCount: number, options?: StreamOptions): KinesisStream;
  /** The stream with a name; undefined if it does not exist. */
  findStream(name: string): KinesisStream | undefined;
}

/** Options of a stream. */
export interface StreamOptions {
  /** Whether clients are not allowed to delete it. */
  readonly permanent?: boolean;
}

/** Options of the emulator. */
export interface KinesisEmulatorOptions {
  /**
   * Memory for a stream's records in bytes. When it is full, the oldest records that no reader protects are dropped.
   * 512 MiB by default.
   */
  readonly maximumBytesPerStream?: number;
  /** Returns milliseconds since the epoch; the machine's clock by default. */
  readonly clock?: () => number;
}

/**
 * An emulator for Kinesis that keeps its streams in memory. It speaks the service's wire protocol (AWS JSON 1.1 over
 * HTTP/1.1 and HTTP/2) on loopback, with the operations that a producer, the AWS CLI and a polling consumer need. It
 * has no throughput limits and does not split or merge shards. It answers other operations with an error that names
 * them.
 */
export function createKinesisEmulator(options: KinesisEmulatorOptions = {}): KinesisEmulator {
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
