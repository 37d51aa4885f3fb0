import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { StreamWriter } from '../../../../lambda/functions/webhook-receiver/stream-writer.ts';
import { type Trouble, TroubledStream } from './troubled-stream.ts';

const configuration = {
  region: async () => 'us-east-1',
  credentials: async () => ({ accessKeyId: 'any', secretAccessKey: 'any' }),
};
/** Timeout of a request in milliseconds, long enough that a busy machine does not cause retries. */
const requestMilliseconds = 60_000;
const writer = new StreamWriter(configuration, requestMilliseconds);

let stream: TroubledStream;

beforeEach(async () => {
  stream = new TroubledStream();
  await stream.start(4);
  vi.stubEnv('AWS_ENDPOINT_URL_KINESIS', stream.endpoint);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await stream.stop();
});

function records(count: number, bytes = 20): Buffer[] {
  return Array.from({ length: count }, (_, id) => Buffer.from(JSON.stringify({ id }).padEnd(bytes)));
}

/** Puts records within this many milliseconds; returns the error's text if they could not be put. */
function put(some: readonly Buffer[], milliseconds = 60_000): Promise<string> {
  return writer.put(stream.arn, some, performance.now() + milliseconds).then(
    () => 'put',
    (error: unknown) => String(error),
  );
}

async function ids(): Promise<unknown[]> {
  const values = await stream.values();
  return values.map((value) => (value as { id: number }).id).sort((a, b) => a - b);
}

describe('records', () => {
  it('are put with one request, and spread over shards by keys from their bytes', async () => {
    const some = records(40);
    expect(await put(some)).toBe('put');
    expect(stream.requests).toEqual([
      {
        StreamARN: stream.arn,
        Records: some.map((record) => ({
          Data: record.toString('base64'),
          PartitionKey: createHash('sha256').update(record).digest('hex').slice(0, 32),
        })),
      },
    ]);
    const shards = await stream.shards();
    expect(shards.map((shard) => shard.length > 0)).toEqual([true, true, true, true]);
    expect(await ids()).toEqual(some.map((_, id) => id));
  });

  it('are put with as many requests as their number and size require', async () => {
    expect(await put(records(1_200))).toBe('put');
    expect(stream.requests.map(({ Records }) => Records.length).sort()).toEqual([200, 500, 500]);
    stream.requests.length = 0;
    expect(await put(records(5, 1024 * 1024 - 32))).toBe('put');
    expect(stream.requests.map(({ Records }) => Records.length).sort()).toEqual([1, 4]);
  });

  it('of many requests are all put, a few requests at a time', async () => {
    expect(await put(records(12_001))).toBe('put');
    expect(stream.requests.map(({ Records }) => Records.length).sort((a, b) => a - b)).toEqual([
      1,
      ...Array.from({ length: 24 }, () => 500),
    ]);
    expect(stream.maxConcurrent).toBe(8);
  });

  it('that were refused are put again, and no others', async () => {
    stream.troubles = ['partly throttled', 'partly failed'];
    expect(await put(records(8))).toBe('put');
    expect(stream.requests.map(({ Records }) => Records.length)).toEqual([8, 4, 2]);
    expect(await ids()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it.each<Trouble>([
    'throttled',
    'server error',
    'connection cut',
    'server error after',
    'connection cut after',
    'answered without sense',
    'partly answered',
    'arrives later',
  ])('are not said to be there before Kinesis says so: %s', async (trouble) => {
    stream.troubles = [trouble, trouble];
    expect(await put(records(4))).toBe('put');
    expect(stream.requests.length).toBe(3);
    expect(new Set(await ids())).toEqual(new Set([0, 1, 2, 3]));
  });
});

describe('a stream that refuses all records', () => {
  it('fails after five requests, with its message', async () => {
    stream.troubles = Array(20).fill('throttled');
    expect(await put(records(3))).toBe(
      'StreamBusyError: 3 of 3 records are not in the stream: ProvisionedThroughputExceededException',
    );
    expect(stream.requests.length).toBe(5);
  });

  it('fails at the deadline if it hangs, before the request would end', async () => {
    stream.troubles = Array(20).fill('no answer');
    const started = performance.now();
    expect(await put(records(3), 200)).toMatch(
      /^StreamBusyError: 3 of 3 records are not in the stream: POST to kinesis failed once with TimeoutError/,
    );
    expect(stream.requests.length).toBe(1);
    expect(performance.now() - started).toBeLessThan(requestMilliseconds / 2);
  });

  it('gets no request after the deadline', async () => {
    expect(await put(records(3), 0)).toBe('StreamBusyError: 3 of 3 records are not in the stream: no time');
    expect(stream.requests).toEqual([]);
  });

  it('is retried as long as it accepts some records', async () => {
    stream.troubles = Array(9).fill('partly throttled');
    expect(await put(records(300))).toBe('put');
    expect(stream.requests.length).toBeGreaterThan(5);
  });
});

it('a stream that refuses records permanently gets no further request', async () => {
  stream.troubles = ['denied'];
  expect(await put(records(3))).toBe('StreamRefusedError: Kinesis answered 400 AccessDeniedException');
  expect(stream.requests.length).toBe(1);
});
