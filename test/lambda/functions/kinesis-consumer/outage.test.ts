import type { KinesisStreamEvent } from 'aws-lambda';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { createKinesisMapping } from '../../../../emulators/event-source-mapping/kinesis.ts';
import type { Clock } from '../../../../emulators/event-source-mapping/mapping.ts';
import { StreamNotes } from '../../../../lambda/alerts/progress/stream-notes.ts';
import { Deadline } from '../../../../lambda/aws/deadline.ts';
import { service } from '../../../../lambda/aws/names.ts';
import { createTelemetry } from '../../../../lambda/aws/telemetry.ts';
import { interpret } from '../../../../lambda/carriers/index.ts';
import { noDaysClosed } from '../../../../lambda/days/fence/chunk-fence.ts';
import {
  type ConsumerContext,
  consume,
  maxDeaths,
} from '../../../../lambda/functions/kinesis-consumer/consume.ts';
import { StoredDeliveryNotes } from '../../../../lambda/functions/kinesis-consumer/delivery-notes.ts';
import { toJsonObject } from '../../../../lambda/json/json.ts';
import type { Reject } from '../../../../lambda/store/quarantine.ts';
import { LedgerWriter } from '../../../../lambda/store/writer.ts';
import { functions, streamMapping } from '../../../../lib/limits.ts';
import { inProcess, MemoryStream } from '../../../emulators/event-source-mapping/in-memory-sources.ts';
import { VirtualClock } from '../../../emulators/event-source-mapping/virtual-clock.ts';
import { evaluateAlarm, readAlarm, type Sample } from '../../../lib/alarm-evaluator.ts';
import { synthesise, withoutApi } from '../../../lib/synthesised.ts';
import { asClient, MemoryDynamoDb, type Sender } from '../../../property/memory-dynamodb.ts';

const minute = 60_000;
const hour = 60 * minute;
const start = Date.parse('2026-11-02T18:00:00Z');
const timeoutMilliseconds = functions.kinesisConsumer.timeoutSeconds * 1000;

/** The error that ends the function's process. */
class ProcessDeath extends Error {
  readonly milliseconds: number;

  constructor(milliseconds: number) {
    super('The process has ended');
    this.milliseconds = milliseconds;
  }
}

const crash = 'crash';
const hang = 'hang';

function usageRecord(id: number, mark?: string): string {
  return JSON.stringify({
    id,
    start_timestamp: new Date(start - hour + id * 1000).toISOString(),
    sim: { iccid: '8988280666000000777' },
    volume: { total: 0.001, tx: 0.001, rx: 0 },
    traffic_type: { id: 5 },
    ...(mark !== undefined && { mark }),
  });
}

/** Reads a record. One record ends the process. */
const deadlyInterpret: typeof interpret = (value, arrival) => {
  const mark = toJsonObject(value)?.['mark'];
  if (mark === crash) throw new ProcessDeath(10);
  if (mark === hang) throw new ProcessDeath(timeoutMilliseconds);
  return interpret(value, arrival);
};

/** A DynamoDB that throttles every request for some time. */
class ThrottlingDynamoDb implements Sender {
  readonly engine = new MemoryDynamoDb();
  readonly #clock: Clock;
  readonly #until: number;

  constructor(clock: Clock, awayMilliseconds: number) {
    this.#clock = clock;
    this.#until = start + awayMilliseconds;
  }

  get isAway(): boolean {
    return this.#clock.now() < this.#until;
  }

  async send(...[command]: Parameters<Sender['send']>): Promise<object> {
    if (!this.isAway) return this.engine.send(command);
    throw Object.assign(new Error('The table is throttled'), { name: 'ThrottlingException' });
  }
}

const source = { name: 'emnify', carrier: 'emnify', bytesPerMegabyte: 1_000_000 } as const;

/** Delivers a stream's shard to the consumer while DynamoDB is down, until all records are processed. */
async function deliverThrough(awayMilliseconds: number, data: readonly string[], functionErrors = 0) {
  const clock = new VirtualClock(start);
  const dynamoDb = new ThrottlingDynamoDb(clock, awayMilliseconds);
  const client = asClient(dynamoDb);
  const rejects: Reject[] = [];
  const discarded: unknown[] = [];
  const deaths: { readonly bodies: readonly string[]; readonly at: number }[] = [];
  const failed: Sample[] = [];
  const ages: Sample[] = [];
  const minuteNow = () => Math.floor((clock.time - start) / minute);
  const deadline = new Deadline();
  /** A new process has an empty memory. */
  const newProcess = (): ConsumerContext => ({
    sources: { findByStream: () => source, findByBucket: () => source },
    ports: {
      writer: new LedgerWriter({
        client,
        ...{ sessions: 'Sessions', usage: 'Usage', events: 'Events', sims: 'Sims', eventRetentionDays: 90 },
        usageRetentionDays: 0,
        writes: 'batched',
      }),
      fence: noDaysClosed,
      quarantine: { keep: async (some) => void rejects.push(...some) },
    },
    notes: new StoredDeliveryNotes(client, 'Deliveries'),
    progress: new StreamNotes(client, 'AlertState', () => clock.time),
    telemetry: createTelemetry(service.kinesisConsumer, {
      write: (line) => {
        const measured = JSON.parse(line) as { readonly failed?: number };
        if (measured.failed !== undefined) failed.push({ minute: minuteNow(), value: measured.failed });
      },
    }),
    deadline,
    interpretValue: deadlyInterpret,
  });
  let process = newProcess();
  let refused = functionErrors;
  const stream = new MemoryStream();
  stream.put(data, { arrival: start / 1000 });
  const mapping = createKinesisMapping({
    stream,
    clock,
    rules: streamMapping,
    // The slowest rate at which Lambda may retry failed batches.
    retryDelay: { firstMilliseconds: 1_000, longestMilliseconds: 30_000 },
    target: inProcess(async (event: KinesisStreamEvent) => {
      const began = clock.time;
      ages.push({ minute: minuteNow(), value: began - start });
      const wasAway = dynamoDb.isAway;
      try {
        if (refused > 0) {
          refused -= 1;
          throw new ProcessDeath(0);
        }
        return await consume(event, process, timeoutMilliseconds);
      } catch (error) {
        if (!(error instanceof ProcessDeath)) throw error;
        clock.time += error.milliseconds;
        process = newProcess();
        const bodies = event.Records.map(({ kinesis }) => Buffer.from(kinesis.data, 'base64').toString());
        if (bodies.length === 1) deaths.push({ bodies, at: began });
        throw error;
      } finally {
        // A throttled invocation uses all of its time except the reserve.
        if (wasAway) clock.time += timeoutMilliseconds - 5_000;
      }
    }),
    onFailure: async (object) => void discarded.push(object),
    onError: (error) => expect.unreachable(String(error)),
  });
  mapping.start();
  await mapping.waitUntilIdle();
  await mapping.stop();
  return {
    ...{ rejects, discarded, deaths },
    series: new Map([
      ['simledger failed{source=emnify}', failed],
      ['AWS/Lambda IteratorAge{FunctionName=StreamIngest/KinesisConsumer/Function}', ages],
    ]),
    usage: dynamoDb.engine.items('Usage').length,
    heldMilliseconds: clock.time - start - awayMilliseconds,
  };
}

