import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findReadMark } from '../../../../lambda/alerts/progress/read-marks.ts';
import { type BatchProgress, StreamNotes } from '../../../../lambda/alerts/progress/stream-notes.ts';
import type { Behind, StreamPositions } from '../../../../lambda/alerts/progress/stream-position.ts';
import type { ShardNotes } from '../../../../lambda/alerts/watermark.ts';
import { alertStateTable } from '../../../../lambda/store/tables.ts';
import { asClient, type Command, MemoryDynamoDb, type Sender } from '../../../property/memory-dynamodb.ts';
import { runs } from '../../../records/runs.ts';

/**
 * R against a model of a shard: Lambda delivers its records in lanes, batches of several lanes run concurrently, fail in
 * part, crash, are halved and delivered again, and the store refuses some notes. At each moment, R never passes an
 * unfinished record, and is now if all are finished.
 */

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const start = Date.parse('2026-11-02T00:00:00.000Z');
const shardName = 'shardId-000000000000';

interface ShardRecord {
  readonly lane: number;
  readonly sequence: string;
  readonly arrival: number;
}

interface Lane {
  /** Records that were not delivered. */
  readonly waiting: ShardRecord[];
  /** Batches that are delivered again, before waiting records. */
  readonly again: ShardRecord[][];
  running: ShardRecord[] | undefined;
  /** When its last batch ended; undefined before the first. */
  idleSince: number | undefined;
}

type Step =
  | { readonly kind: 'begin'; readonly lane: number; readonly size: number; readonly isFresh: boolean }
  | { readonly kind: 'end'; readonly lane: number; readonly done: number; readonly isNoted: boolean }
  | { readonly kind: 'die'; readonly lane: number }
  | { readonly kind: 'wait'; readonly seconds: number };

const lane = fc.nat({ max: 3 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('begin' as const),
      lane,
      size: fc.integer({ min: 1, max: 4 }),
      isFresh: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('end' as const),
      lane,
      done: fc.oneof(fc.constant(4), fc.nat({ max: 3 })),
      isNoted: fc.integer({ min: 1, max: 12 }).map((one) => one > 1),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('die' as const), lane }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), seconds: fc.integer({ min: 1, max: 90 }) }),
  },
);

const scenario = fc.record({
  lanes: fc.integer({ min: 1, max: 4 }),
  records: fc.array(
    fc.record({ lane, gap: fc.oneof(fc.nat({ max: 5 * second }), fc.nat({ max: 10 * minute })) }),
    { minLength: 1, maxLength: 24 },
  ),
  /** The consumer's delay after the first record. */
  backlog: fc.nat({ max: 4 * hour }),
  steps: fc.array(step, { maxLength: 50 }),
});

type Scenario = typeof scenario extends fc.Arbitrary<infer Value> ? Value : never;

/** How progress is noted and read, possibly with a fault. */
interface Reading {
  readonly parallelBatches?: (lanes: number) => number;
  readonly note?: (progress: BatchProgress) => BatchProgress;
  readonly list?: (notes: ShardNotes) => ShardNotes;
}

/** A store that sometimes refuses writes. */
class FailingStore implements Sender {
  readonly #store = new MemoryDynamoDb([alertStateTable]);
  isAway = false;

  async send(command: Command): Promise<object> {
    if (this.isAway) throw new Error('The store is away');
    return this.#store.send(command);
  }
}

/** The maximum wait of a batch while its lane is idle. */
const maxPause = 5 * minute;

class ModelShard {
  now: number;
  hasUnnotedEnd = false;
  readonly #reading: Reading;
  readonly #store = new FailingStore();
  readonly #lanes: Lane[];
  readonly #records: ShardRecord[];
  readonly #undone: Set<ShardRecord>;
  #process: StreamNotes;

