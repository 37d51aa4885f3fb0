import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { StreamWriter } from '../../../../lambda/functions/webhook-receiver/stream-writer.ts';
import { type Trouble, TroubledStream } from './troubled-stream.ts';

const configuration = {
  region: async () => 'us-east-1',
  credentials: async () => ({ accessKeyId: 'any', secretAccessKey: 'any' }),
};
/** Milliseconds that a request may take: so many that nothing is sent twice because the machine is busy. */
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
  it('go in one request, spread over the shards by keys that come from their bytes', async () => {
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

  it('go in as many requests as their number and size ask for', async () => {
    expect(await put(records(1_200))).toBe('put');
    expect(stream.requests.map(({ Records }) => Records.length).sort()).toEqual([200, 500, 500]);
    stream.requests.length = 0;
    expect(await put(records(5, 1024 * 1024 - 32))).toBe('put');
    expect(stream.requests.map(({ Records }) => Records.length).sort()).toEqual([1, 4]);
  });

  it('of many requests go a few requests at a time, and all of them', async () => {
    expect(await put(records(12_001))).toBe('put');
    expect(stream.requests.map(({ Records }) => Records.length).sort((a, b) => a - b)).toEqual([
      1,
      ...Array.from({ length: 24 }, () => 500),
    ]);
    expect(stream.maxConcurrent).toBe(8);
  });

  it('that were not taken go again, and no others', async () => {
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

describe('a stream that takes nothing', () => {
  it('is given up after five requests, with what it says', async () => {
    stream.troubles = Array(20).fill('throttled');
    expect(await put(records(3))).toBe(
      'StreamBusyError: 3 of 3 records are not in the stream: ProvisionedThroughputExceededException',
    );
    expect(stream.requests.length).toBe(5);
  });

  it('is given up at the time that was set, however it hangs, and not at the end of the request', async () => {
    stream.troubles = Array(20).fill('no answer');
    const started = performance.now();
    expect(await put(records(3), 200)).toMatch(
      /^StreamBusyError: 3 of 3 records are not in the stream: POST to kinesis failed once with TimeoutError/,
    );
    expect(stream.requests.length).toBe(1);
    expect(performance.now() - started).toBeLessThan(requestMilliseconds / 2);
  });

  it('is not asked when there is no time', async () => {
    expect(await put(records(3), 0)).toBe('StreamBusyError: 3 of 3 records are not in the stream: no time');
    expect(stream.requests).toEqual([]);
  });

  it('is tried on for as long as it takes some', async () => {
    stream.troubles = Array(9).fill('partly throttled');
    expect(await put(records(300))).toBe('put');
    expect(stream.requests.length).toBeGreaterThan(5);
  });
});

it('a stream that refuses records for good is not asked again', async () => {
  stream.troubles = ['denied'];
  expect(await put(records(3))).toBe('StreamRefusedError: Kinesis answered 400 AccessDeniedException');
  expect(stream.requests.length).toBe(1);
});
