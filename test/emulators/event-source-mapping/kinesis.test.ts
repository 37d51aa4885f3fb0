import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { KinesisStreamEvent } from 'aws-lambda';
import { afterEach, describe, expect, test } from 'vitest';
import type { FailureObject } from '../../../emulators/event-source-mapping/invocation-record.ts';
import {
  createKinesisMapping,
  type KinesisMappingOptions,
} from '../../../emulators/event-source-mapping/kinesis.ts';
import type { EventSourceMapping } from '../../../emulators/event-source-mapping/mapping.ts';
import type { BatchReport } from '../../../emulators/event-source-mapping/stream-delivery.ts';
import { createDeployedFunction } from '../../../local/deployed-function.ts';
import { inProcess, MemoryStream } from './in-memory-sources.ts';
import { VirtualClock } from './virtual-clock.ts';

const rules = {
  batchSize: 100,
  batchingWindowSeconds: 0,
  bisectOnError: true,
  retryAttempts: 2,
  maximumRecordAgeHours: 24,
};
/** Where the clocks of these tests begin. */
const start = Date.parse('2026-11-02T18:00:00Z');
const retryDelay = { firstMilliseconds: 1, longestMilliseconds: 4 };
const numbers = (count: number) => Array.from({ length: count }, (_, n) => String(n));

let started: EventSourceMapping[] = [];

afterEach(async () => {
  await Promise.all(started.map((mapping) => mapping.stop()));
  started = [];
});

/** Starts a mapping to a handler in this process and notes all that it does. */
function map(
  stream: MemoryStream,
  handler: (data: string[], event: KinesisStreamEvent) => unknown,
  options: Partial<KinesisMappingOptions> = {},
) {
  const delivered: string[][] = [];
  const reports: Omit<BatchReport, 'durationMilliseconds'>[] = [];
  const discarded: FailureObject[] = [];
  const mapping = createKinesisMapping({
    stream,
    target: inProcess((event: KinesisStreamEvent) => {
      const data = event.Records.map((record) => Buffer.from(record.kinesis.data, 'base64').toString());
      delivered.push(data);
      return handler(data, event);
    }),
    rules,
    retryDelay,
    onFailure: async (object) => void discarded.push(object),
    onError: (error) => expect.unreachable(String(error)),
    onBatch: ({ durationMilliseconds: _, ...report }) => reports.push(report),
    ...options,
  });
  mapping.start();
  started.push(mapping);
  return { mapping, delivered, reports, discarded };
}

/** Reports the records with the given data as failed, those that are there. */
function failing(data: readonly string[]) {
  return (_: string[], event: KinesisStreamEvent) => ({
    batchItemFailures: event.Records.filter((record) =>
      data.includes(Buffer.from(record.kinesis.data, 'base64').toString()),
    ).map((record) => ({ itemIdentifier: record.kinesis.sequenceNumber })),
  });
}

/** The data in the payload of a discarded batch. */
function payloadData({ body }: FailureObject): string[] {
  const event: KinesisStreamEvent = JSON.parse(JSON.parse(body).payload);
  return event.Records.map((record) => Buffer.from(record.kinesis.data, 'base64').toString());
}