  constructor({ lanes, records, backlog }: Scenario, reading: Reading) {
    this.#reading = reading;
    this.now = start + backlog;
    let arrival = start;
    this.#records = records.map((record, index) => {
      arrival += record.gap;
      return { lane: record.lane % lanes, sequence: String(9_990 + index), arrival };
    });
    this.#undone = new Set(this.#records);
    this.#lanes = Array.from({ length: lanes }, (_, number) => ({
      waiting: this.#records.filter((record) => record.lane === number),
      again: [],
      running: undefined,
      idleSince: undefined,
    }));
    this.#process = this.#start();
  }

  async take(one: Step): Promise<void> {
    if (one.kind === 'wait') await this.wait(one.seconds * second);
    else {
      const chosen = this.#lanes[one.lane % this.#lanes.length];
      if (chosen === undefined) return;
      if (one.kind === 'begin') await this.#begin(chosen, one.size, one.isFresh);
      else if (one.kind === 'end') await this.#end(chosen, one.done, one.isNoted);
      else this.#die(chosen);
    }
    await this.check();
  }

  async wait(milliseconds: number): Promise<void> {
    for (const one of this.#lanes) {
      if (one.idleSince !== undefined && this.now + milliseconds - one.idleSince > maxPause) {
        await this.#begin(one, 4, false);
      }
    }
    this.now += milliseconds;
  }

  /** Processes all records that have arrived or will arrive, and one more. */
  async finish(): Promise<void> {
    const last = this.#records.at(-1);
    if (last === undefined) return;
    const next = {
      ...last,
      sequence: String(Number(last.sequence) + 1),
      arrival: Math.max(last.arrival, this.now),
    };
    this.#records.push(next);
    this.#undone.add(next);
    this.#lanes[next.lane]?.waiting.push(next);
    while (this.#undone.size > 0) {
      for (const one of this.#lanes) {
        await this.#begin(one, 3, false);
        await this.#end(one, 4, true);
        await this.check();
      }
      await this.wait(minute);
    }
  }

  async read(): Promise<number | undefined> {
    const { list = (notes) => notes } = this.#reading;
    const notes = {
      list: async (source: string) => {
        const shards = await this.#process.list(source);
        return new Map([...shards].map(([name, shard]) => [name, list(shard)]));
      },
    };
    const reader = { fileKeys: async () => [], readFiles: async () => [] };
    const source = { name: 'fleet', streamName: 'stream', lateness: 30 * minute };
    return (await findReadMark(source, { notes, reader, positions: this.#askStream() }, this.now)).at;
  }

  async check(): Promise<void> {
    const missing = [...this.#undone].filter(({ arrival }) => arrival <= this.now);
    const at = await this.read();
    if (at !== undefined)
      expect(at).toBeLessThanOrEqual(Math.min(this.now, ...missing.map(({ arrival }) => arrival)));
  }

  #askStream(): StreamPositions {
    return {
      listShards: async () => [shardName],
      findBehind: async (_stream, _shard, after): Promise<Behind> => {
        const next = this.#records.find(
          ({ sequence, arrival }) =>
            arrival <= this.now && (after === undefined || Number(sequence) > Number(after)),
        );
        return next === undefined ? 'nothing' : { arrival: next.arrival };
      },
    };
  }

  #start(): StreamNotes {
    const { parallelBatches = (lanes: number) => lanes } = this.#reading;
    const client = asClient(this.#store);
    return new StreamNotes(client, alertStateTable.name, () => this.now, parallelBatches(this.#lanes.length));
  }

  get #progress(): BatchProgress {
    return this.#reading.note?.(this.#process) ?? this.#process;
  }

  /** The next batch of a lane. */
  #peek({ again, waiting }: Lane, size: number): ShardRecord[] {
    return again[0] ?? waiting.slice(0, size).filter(({ arrival }) => arrival <= this.now);
  }

  async #begin(one: Lane, size: number, isFresh: boolean): Promise<void> {
    const records = this.#peek(one, size);
    if (one.running !== undefined || records.length === 0) return;
    if (one.again.shift() === undefined) one.waiting.splice(0, records.length);
    one.running = records;
    await this.#beginReadLanes(records.at(-1));
    if (isFresh) this.#process = this.#start();
    await this.#progress.begin({ source: 'fleet', shard: shardName, records });
  }

  async #end(one: Lane, count: number, isNoted: boolean): Promise<void> {
    const records = one.running;
    if (records === undefined) return;
    const done = records.slice(0, count);
    await this.#beginReadLanes(done.at(-1));
    const unfinished = records.slice(count);
    for (const record of done) this.#undone.delete(record);
    if (unfinished.length > 0) one.again.unshift(unfinished);
    await this.#noteEnd(records, unfinished, isNoted);
    one.running = undefined;
    one.idleSince = this.now;
  }

  async #noteEnd(
    records: readonly ShardRecord[],
    unfinished: readonly ShardRecord[],
    isNoted: boolean,
  ): Promise<void> {
    this.#store.isAway = !isNoted;
    const ended = this.#progress.end({ source: 'fleet', shard: shardName, records }, unfinished);
    if (isNoted) await ended;
    else {
      await expect(ended).rejects.toThrow('away');
      this.hasUnnotedEnd = true;
    }
    this.#store.isAway = false;
  }

  /**
   * Lambda reads a shard in order, and passes records to a waiting lane immediately. So before a record is started or
   * finished, each lane with an earlier record has started, unless it is between two batches.
   */
  async #beginReadLanes(newest: ShardRecord | undefined): Promise<void> {
    if (newest === undefined) return;
    for (const other of this.#lanes) {
      const isBetween = other.idleSince !== undefined && this.now - other.idleSince < maxPause;
      const [next] = this.#peek(other, 4);
      if (!isBetween && next !== undefined && Number(next.sequence) < Number(newest.sequence))
        await this.#begin(other, 4, false);
    }
  }

  #die(one: Lane): void {
    if (one.running === undefined) return;
    const half = Math.ceil(one.running.length / 2);
    const halves = [one.running.slice(0, half), one.running.slice(half)];
    one.again.unshift(...halves.filter(({ length }) => length > 0));
    one.running = undefined;
    one.idleSince = this.now;
  }
}