const good = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => usageRecord(from + index));

beforeEach(() => {
  vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT');
  return () => void vi.unstubAllEnvs();
});

describe('while DynamoDB is down', () => {
  test.each([
    ['a minute', minute],
    ['an hour', hour],
    ['twelve hours', 12 * hour],
  ])('for %s, nothing leaves the stream but what kills the function', async (_, away) => {
    const crashing = usageRecord(9_001, crash);
    const hanging = usageRecord(9_002, hang);
    const data = [...good(70), crashing, ...good(90, 70), hanging, ...good(40, 160)];
    const { rejects, discarded, usage, heldMilliseconds } = await deliverThrough(away, data);
    expect(discarded).toEqual([]);
    expect(usage).toBe(200);
    expect(rejects.map(({ code, bytes }) => [code, Buffer.from(bytes).toString()])).toEqual([
      ['stops-consumer', crashing],
      ['stops-consumer', hanging],
    ]);
    // Both, and the invocations for the remaining records.
    expect(heldMilliseconds).toBeLessThan(2 * 15 * minute);
  });

  test('a record in its own batch is retried without limit, and counted as returned each time', async () => {
    const { rejects, discarded, usage, series } = await deliverThrough(12 * hour, good(1));
    expect([rejects, discarded, usage]).toEqual([[], [], 1]);
    const tries = series.get('AWS/Lambda IteratorAge{FunctionName=StreamIngest/KinesisConsumer/Function}');
    const failed = series.get('simledger failed{source=emnify}') ?? [];
    expect([failed.length, failed.every(({ value }) => value === 1)]).toEqual([
      (tries?.length ?? 0) - 1,
      true,
    ]);
  });
});

describe('an outage of twelve hours', () => {
  test('raises each alarm of its metrics once, within the hour, and the alarms end after it', async () => {
    const { series } = await deliverThrough(12 * hour, good(200));
    const stack = synthesise(
      withoutApi({ sources: [{ name: 'emnify', carrier: 'emnify', organisationId: '42' }] }),
    );
    for (const id of ['EmnifyHandedBack', 'ConsumerLate']) {
      const alarm = stack.resources[`Monitoring/Alarms/${id}`];
      const transitions = evaluateAlarm(readAlarm(alarm ?? expect.unreachable(id)), series, 24 * 60);
      const states = transitions
        .map(({ state }) => state)
        .filter((state, index) => index > 0 || state !== 'OK');
      expect([id, states]).toEqual([id, ['ALARM', 'OK']]);
      const [off = 0, over = 0] = transitions.map(({ minute: at }) => at).slice(-2);
      expect([off < 60, over > 12 * 60 && over < 13 * 60]).toEqual([true, true]);
    }
  });
});

describe('a record that kills the function', () => {
  test.each([
    ['at once', crash],
    ['by running out of time', hang],
  ])('%s holds a full batch for less than 15 minutes', async (_, mark) => {
    const data = [...good(7_000), usageRecord(9_000, mark), ...good(2_999, 10_000)];
    const { rejects, usage, heldMilliseconds, deaths } = await deliverThrough(0, data);
    expect([rejects.length, usage, deaths.length]).toEqual([1, 9_999, maxDeaths]);
    expect(heldMilliseconds).toBeLessThan(15 * minute);
  });

  test('is kept with the reason, its bytes and its position in the stream', async () => {
    const { rejects } = await deliverThrough(0, [usageRecord(1, crash)]);
    expect(rejects).toEqual([
      {
        code: 'stops-consumer',
        reason: 'The consumer crashed or ran out of time on this record 3 times; it was not read',
        source: 'emnify',
        position: expect.stringMatching(/^test\/shardId-000000000000\/4960\d+$/),
        arrivedAt: start,
        bytes: Buffer.from(usageRecord(1, crash)),
      },
    ]);
  });

  test('differs from a record whose process ended fewer times for other reasons', async () => {
    const { rejects, usage } = await deliverThrough(0, good(1), maxDeaths);
    expect([rejects, usage]).toEqual([[], 1]);
  });
});