describe('batches of a stream', () => {
  test('have the shape that Lambda gives them', async () => {
    const stream = new MemoryStream();
    const [sequenceNumber] = stream.put([Buffer.from([0, 255, 10])], { arrival: 1_700_000_000.123 });
    const events: KinesisStreamEvent[] = [];
    const { mapping } = map(stream, (_, event) => void events.push(event), {
      rules: { ...rules, maximumRecordAgeHours: 1e6 },
    });
    await mapping.waitUntilIdle();
    expect(events).toEqual([
      {
        Records: [
          {
            kinesis: {
              kinesisSchemaVersion: '1.0',
              partitionKey: 'sim',
              sequenceNumber,
              data: 'AP8K',
              approximateArrivalTimestamp: 1_700_000_000.123,
            },
            eventSource: 'aws:kinesis',
            eventVersion: '1.0',
            eventID: `shardId-000000000000:${sequenceNumber}`,
            eventName: 'aws:kinesis:record',
            invokeIdentityArn: 'arn:aws:iam::000000000000:role/test',
            awsRegion: 'us-east-1',
            eventSourceARN: 'arn:aws:kinesis:us-east-1:000000000000:stream/test',
          },
        ],
      },
    ]);
  });

  test('begin with the oldest record, keep the order of each shard, and hold no more records than allowed', async () => {
    const stream = new MemoryStream(2);
    stream.put(numbers(5), { shard: 0 });
    stream.put(['a', 'b'], { shard: 1 });
    const { mapping, delivered } = map(stream, () => null, { rules: { ...rules, batchSize: 2 } });
    await mapping.waitUntilIdle();
    stream.put(['c'], { shard: 1 });
    await mapping.waitUntilIdle();
    const ofShard = (pattern: RegExp) =>
      delivered.filter((batch) => batch.every((data) => pattern.test(data)));
    expect(ofShard(/\d/)).toEqual([['0', '1'], ['2', '3'], ['4']]);
    expect(ofShard(/[a-z]/)).toEqual([['a', 'b'], ['c']]);
    expect(stream.shards.map((shard) => shard.keptFrom)).toEqual([5, 3]);
  });

  test('hold no more bytes of JSON than allowed, unless one record alone is larger', async () => {
    const stream = new MemoryStream();
    const data = ['x'.repeat(600), 'y'.repeat(600), 'z'.repeat(600), 'huge'.repeat(3000), 'last'];
    stream.put(data, { arrival: Math.floor(Date.now() / 1000) });
    const sizes: number[] = [];
    const { mapping, delivered } = map(stream, (_, event) => void sizes.push(JSON.stringify(event).length), {
      payloadBytes: 2_700,
    });
    await mapping.waitUntilIdle();
    expect(delivered.map((batch) => batch.map((data) => data[0]))).toEqual([['x', 'y'], ['z'], ['h'], ['l']]);
    expect(sizes.map((size) => size <= 2_700)).toEqual([true, true, false, true]);
    expect(sizes[0]! + JSON.stringify({ more: 'z'.repeat(800) }).length).toBeGreaterThan(2_700);
  });

  test.each([1_700_000_000, 1_700_000_000.1, 1_700_000_000.12, 1_700_000_000.123])(
    'fill six megabytes to the brim by default, with records that arrived at %d',
    async (arrival) => {
      const stream = new MemoryStream();
      stream.put(
        Array.from({ length: 9_000 }, () => Buffer.alloc(1_000, 'x')),
        { arrival },
      );
      const sizes: number[] = [];
      const { mapping } = map(stream, (_, event) => void sizes.push(JSON.stringify(event).length), {
        rules: { ...rules, batchSize: 10_000, maximumRecordAgeHours: 1e6 },
      });
      await mapping.waitUntilIdle();
      const limit = 6 * 1024 * 1024;
      expect(sizes.length).toBe(3);
      expect(sizes.slice(0, 2).map((size) => size <= limit && size > limit - 2_500)).toEqual([true, true]);
    },
  );

  test.each([
    [0.2, ['1', '2'], 200],
    // The longest window here, so that records soon reach the tables.
    [300, ['1', '2', '3'], 1_000],
  ])(
    'wait for further records for a window of %s seconds, a second at most',
    async (seconds, data, waited) => {
      const stream = new MemoryStream();
      const clock = new VirtualClock(start);
      clock.after(60, () => stream.put(['2'], { arrival: clock.now() / 1000 }));
      clock.after(210, () => stream.put(['3'], { arrival: clock.now() / 1000 }));
      const end = await new Promise<unknown>((resolve) => {
        map(stream, (data) => resolve([data, clock.now() - start]), {
          ...{ clock, rules: { ...rules, batchingWindowSeconds: seconds } },
        });
        stream.put(['1'], { arrival: start / 1000 });
      });
      expect(end).toEqual([data, waited]);
    },
  );

  test('are delivered at once to a caller that waits until they are done', async () => {
    const stream = new MemoryStream();
    const clock = new VirtualClock(start);
    const { mapping, delivered } = map(stream, () => null, {
      ...{ clock, rules: { ...rules, batchingWindowSeconds: 1 } },
    });
    stream.put(['1'], { arrival: start / 1000 });
    stream.put(['2'], { arrival: start / 1000 });
    await mapping.waitUntilIdle();
    expect([delivered, clock.now() - start]).toEqual([[['1', '2']], 0]);
  });

  test('do not wait for records that have already waited', async () => {
    const stream = new MemoryStream();
    stream.put(['1'], { arrival: start / 1000 - 60 });
    const clock = new VirtualClock(start);
    const { mapping, delivered } = map(stream, () => null, {
      ...{ clock, rules: { ...rules, batchingWindowSeconds: 1 } },
    });
    await mapping.waitUntilIdle();
    expect([delivered, clock.now() - start]).toEqual([[['1']], 0]);
  });

  test('are delivered as soon as they are full', async () => {
    const stream = new MemoryStream();
    const clock = new VirtualClock(start);
    const { mapping, delivered } = map(stream, () => null, {
      ...{ clock, rules: { ...rules, batchSize: 3, batchingWindowSeconds: 1 } },
    });
    stream.put(numbers(3), { arrival: start / 1000 });
    await mapping.waitUntilIdle();
    expect([delivered, clock.now() - start]).toEqual([[['0', '1', '2']], 0]);
  });
});

