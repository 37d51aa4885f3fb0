import type {
  ShardReader,
  ShardRecord,
  StreamReader,
} from '../../../emulators/event-source-mapping/kinesis-record.ts';
import type { InvocationTarget } from '../../../emulators/event-source-mapping/mapping.ts';
import type { InvocationResult } from '../../../emulators/lambda-runtime/process.ts';

/** A minimal shard with its stream. */
export class MemoryShard implements ShardReader {
  readonly shardId: string;
  readonly records: ShardRecord[] = [];
  /** What the reader has said that it is done with. */
  keptFrom: number | undefined;
  #start = 0;

  constructor(shardId: string) {
    this.shardId = shardId;
  }

  get start(): number {
    return this.#start;
  }

  get end(): number {
    return this.records.length;
  }

  read(position: number, limit: { readonly records: number }): readonly ShardRecord[] {
    const from = Math.max(position, this.#start);
    return this.records.slice(from, from + limit.records);
  }

  keepFrom(position: number): void {
    this.keptFrom = position;
  }

  /** Drops everything, as if it had become too old. */
  trimAll(): void {
    this.#start = this.end;
  }
}

export class MemoryStream implements StreamReader {
  readonly arn = 'arn:aws:kinesis:us-east-1:000000000000:stream/test';
  readonly shards: readonly MemoryShard[];
  readonly #listeners = new Set<() => void>();

  constructor(shardCount = 1) {
    this.shards = Array.from({ length: shardCount }, (_, n) => new MemoryShard(`shardId-00000000000${n}`));
  }

  /** Puts records whose data are the given strings; returns their sequence numbers. */
  put(data: readonly (string | Buffer)[], { shard = 0, arrival = Date.now() / 1000 } = {}): string[] {
    const { records } = this.shards[shard]!;
    const sequenceNumbers = data.map((one) => {
      const position = records.length;
      const sequenceNumber = `4960${String(position).padStart(52, '0')}`;
      const bytes = Buffer.from(one);
      records.push({
        sequenceNumber,
        partitionKey: 'sim',
        data: bytes,
        approximateArrivalTimestamp: arrival,
        position,
      });
      return sequenceNumber;
    });
    for (const listener of this.#listeners) listener();
    return sequenceNumbers;
  }

  onPut(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** A function in this process: its handler's return is the response, its exception the error. */
export function inProcess(handler: (event: never) => unknown): InvocationTarget {
  let count = 0;
  return {
    arn: 'arn:aws:lambda:us-east-1:000000000000:function:test',
    invoke: async (event): Promise<InvocationResult> => {
      const requestId = `request-${++count}`;
      try {
        return { ok: true, requestId, response: (await handler(event as never)) ?? null };
      } catch (error) {
        return { ok: false, requestId, error: { name: 'Error', message: String(error) } };
      }
    },
  };
}
