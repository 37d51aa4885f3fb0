import { createHash } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { createS3Emulator, type S3Emulator } from '../../../emulators/s3/emulator.ts';
import { ClientBucket } from '../../../lambda/aws/client-bucket.ts';
import { SignedBucket } from '../../../lambda/aws/signed-bucket.ts';
import { BucketQuarantine, keepFile, type Reject, readRejectKey } from '../../../lambda/store/quarantine.ts';

const bucket = 'simledger-quarantine';
const client = new DynamoDBClient({
  region: 'us-east-1',
  credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
});

let s3: S3Emulator;
let endpoint = '';

beforeAll(async () => {
  s3 = createS3Emulator();
  const { port } = await s3.listen(0);
  endpoint = `http://127.0.0.1:${port}`;
  s3.createBucket(bucket, { versioned: true });
  s3.createBucket('files', { versioned: true });
});

afterAll(async () => {
  client.destroy();
  await s3.close();
});

let source = '';
let count = 0;

beforeEach(() => {
  source = `source-${++count}`;
  vi.stubEnv('AWS_ENDPOINT_URL_S3', endpoint);
  return () => vi.unstubAllEnvs();
});

const quarantine = new BucketQuarantine(new SignedBucket(client.config, bucket));

/** The bucket of the file importer at an endpoint. */
function clientBucket(at: string): ClientBucket {
  const s3Client = new S3Client({
    endpoint: at,
    region: 'us-east-1',
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
    maxAttempts: 2,
  });
  onTestFinished(() => s3Client.destroy());
  return new ClientBucket(s3Client, bucket);
}

function reject(bytes: Uint8Array | string, more: Partial<Reject> = {}): Reject {
  return {
    code: 'broken-json',
    reason: 'This is not JSON',
    position: 'stream/shardId-000000000000/4960',
    source,
    arrivedAt: Date.parse('2026-11-02T12:00:00Z'),
    bytes: Buffer.from(bytes),
    ...more,
  };
}

function idOf(code: string, bytes: Uint8Array | string): string {
  return createHash('sha256').update(`${source}\n${code}\n`).update(bytes).digest('hex').slice(0, 32);
}

function keys(): string[] {
  return s3.listObjects(bucket, `rejects/${source}/`).map(({ key }) => key);
}

async function lines(key: string): Promise<unknown[]> {
  const text = (await s3.getObject(bucket, key))?.toString('utf8') ?? '';
  expect(text.endsWith('\n')).toBe(true);
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

describe('a reject', () => {
  test('is stored as one object of one JSON line, by source and code', async () => {
    await quarantine.keep([reject('{"imsi": "9014051000')]);
    const id = idOf('broken-json', '{"imsi": "9014051000');
    expect(keys()).toEqual([`rejects/${source}/broken-json/${id}.jsonl`]);
    expect(await lines(keys()[0]!)).toEqual([
      {
        id,
        code: 'broken-json',
        reason: 'This is not JSON',
        source,
        position: 'stream/shardId-000000000000/4960',
        arrivedAt: '2026-11-02T12:00:00.000Z',
        encoding: 'utf8',
        body: '{"imsi": "9014051000',
      },
    ]);
  });

  test('that arrives again, later and elsewhere, does not change the object', async () => {
    await quarantine.keep([reject('again')]);
    const before = await lines(keys()[0]!);
    await quarantine.keep([reject('again', { arrivedAt: Date.now(), position: 'stream/shardId-1/2' })]);
    expect([keys().length, await lines(keys()[0]!)]).toEqual([1, before]);
  });

  test('has every byte, of any value', async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, n) => n));
    // A view into a larger buffer, like a row in its block.
    const view = Buffer.concat([Buffer.from('before'), bytes, Buffer.from('after')]).subarray(6, 262);
    await quarantine.keep([reject(view, { code: 'not-utf8' })]);
    const [line] = await lines(keys()[0]!);
    const { encoding, body } = line as { encoding: string; body: string };
    expect([encoding, Buffer.from(body, 'base64').equals(bytes)]).toEqual(['base64', true]);
  });

  test('keeps line breaks and other characters inside its one line', async () => {
    const text = 'a\nb\r\n"€"\u2028';
    await quarantine.keep([reject(text)]);
    expect(await lines(keys()[0]!)).toMatchObject([{ encoding: 'utf8', body: text }]);
  });

  test('with the same bytes but another code is another object', async () => {
    await quarantine.keep([reject('same')]);
    await quarantine.keep([reject('same', { code: 'empty' })]);
    expect(keys()).toEqual([
      `rejects/${source}/broken-json/${idOf('broken-json', 'same')}.jsonl`,
      `rejects/${source}/empty/${idOf('empty', 'same')}.jsonl`,
    ]);
  });

  test('may have several megabytes', async () => {
    const body = 'x'.repeat(5 * 1024 * 1024);
    await quarantine.keep([reject(body)]);
    expect(await lines(keys()[0]!)).toMatchObject([{ body }]);
  });
});