describe('a partial failure', () => {
  test('delivers the batch again exactly from the first failed record on', async () => {
    const stream = new MemoryStream();
    stream.put(numbers(6));
    const fail = failing(['4', '2']);
    let first = true;
    const { mapping, delivered, reports, discarded } = map(stream, (data, event) => {
      const response = first ? fail(data, event) : { batchItemFailures: [] };
      first = false;
      return response;
    });
    await mapping.waitUntilIdle();
    expect(delivered).toEqual([numbers(6), ['2', '3', '4', '5']]);
    expect(discarded).toEqual([]);
    expect(reports).toEqual([
      { shardId: 'shardId-000000000000', records: 6, outcome: { kind: 'partial', succeeded: 2 } },
      { shardId: 'shardId-000000000000', records: 4, outcome: { kind: 'succeeded' } },
    ]);
  });

  test('of a record that never succeeds ends at the failure destination, with the records behind it in the batch', async () => {
    const stream = new MemoryStream();
    stream.put(numbers(4));
    const { mapping, delivered, discarded } = map(stream, failing(['1']));
    await mapping.waitUntilIdle();
    stream.put(['after']);
    await mapping.waitUntilIdle();
    const rest = ['1', '2', '3'];
    expect(delivered).toEqual([numbers(4), rest, rest, rest, ['after']]);
    expect(discarded.map(payloadData)).toEqual([rest]);
    expect(JSON.parse(discarded[0]!.body).responseContext).toEqual({
      statusCode: 200,
      executedVersion: '$LATEST',
      functionError: null,
    });
  });

  test.each([
    ['names a record that is not in the batch', { batchItemFailures: [{ itemIdentifier: '7' }] }],
    ['names no record', { batchItemFailures: [{ itemIdentifier: '' }] }],
    ['names null', { batchItemFailures: [{ itemIdentifier: null }] }],
    ['has other names', { batchItemFailures: [{ sequenceNumber: '7' }] }],
    ['is not a list', { batchItemFailures: 'all' }],
    ['is a text', 'fine'],
  ])('that %s fails the whole batch', async (_, response) => {
    const stream = new MemoryStream();
    stream.put(['a', 'b']);
    const { mapping, delivered, reports } = map(stream, () => (delivered.length === 1 ? response : null), {
      rules: { ...rules, bisectOnError: false },
    });
    await mapping.waitUntilIdle();
    expect(delivered).toEqual([
      ['a', 'b'],
      ['a', 'b'],
    ]);
    expect(reports.map((report) => report.outcome)).toEqual([
      { kind: 'failed', error: { name: 'InvalidBatchResponse', message: expect.any(String) } },
      { kind: 'succeeded' },
    ]);
  });

  test.each([[null], [{}], [{ batchItemFailures: null }], [{ batchItemFailures: [] }]])(
    'is not reported by %j',
    async (response) => {
      const stream = new MemoryStream();
      stream.put(['a', 'b']);
      const { mapping, reports } = map(stream, () => response);
      await mapping.waitUntilIdle();
      expect(reports.map((report) => report.outcome)).toEqual([{ kind: 'succeeded' }]);
    },
  );
});

