import { randomUUID } from 'node:crypto';
import type { FailureObject } from './invocation-record.ts';
import {
  type DeliverableRecord,
  makeRecordFactory,
  type ShardReader,
  type ShardRecord,
  type StreamReader,
} from './kinesis-record.ts';
import {
  type Clock,
  type InvocationTarget,
  MappingStoppedError,
  type StreamMapping,
  systemClock,
} from './mapping.ts';
import {
  type BatchReport,
  type DeliveryContext,
  type DeliveryRules,
  deliver,
  type RetryDelay,
} from './stream-delivery.ts';

/** How a mapping delivers a stream to a function, for example `streamMapping` of `lib/limits.ts`. */
export interface StreamMappingRules extends DeliveryRules {
  /** The most records of a batch. */
  readonly batchSize: number;
  /** How many seconds to wait for a batch to fill; here at most one. */
  readonly batchingWindowSeconds: number;
}

/** Options of a Kinesis mapping. */
export interface KinesisMappingOptions {
  readonly stream: StreamReader;
  readonly target: InvocationTarget;
  readonly rules: StreamMappingRules;
  /** Stores discarded records, as Lambda does in S3. Called again until it succeeds. */
  readonly onFailure: (object: FailureObject) => Promise<void>;
  /** Called each time that `onFailure` fails. */
  readonly onError: (error: unknown) => void;
  /** Called after each delivery. */
  readonly onBatch?: (report: BatchReport) => void;
  /** From 0.1 s to 5 s by default. */
  readonly retryDelay?: RetryDelay;
  /** The machine's clock by default. */
  readonly clock?: Clock;
  /** The most bytes of an event as JSON. 6 MB by default, as for Lambda. */
  readonly payloadBytes?: number;
}

/** The longest batching window, so that records reach the tables soon. */
const longestWindowMilliseconds = 1_000;

/** How often to check whether a batch is complete. */
const pollMilliseconds = 50;

/** Bytes of an empty event, `{"Records":[]}`. */
const envelopeBytes = 14;

/**
 * Delivers a stream to a function as Lambda does, from the oldest record on: each shard independently and in order, in
 * batches with partial failures, bisecting, retries and a failure destination. Each shard has one running batch at a
 * time.
 */
export function createKinesisMapping(options: KinesisMappingOptions): StreamMapping {
  const { stream, target, rules, onFailure, onError, clock = systemClock } = options;
  const { onBatch = () => undefined, retryDelay = { firstMilliseconds: 100, longestMilliseconds: 5_000 } } =
    options;
  const stopping = new AbortController();
  const mappingId = randomUUID();
  const pollers = stream.shards.map((shard) => {
    const delivery = {
      ...{ target, rules, retryDelay, mappingId, streamArn: stream.arn, shardId: shard.shardId },
      ...{ onFailure, onBatch, onError, clock, signal: stopping.signal },
    };
    const limits: BatchLimits = {
      records: rules.batchSize,
      bytes: (options.payloadBytes ?? 6 * 1024 * 1024) - envelopeBytes,
      windowMilliseconds: Math.min(longestWindowMilliseconds, rules.batchingWindowSeconds * 1000),
    };
    return new ShardPoller(stream, shard, limits, delivery);
  });
  let running: Promise<unknown> = Promise.resolve();
  return {
    start: () => {
      running = Promise.all(pollers.map((poller) => poller.run()));
    },
    stop: async () => {
      stopping.abort();
      await running;
    },
    waitUntilIdle: async () => {
      await Promise.all(pollers.map((poller) => poller.waitFor(poller.end)));
    },
    measureLag: () => Math.max(0, ...pollers.map((poller) => poller.behindMilliseconds)),
    countPendingRecords: () => pollers.reduce((sum, poller) => sum + poller.pendingRecords, 0),
  };
}

/** When a batch is complete. */
interface BatchLimits {
  readonly records: number;
  /** Bytes of its records as JSON. */
  readonly bytes: number;
  /** Milliseconds since its first record arrived. */
  readonly windowMilliseconds: number;
}