function describeReading(reading: Reading = {}) {
  return fc.asyncProperty(scenario, async (given) => {
    const shard = new ModelShard(given, reading);
    for (const one of given.steps) await shard.take(one);
    await shard.finish();
    // The notes of lanes end, and the note of a batch if its end could not be noted.
    await shard.wait(shard.hasUnnotedEnd ? 2 * hour : 7 * minute);
    expect(await shard.read()).toBe(shard.now);
  });
}

const faults: readonly (readonly [string, Reading])[] = [
  ['lanes are forgotten between two batches', { list: (notes) => ({ ...notes, lanes: [] }) }],
  ['batches that are begun are forgotten', { list: (notes) => ({ ...notes, notes: [] }) }],
  ['there are more lanes than it knows of', { parallelBatches: () => 1 }],
  [
    'unfinished records are forgotten',
    {
      note: (progress) => ({
        begin: (batch) => progress.begin(batch),
        end: (batch) => progress.end(batch, []),
      }),
    },
  ],
  [
    'ends are not noted',
    { note: (progress) => ({ begin: (batch) => progress.begin(batch), end: async () => undefined }) },
  ],
  [
    'a lane is where its newest record is, not its newest that is done',
    {
      list: (notes) => ({
        ...notes,
        lanes: notes.lanes.map((note) => ({ ...note, since: notes.newestDone?.arrival ?? note.since })),
      }),
    },
  ],
];

describe('R', () => {
  it('never passes unprocessed records, and is now if there are none', async () => {
    await fc.assert(describeReading(), runs(2_000));
  });

  it.each(faults)('is wrong where %s', async (_, reading) => {
    const { failed } = await fc.check(describeReading(reading), { numRuns: 5_000, endOnFailure: true });
    expect(failed).toBe(true);
  });
});