describe('a function error', () => {
  test('is narrowed down by halves to the record that causes it; all others are delivered once, in order', async () => {
    const stream = new MemoryStream();
    stream.put(numbers(9));
    const taken: string[] = [];
    const { mapping, delivered, discarded } = map(stream, (data) => {
      if (data.includes('5')) throw new Error('poison');
      taken.push(...data);
    });
    await mapping.waitUntilIdle();
    expect(taken).toEqual(numbers(9).filter((data) => data !== '5'));
    expect(discarded.map(payloadData)).toEqual([['5']]);
    const poisoned = delivered.filter((data) => data.includes('5'));
    expect(poisoned).toEqual([numbers(9), ['5', '6', '7', '8'], ['5', '6'], ['5'], ['5'], ['5']]);
  });

  test('is retried with the whole batch without halving, then discarded with all bytes', async () => {
    const stream = new MemoryStream();
    const bytes = Buffer.from([0xc3, 0x28, 0x00]);
    const sequenceNumbers = stream.put([bytes, 'text']);
    const { mapping, delivered, discarded } = map(
      stream,
      () => {
        throw new Error('always');
      },
      { rules: { ...rules, bisectOnError: false } },
    );
    await mapping.waitUntilIdle();
    expect(delivered.length).toBe(3);
    const [object] = discarded;
    expect(discarded.length).toBe(1);
    expect(object!.key).toMatch(
      /^aws\/lambda\/[0-9a-f-]{36}\/shardId-000000000000\/\d{4}\/\d\d\/\d\d\/\d{4}-\d\d-\d\dT\d\d\.\d\d\.\d\d-[0-9a-f-]{36}$/,
    );
    const { payload, ...rest } = JSON.parse(object!.body);
    expect(rest).toEqual({
      requestContext: {
        requestId: 'request-3',
        functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:test',
        condition: 'RetryAttemptsExhausted',
        approximateInvokeCount: 3,
      },
      responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
      version: '1.0',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      KinesisBatchInfo: {
        shardId: 'shardId-000000000000',
        startSequenceNumber: sequenceNumbers[0],
        endSequenceNumber: sequenceNumbers[1],
        approximateArrivalOfFirstRecord: expect.stringMatching(/Z$/),
        approximateArrivalOfLastRecord: expect.stringMatching(/Z$/),
        batchSize: 2,
        streamArn: stream.arn,
      },
    });
    const event: KinesisStreamEvent = JSON.parse(payload);
    expect(event.Records.map((record) => Buffer.from(record.kinesis.data, 'base64'))).toEqual([
      bytes,
      Buffer.from('text'),
    ]);
  });

  test('that crashes the process is narrowed down as well', async () => {
    const entry = fileURLToPath(new URL('./handlers/crash-on-poison.ts', import.meta.url));
    const crashing = await createDeployedFunction({
      ...{ name: 'crashing', entry, environment: {}, memoryMegabytes: 128, timeoutSeconds: 10 },
    });
    const stream = new MemoryStream();
    stream.put(['a', 'b', 'poison', 'c']);
    const { mapping, reports, discarded } = map(stream, () => null, {
      target: crashing,
      rules: { ...rules, retryAttempts: 0 },
    });
    await mapping.waitUntilIdle();
    await mapping.stop();
    await crashing.stop();
    expect(discarded.map(payloadData)).toEqual([['poison']]);
    expect(reports.map(({ records, outcome }) => [records, outcome.kind])).toEqual([
      [4, 'failed'],
      [2, 'succeeded'],
      [2, 'failed'],
      [1, 'failed'],
      [1, 'succeeded'],
    ]);
  });

  test('leaves records that are too old to the failure destination and delivers the others', async () => {
    const stream = new MemoryStream();
    stream.put(['old'], { arrival: Date.now() / 1000 - 2 * 3600 });
    stream.put(['young']);
    const { mapping, delivered, discarded } = map(stream, () => null, {
      rules: { ...rules, maximumRecordAgeHours: 1 },
    });
    await mapping.waitUntilIdle();
    expect(delivered).toEqual([['young']]);
    expect(discarded.map((object) => [object.condition, payloadData(object)])).toEqual([
      ['RecordAgeExceeded', ['old']],
    ]);
    expect(JSON.parse(discarded[0]!.body)).toHaveProperty('responseContext', null);
  });

  test('loses nothing while the failure destination fails itself', async () => {
    const stream = new MemoryStream();
    stream.put(['poison', 'fine']);
    const kept: string[][] = [];
    const errors: unknown[] = [];
    const { mapping } = map(
      stream,
      (data) => {
        if (data.includes('poison')) throw new Error('poison');
      },
      {
        onFailure: async (object) => {
          if (errors.length < 3) throw new Error('no room');
          kept.push(payloadData(object));
        },
        onError: (error) => errors.push(error),
      },
    );
    await mapping.waitUntilIdle();
    expect(errors.map(String)).toEqual(['Error: no room', 'Error: no room', 'Error: no room']);
    expect(kept).toEqual([['poison']]);
  });
});