/** Reads one shard, batch after batch. */
class ShardPoller {
  readonly #stream: StreamReader;
  readonly #shard: ShardReader;
  readonly #limits: BatchLimits;
  readonly #delivery: DeliveryContext;
  readonly #eventRecord: (record: ShardRecord) => DeliverableRecord;
  readonly #waiting = new Set<{
    readonly position: number;
    readonly resolve: () => void;
    readonly reject: (error: Error) => void;
  }>();
  /** All records before this position are done. */
  #position: number;

  constructor(stream: StreamReader, shard: ShardReader, limits: BatchLimits, delivery: DeliveryContext) {
    this.#stream = stream;
    this.#shard = shard;
    this.#limits = limits;
    this.#delivery = delivery;
    this.#eventRecord = makeRecordFactory(stream, shard.shardId, delivery.target.arn);
    this.#position = shard.start;
    shard.keepFrom(this.#position);
  }

  /** Position after the newest record. */
  get end(): number {
    return this.#shard.end;
  }

  /** Age of the oldest record that is not done, in milliseconds; 0 if all are done. */
  get behindMilliseconds(): number {
    const [oldest] = this.#shard.read(this.#position, { records: 1, bytes: 1 });
    return oldest === undefined ? 0 : this.#delivery.clock.now() - oldest.approximateArrivalTimestamp * 1000;
  }

  /** How many records are not done. */
  get pendingRecords(): number {
    return this.#shard.end - Math.max(this.#position, this.#shard.start);
  }

  /** Resolves when all records before a position are done. */
  waitFor(position: number): Promise<void> {
    if (this.#position >= position) return Promise.resolve();
    return new Promise((resolve, reject) => {
      if (this.#delivery.signal.aborted) reject(new MappingStoppedError());
      else this.#waiting.add({ position, resolve, reject });
    });
  }

  async run(): Promise<void> {
    for (let batch = await this.#takeBatch(); batch.length > 0; batch = await this.#takeBatch()) {
      const events = batch.map((record) => record.event);
      const done = await deliver(events, this.#delivery);
      const next = batch[done]?.position ?? batch.at(-1)!.position + 1;
      this.#advance(next);
    }
    for (const waiting of this.#waiting) waiting.reject(new MappingStoppedError());
    this.#waiting.clear();
  }

  #advance(position: number): void {
    this.#position = position;
    this.#shard.keepFrom(position);
    for (const waiting of this.#waiting) {
      if (waiting.position > position) continue;
      this.#waiting.delete(waiting);
      waiting.resolve();
    }
  }

  /**
   * Gathers a batch until it is full, its window is over, or a caller waits for its records. Returns an empty batch
   * only when the mapping is stopped.
   */
  async #takeBatch(): Promise<readonly DeliverableRecord[]> {
    const { signal, clock } = this.#delivery;
    const batch: DeliverableRecord[] = [];
    while (!signal.aborted) {
      const full = this.#gather(batch);
      const first = batch[0];
      if (first === undefined) {
        // The remaining records may have become too old, and the stream has dropped them.
        this.#advance(this.#shard.end);
        await this.#waitForPut();
        continue;
      }
      const arrived = first.event.kinesis.approximateArrivalTimestamp * 1000;
      const left = arrived + this.#limits.windowMilliseconds - clock.now();
      if (full || left <= 0 || this.#waiting.size > 0) return batch;
      await clock.pause(Math.min(left, pollMilliseconds), signal);
    }
    return [];
  }

  /** Adds records that have arrived meanwhile to a batch; true if the batch is full. */
  #gather(batch: DeliverableRecord[]): boolean {
    const { records, bytes } = this.#limits;
    let taken = batch.reduce((total, record) => total + record.payloadBytes, 0);
    const from = (batch.at(-1)?.position ?? this.#position - 1) + 1;
    for (const record of this.#shard.read(from, { records: records - batch.length, bytes })) {
      const deliverable = this.#eventRecord(record);
      if (batch.length > 0 && taken + deliverable.payloadBytes > bytes) return true;
      taken += deliverable.payloadBytes;
      batch.push(deliverable);
    }
    return batch.length === records;
  }

  /** Resolves after the next put to the stream, or when the mapping is stopped. */
  #waitForPut(): Promise<void> {
    const { signal } = this.#delivery;
    return new Promise((resolve) => {
      const done = () => {
        stopListening();
        signal.removeEventListener('abort', done);
        resolve();
      };
      const stopListening = this.#stream.onPut(done);
      signal.addEventListener('abort', done);
    });
  }
}