test('the rejects of a delivery are one object, whose name depends on their content and not on order or place', async () => {
  const rejects = ['one', 'two', 'three'].map((body, index) => reject(body, { position: `s/1/1#${index}` }));
  await quarantine.keep(rejects);
  const elsewhere = rejects.toReversed().map((one) => ({ ...one, position: 's/2/7' }));
  await quarantine.keep([...elsewhere, ...elsewhere]);
  const ids = ['one', 'two', 'three'].map((body) => idOf('broken-json', body));
  const name = createHash('sha256')
    .update([source, 'broken-json', ...ids.toSorted()].map((line) => `${line}\n`).join(''))
    .digest('hex')
    .slice(0, 32);
  expect(keys()).toEqual([`rejects/${source}/broken-json/${name}.jsonl`]);
  expect(await lines(keys()[0]!)).toMatchObject(
    ['one', 'two', 'three'].map((body, index) => ({ id: ids[index], body, position: `s/1/1#${index}` })),
  );
});

test('a text of control characters is stored in base64, which is shorter than escapes', async () => {
  const body = '\u0000'.repeat(1_000);
  await quarantine.keep([reject(body)]);
  const [line] = await lines(keys()[0]!);
  expect(line).toMatchObject({ encoding: 'base64', body: Buffer.from(body).toString('base64') });
});

test.each([
  ['up to a tenth', 10, 'utf8'],
  ['more than a tenth', 11, 'base64'],
])(
  'a text is kept in base64 if more than a tenth of it are control characters other than lines and tabs: %s',
  async (_, percent, encoding) => {
    const body = '\u0001'.repeat(percent) + '\t\r\n'.repeat(20) + 'x'.repeat(40 - percent);
    await quarantine.keep([reject(body)]);
    expect(await lines(keys()[0]!)).toMatchObject([{ encoding }]);
  },
);

test('a line has the wrong member, its value and a row’s header, and nothing that is unknown', async () => {
  const told = { member: 'volume', value: 'x', header: 'id;volume' };
  await quarantine.keep([reject('a', told), reject('b')]);
  const [full, bare] = await lines(keys()[0]!);
  expect(full).toMatchObject(told);
  expect(Object.keys(bare as object).sort()).toEqual([
    'arrivedAt',
    'body',
    'code',
    'encoding',
    'id',
    'position',
    'reason',
    'source',
  ]);
});

test.each([
  ['rejects/main/broken-json/abc.jsonl', { source: 'main', code: 'broken-json', name: 'abc' }],
  ['rejects/main/broken-json/abc.csv', undefined],
  ['rejects/main/broken-json/abc.jsonl.bak', undefined],
  ['rejects/main/abc.jsonl', undefined],
  ['rejects/main/broken-json/2026/abc.jsonl', undefined],
  ['others/main/broken-json/abc.jsonl', undefined],
  ['rejectsmain/broken-json/abc.jsonl', undefined],
])('the key %s names rejects, or does not', (key, expected) => {
  expect(readRejectKey(key)).toEqual(expected);
});

test('a group of rejects is one object with a line for each, which stays if the group arrives again', async () => {
  const rejects = [1, 2, 3].map((row) =>
    reject(`row ${row}`, { code: 'broken-row', position: `files/cdr.csv@1#${row}` }),
  );
  const group = 'files/cdr.csv@1#0/broken-row';
  await quarantine.keep(rejects, group);
  await quarantine.keep(rejects, group);
  const ids = rejects.map((_, index) => idOf('broken-row', `row ${index + 1}`));
  const name = createHash('sha256')
    .update([group, ...ids].join(''))
    .digest('hex')
    .slice(0, 32);
  expect(keys()).toEqual([`rejects/${source}/broken-row/${name}.jsonl`]);
  expect(await lines(keys()[0]!)).toMatchObject([
    { position: 'files/cdr.csv@1#1', body: 'row 1', id: idOf('broken-row', 'row 1') },
    { position: 'files/cdr.csv@1#2', body: 'row 2', id: idOf('broken-row', 'row 2') },
    { position: 'files/cdr.csv@1#3', body: 'row 3', id: idOf('broken-row', 'row 3') },
  ]);
});

test('a group that arrives again with other rejects makes another object', async () => {
  const one = reject('row 1', { code: 'broken-row' });
  const other = reject('row 2', { code: 'broken-row' });
  await quarantine.keep([one], 'files/cdr.csv@1#0/broken-row');
  await quarantine.keep([one, other], 'files/cdr.csv@1#0/broken-row');
  const kept = await Promise.all(keys().map((key) => lines(key)));
  expect(kept).toHaveLength(2);
  expect(kept).toContainEqual([expect.objectContaining({ body: 'row 1' })]);
  expect(kept).toContainEqual(['row 1', 'row 2'].map((body) => expect.objectContaining({ body })));
});

test('without rejects, nothing is put', async () => {
  await quarantine.keep([]);
  expect(keys()).toEqual([]);
});