describe('a mapping', () => {
  test('is not idle while a batch is still to be retried', async () => {
    const stream = new MemoryStream();
    stream.put(['a']);
    let failures = 0;
    const { mapping } = map(stream, () => {
      if (failures < 2) throw new Error(`failure ${++failures}`);
    });
    await mapping.waitUntilIdle();
    expect(failures).toBe(2);
  });

  test('is idle once all records that were put before the call are done, whatever comes later', async () => {
    const stream = new MemoryStream();
    stream.put(['a']);
    const { mapping, delivered } = map(stream, () => {
      if (delivered.length < 50) stream.put(['more']);
    });
    await mapping.waitUntilIdle();
    expect(delivered.length).toBeLessThan(50);
    while (delivered.length < 50) await delay(1);
    expect(delivered.length).toBe(50);
  });

  test('is idle if the unread records became too old for the stream', async () => {
    const stream = new MemoryStream();
    stream.put(['a']);
    stream.shards[0]!.trimAll();
    const { mapping, delivered } = map(stream, () => null);
    await mapping.waitUntilIdle();
    expect(delivered).toEqual([]);
  });

  test('finishes the running batch when it is stopped, then delivers nothing more and rejects waiting calls', async () => {
    const stream = new MemoryStream();
    stream.put(numbers(4));
    let finished = 0;
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { mapping, delivered } = map(
      stream,
      async () => {
        await held;
        finished++;
      },
      { rules: { ...rules, batchSize: 2 } },
    );
    const waiting = mapping.waitUntilIdle().catch((error: unknown) => error);
    while (delivered.length === 0) await delay(1);
    const stopped = mapping.stop();
    release();
    await stopped;
    stream.put(['late']);
    await delay(20);
    expect([delivered, finished]).toEqual([[['0', '1']], 1]);
    expect(await waiting).toMatchObject({ name: 'MappingStoppedError' });
    await expect(mapping.waitUntilIdle()).rejects.toMatchObject({ name: 'MappingStoppedError' });
    expect(stream.shards[0]!.keptFrom).toBe(2);
  });

  test('can be stopped while it waits to retry, and keeps what is not done', async () => {
    const stream = new MemoryStream();
    stream.put(numbers(3));
    const { mapping, delivered } = map(stream, failing(['1']), {
      retryDelay: { firstMilliseconds: 60_000, longestMilliseconds: 60_000 },
    });
    while (delivered.length === 0) await delay(1);
    await mapping.stop();
    expect(delivered).toEqual([numbers(3)]);
    expect(stream.shards[0]!.keptFrom).toBe(1);
  });
});
