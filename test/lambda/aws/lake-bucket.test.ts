import { createHash } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it, test, vi } from 'vitest';
import { LakeBucket } from '../../../lambda/aws/lake-bucket.ts';
import { ConflictError } from '../../../lambda/days/pass/ports.ts';
import { runningS3, variedBytes } from '../../emulators/s3/running-emulator.ts';

/** The lake's bucket in the local S3, behind a server that loses answers. */

const running = runningS3();
const client = new DynamoDBClient({
  region: 'eu-central-1',
  credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
});
const lake = new LakeBucket(client.config, { lake: 'lake', accounts: 'accounts' });
const key = 'usage/day=2026-11-02/bucket=0003.parquet';

/** The course of a request: it is answered, its answer is lost, or it does not arrive. */
type Course = 'answered' | 'answer lost' | 'busy';

let courses: Course[] = [];
let arrived: { readonly method: string; readonly path: string; readonly headers: IncomingHttpHeaders }[] = [];

const server = createServer(async (incoming, outgoing) => {
  const body = await buffer(incoming);
  const { method = '', url: path = '', headers } = incoming;
  arrived.push({ method, path, headers });
  const course = courses.shift() ?? 'answered';
  if (course === 'busy') {
    outgoing.writeHead(503).end('<Error><Code>SlowDown</Code></Error>');
    return;
  }
  const target = { host: '127.0.0.1', port: running.port, method, path, headers };
  const forwarded = send(target, async (answer) => {
    const bytes = await buffer(answer);
    if (course === 'answer lost') outgoing.destroy();
    else outgoing.writeHead(answer.statusCode ?? 0, answer.headers).end(bytes);
  });
  forwarded.end(body);
});

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterAll(() => {
  client.destroy();
  server.closeAllConnections();
  server.close();
});

beforeEach(() => {
  vi.stubEnv('AWS_ENDPOINT_URL_S3', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  // No pauses between attempts.
  vi.spyOn(Math, 'random').mockReturnValue(0);
  for (const name of ['lake', 'accounts']) {
    running.s3.createBucket(name, { versioned: true });
  }
  courses = [];
  arrived = [];
  return () => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
  };
});

/** A key that no other test has. */
let keys = 0;
function makeKey(): string {
  keys += 1;
  return `days/day=2026-11-02/bucket=${String(keys).padStart(4, '0')}.json`;
}

async function read(place: string): Promise<string | undefined> {
  const object = await lake.open(place);
  return object && Buffer.from(await object.slice(0)).toString();
}

describe('a write', () => {
  it('creates an object only if it does not exist', async () => {
    const place = makeKey();
    await lake.write(place, Buffer.from('one'), undefined);
    await expect(lake.write(place, Buffer.from('two'), undefined)).rejects.toThrow(ConflictError);
    expect(await read(place)).toBe('one');
  });

  it('replaces an object only if it has the tag', async () => {
    const place = makeKey();
    const tag = await lake.write(place, Buffer.from('one'), undefined);
    expect((await lake.open(place))?.tag).toBe(tag);
    await lake.write(place, Buffer.from('two'), tag);
    await expect(lake.write(place, Buffer.from('three'), tag)).rejects.toThrow(
      `${place} was written by another process`,
    );
    expect(await read(place)).toBe('two');
  });

  it('with a tag fails without the object', async () => {
    await expect(lake.write(makeKey(), Buffer.from('one'), '"tag"')).rejects.toThrow(ConflictError);
  });

  it('whose answer is lost is recognized as done', async () => {
    const place = makeKey();
    courses = ['answer lost'];
    const tag = await lake.write(place, Buffer.from('one'), undefined);
    courses = ['answer lost', 'answer lost'];
    const next = await lake.write(place, Buffer.from('two'), tag);
    expect([await read(place), (await lake.open(place))?.tag]).toEqual(['two', next]);
  });

  it('whose answer is lost fails if another writer has written since', async () => {
    const place = makeKey();
    await lake.write(place, Buffer.from('one'), undefined);
    courses = ['busy'];
    // A write with the same content is another write.
    await expect(lake.write(place, Buffer.from('one'), undefined)).rejects.toThrow(ConflictError);
  });

  it('is retried while S3 is busy', async () => {
    const place = makeKey();
    courses = ['busy', 'busy'];
    await lake.write(place, Buffer.from('one'), undefined);
    expect(await read(place)).toBe('one');
  });

  it('has the checksum that a bucket with Object Lock requires', async () => {
    await lake.write(makeKey(), Buffer.from('one'), undefined);
    expect(arrived[0]?.headers['x-amz-checksum-sha256']).toBe(
      createHash('sha256').update('one').digest('base64'),
    );
  });

  it('to a bucket that does not exist fails with a clear error', async () => {
    const other = new LakeBucket(client.config, { lake: 'no-such-bucket', accounts: 'accounts' });
    await expect(other.write(key, Buffer.from('one'), undefined)).rejects.toThrow(
      `The lake's bucket answered 404 NoSuchBucket for ${key}`,
    );
    await expect(other.open(key)).rejects.toThrow(`The lake's bucket answered 404 NoSuchBucket for ${key}`);
  });
});

describe('a read', () => {
  it('of a missing object is undefined', async () => {
    expect(await lake.open(makeKey())).toBeUndefined();
  });

  it('of a small object is one request', async () => {
    const place = makeKey();
    await lake.write(place, Buffer.from('0123456789'), undefined);
    arrived = [];
    const object = await lake.open(place);
    const slices = [
      await object?.slice(0),
      await object?.slice(2, 4),
      await object?.slice(-3),
      await object?.slice(8, 99),
    ];
    expect(slices.map((slice) => Buffer.from(slice ?? new ArrayBuffer(0)).toString())).toEqual([
      '0123456789',
      '23',
      '789',
      '89',
    ]);
    expect([object?.byteLength, arrived.length]).toEqual([10, 1]);
  });

  it('of a large object reads ranges', async () => {
    const place = makeKey();
    const bytes = variedBytes(300_000);
    await lake.write(place, bytes, undefined);
    const object = await lake.open(place);
    const ranges: [number, number?][] = [[0], [5, 70_000], [200_000, 299_000], [299_990], [-70_000], [-4]];
    for (const [start, end] of ranges) {
      const found = Buffer.from((await object?.slice(start, end)) ?? new ArrayBuffer(0));
      expect(found.equals(bytes.subarray(start, end)), `${start} to ${end}`).toBe(true);
    }
  });

  it('of an object that is replaced meanwhile fails', async () => {
    const place = makeKey();
    const tag = await lake.write(place, variedBytes(300_000), undefined);
    const object = await lake.open(place);
    await lake.write(place, Buffer.from('other'), tag);
    await expect(object?.slice(0)).rejects.toThrow(ConflictError);
  });
});

test('objects that name no SIM are in a separate bucket', async () => {
  await lake.write(key, Buffer.from('rows'), undefined);
  await lake.write(`account-events/day=2026-11-02/bucket=0004.parquet`, Buffer.from('names'), undefined);
  const list = (bucket: string) => running.s3.listObjects(bucket).map((object) => object.key);
  expect([list('accounts'), list('lake').filter((one) => one.includes('parquet'))]).toEqual([
    ['account-events/day=2026-11-02/bucket=0004.parquet'],
    [key],
  ]);
});

test('a key is encoded as S3 does when it checks the signature', async () => {
  await lake.open(key);
  expect(arrived[0]?.path).toBe('/lake/usage/day%3D2026-11-02/bucket%3D0003.parquet');
});