test('a whole file is copied, with a line that says what is wrong with it', async () => {
  const bytes = Buffer.from([0xff, 0xfe, 0x69, 0x00, 0x64, 0x00]);
  const { versionId } = await s3.putObject('files', 'a folder/cdr 1+2.csv', bytes);
  await s3.putObject('files', 'a folder/cdr 1+2.csv', Buffer.from('another version'));
  const position = `files/a folder/cdr 1+2.csv@${versionId}`;
  const { bytes: _, ...whole } = reject('', { code: 'not-utf8', position });
  for (let time = 0; time < 2; time += 1) {
    await keepFile(clientBucket(endpoint), whole, `files/a%20folder/cdr%201%2B2.csv?versionId=${versionId}`);
  }
  const id = idOf('not-utf8', position);
  const name = `rejects/${source}/not-utf8/${id}`;
  expect(keys()).toEqual([`${name}.csv`, `${name}.jsonl`]);
  expect(await s3.getObject(bucket, `${name}.csv`)).toEqual(bytes);
  expect(await lines(`${name}.jsonl`)).toEqual([
    {
      id,
      code: 'not-utf8',
      reason: 'This is not JSON',
      source,
      position,
      arrivedAt: '2026-11-02T12:00:00.000Z',
      encoding: 'utf8',
      body: '',
      object: `${name}.csv`,
    },
  ]);
});

describe('a bucket that answers with an error', () => {
  let answered: string[];

  async function answering(listener: RequestListener): Promise<string> {
    answered = [];
    const server: Server = createServer((request, response) => {
      answered.push(`${request.method} ${request.headers.host}`);
      request.resume();
      listener(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    vi.stubEnv('AWS_ENDPOINT_URL_S3', `http://127.0.0.1:${port}`);
    // No pauses between attempts.
    vi.spyOn(Math, 'random').mockReturnValue(0);
    onTestFinished(() => {
      vi.restoreAllMocks();
      server.closeAllConnections();
      server.close();
    });
    return `http://127.0.0.1:${port}`;
  }

  test('is retried while it is busy', async () => {
    const statuses = [500, 503, 429, 200];
    await answering((_, response) => response.writeHead(statuses.shift() ?? 200).end());
    await quarantine.keep([reject('busy')]);
    expect(answered.length).toBe(4);
  });

  test('is given up if it stays busy', async () => {
    await answering((_, response) => response.writeHead(503).end('<Error>SlowDown</Error>'));
    await expect(quarantine.keep([reject('busy')])).rejects.toThrow(
      'PUT to s3 failed 5 times, last with status 503: <Error>SlowDown</Error>',
    );
    expect(answered.length).toBe(5);
  });

  test('is given up if it does not answer at all', async () => {
    await answering((request) => request.socket.destroy());
    await expect(quarantine.keep([reject('gone')])).rejects.toMatchObject({ name: 'AwsRequestError' });
    expect(answered.length).toBe(5);
  });

  test('is not retried if it refuses', async () => {
    await answering((_, response) => response.writeHead(403).end('<Error>AccessDenied</Error>'));
    await expect(quarantine.keep([reject('refused')])).rejects.toThrow(
      'The quarantine bucket answered 403: <Error>AccessDenied</Error>',
    );
    expect(answered.length).toBe(1);
  });

  test('has not copied a file if a response that began with success says so', async () => {
    const at = await answering((_, response) =>
      response.writeHead(200).end('<Error><Code>InternalError</Code></Error>'),
    );
    const { bytes: _, ...whole } = reject('');
    await expect(keepFile(clientBucket(at), whole, 'files/a.csv')).rejects.toMatchObject({
      name: 'InternalError',
    });
  });

  test('is also an error of the S3 client if it refuses', async () => {
    const at = await answering((_, response) =>
      response.writeHead(403).end('<Error><Code>AccessDenied</Code></Error>'),
    );
    await expect(new BucketQuarantine(clientBucket(at)).keep([reject('refused')])).rejects.toMatchObject({
      name: 'AccessDenied',
    });
    expect(answered.length).toBe(1);
  });
});

test('the S3 client stores the same objects as signed requests, and the first to arrive stays', async () => {
  await quarantine.keep([reject('signed first')]);
  const kept = await Promise.all(keys().map((key) => lines(key)));
  const byClient = new BucketQuarantine(clientBucket(endpoint));
  await byClient.keep([reject('signed first', { arrivedAt: Date.now() })]);
  expect(await Promise.all(keys().map((key) => lines(key)))).toEqual(kept);
  await byClient.keep([reject('client first')]);
  await byClient.keep([reject('client first', { arrivedAt: Date.now() })]);
  const id = idOf('broken-json', 'client first');
  expect(await lines(`rejects/${source}/broken-json/${id}.jsonl`)).toMatchObject([
    { body: 'client first', arrivedAt: '2026-11-02T12:00:00.000Z' },
  ]);
});
