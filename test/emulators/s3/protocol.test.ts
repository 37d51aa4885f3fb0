import { once } from 'node:events';
import { Agent, type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { beforeAll, describe, expect, test } from 'vitest';
import { computeChecksum } from '../../../emulators/s3/checksums.ts';
import { createS3Emulator } from '../../../emulators/s3/emulator.ts';
import { fingerprint, runningS3, variedBytes } from './running-emulator.ts';

const running = runningS3();
const bucket = 'raw';
beforeAll(() => running.s3.createBucket(bucket));

interface Exchange {
  readonly method?: string;
  readonly path: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | Buffer;
  readonly agent?: Agent;
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Sends a request as it stands: paths and headers are not touched. */
async function send({ method = 'GET', body, ...where }: Exchange): Promise<Answer> {
  const outgoing = request({ host: '127.0.0.1', port: running.port, method, ...where });
  outgoing.end(body);
  const [incoming] = await once(outgoing, 'response');
  const text = (await buffer(incoming)).toString();
  return { status: incoming.statusCode, headers: incoming.headers, text };
}

const codeOf = ({ status, text }: Answer) => [status, /<Code>(\w+)<\/Code>/.exec(text)?.[1]];
const stored = async (key: string) => (await running.s3.getObject(bucket, key))?.toString();

/** Writes to a connection and hangs up once it is written and the emulator had time to take it. */
async function sendAndHangUp(text: string | Buffer, until: () => unknown): Promise<void> {
  const socket = connect(running.port, '127.0.0.1');
  await once(socket, 'connect');
  socket.on('error', () => {});
  socket.write(text);
  await expect.poll(until).toBeTruthy();
  socket.destroy();
}

const streaming = (length: number, more: OutgoingHttpHeaders = {}): OutgoingHttpHeaders => ({
  'content-encoding': 'aws-chunked',
  'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
  'x-amz-decoded-content-length': length,
  ...more,
});

describe('an upload in chunks', () => {
  test('signed as in AWS’s documentation is stored without its framing', async () => {
    const signature = 'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648';
    const chunk = (bytes: string) =>
      `${bytes.length.toString(16)};chunk-signature=${signature}\r\n${bytes}\r\n`;
    const answer = await send({
      method: 'PUT',
      path: '/raw/signed',
      headers: {
        ...streaming(66_560),
        'content-encoding': 'aws-chunked,gzip',
        'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
      },
      body: chunk('a'.repeat(65_536)) + chunk('a'.repeat(1024)) + chunk(''),
    });
    expect(answer.status).toBe(200);
    expect(await stored('signed')).toBe('a'.repeat(66_560));
    expect((await send({ path: '/raw/signed', method: 'HEAD' })).headers['content-encoding']).toBe('gzip');
  });

  test.each([
    [
      'with the right trailer is stored',
      computeChecksum('CRC32C', Buffer.from('hello')).toString('base64'),
      [200, undefined],
    ],
    ['with a wrong trailer is refused', 'AAAAAA==', [400, 'BadDigest']],
    ['with a trailer that is not a checksum is refused', 'AAAA', [400, 'InvalidRequest']],
  ])('%s', async (name, value, expected) => {
    const answer = await send({
      method: 'PUT',
      path: `/raw/${encodeURIComponent(name)}`,
      headers: streaming(5, { 'x-amz-trailer': 'x-amz-checksum-crc32c' }),
      body: `5\r\nhello\r\n0\r\nx-amz-checksum-crc32c:${value}\r\n\r\n`,
    });
    expect(codeOf(answer)).toEqual(expected);
    expect(await stored(name)).toBe(expected[0] === 200 ? 'hello' : undefined);
  });

  test.each([
    ['without the trailer that it announced', '5\r\nhello\r\n0\r\n\r\n', 5, 'MalformedTrailerError'],
    ['that is shorter than announced', '5\r\nhello\r\n0\r\n\r\n', 6, 'IncompleteBody'],
    ['that is longer than announced', '5\r\nhello\r\n0\r\n\r\n', 4, 'IncompleteBody'],
    ['without its last chunk', '5\r\nhello\r\n', 5, 'IncompleteBody'],
    ['that breaks off in a chunk', 'fff\r\nhello', 4095, 'IncompleteBody'],
    ['that is not framed', 'hello', 5, 'IncompleteBody'],
  ])('%s is refused and not stored', async (name, body, length, code) => {
    const headers = streaming(length, { 'x-amz-trailer': 'x-amz-checksum-crc32' });
    const answer = await send({ method: 'PUT', path: `/raw/${encodeURIComponent(name)}`, headers, body });
    expect(codeOf(answer)).toEqual([400, code]);
    expect(await stored(name)).toBeUndefined();
  });

  test('may also be chunked by HTTP, because its decoded length is known', async () => {
    const headers = streaming(5, { 'transfer-encoding': 'chunked' });
    const answer = await send({
      method: 'PUT',
      path: '/raw/twice',
      headers,
      body: '5\r\nhello\r\n0\r\n\r\n',
    });
    expect([answer.status, await stored('twice')]).toEqual([200, 'hello']);
  });
});

describe('an upload', () => {
  test('whose client disconnects in the middle leaves nothing', async () => {
    const newFiles = running.watchFiles();
    const head = `PUT /raw/broken HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3000000\r\n\r\n`;
    const part = Buffer.concat([Buffer.from(head), variedBytes(1_000_000)]);
    await sendAndHangUp(part, () => newFiles() > 0);
    await expect.poll(newFiles).toBe(0);
    expect(await stored('broken')).toBeUndefined();
  });

  test('in chunks whose client disconnects in the middle leaves nothing', async () => {
    const newFiles = running.watchFiles();
    const head =
      'PUT /raw/broken HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3000000\r\nContent-Encoding: aws-chunked\r\nX-Amz-Decoded-Content-Length: 2900000\r\n\r\n10000\r\n';
    const part = Buffer.concat([Buffer.from(head), variedBytes(50_000)]);
    await sendAndHangUp(part, () => newFiles() > 0);
    await expect.poll(newFiles).toBe(0);
    expect(await stored('broken')).toBeUndefined();
  });

  test('that must be the first of its key is refused if another one finished first', async () => {
    const newFiles = running.watchFiles();
    const uploads = ['one', 'two'].map((name) => {
      const headers = { 'if-none-match': '*', 'content-length': 100_000 };
      const where = { host: '127.0.0.1', port: running.port, path: '/raw/first' };
      const outgoing = request({ ...where, method: 'PUT', headers });
      outgoing.write(Buffer.alloc(99_990, name));
      return { name, outgoing };
    });
    await expect.poll(newFiles).toBe(2);
    const statuses: unknown[] = [];
    for (const { name, outgoing } of uploads.toReversed()) {
      outgoing.end(Buffer.alloc(10, name));
      const [incoming] = await once(outgoing, 'response');
      incoming.resume();
      statuses.push(incoming.statusCode);
    }
    expect([statuses, (await stored('first'))?.slice(0, 3)]).toEqual([[200, 412], 'two']);
    await expect.poll(newFiles).toBe(1);
  });

  test('that is refused and then disconnects does no harm', async () => {
    const socket = connect(running.port, '127.0.0.1');
    socket.write('PUT /nowhere/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3000000\r\n\r\nsome');
    await once(socket, 'readable');
    socket.destroy();
    expect((await send({ path: '/raw?list-type=2' })).status).toBe(200);
  });

  test('that is refused immediately still gets its response, and the connection stays open', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const refused = await send({ agent, method: 'PUT', path: '/nowhere/x', body: variedBytes(3_000_000) });
    expect(codeOf(refused)).toEqual([404, 'NoSuchBucket']);
    const accepted = await send({ agent, method: 'PUT', path: '/raw/next', body: 'next' });
    expect([accepted.status, await stored('next')]).toEqual([200, 'next']);
    agent.destroy();
  });

  test('that is refused in the middle still gets its response, and the connection stays open', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const body = Buffer.concat([Buffer.from('1\r\nxx\r\n'), variedBytes(3_000_000)]);
    const refused = await send({ agent, method: 'PUT', path: '/raw/x', headers: streaming(5), body });
    expect(codeOf(refused)).toEqual([400, 'InvalidRequest']);
    expect((await send({ agent, path: '/raw?list-type=2' })).status).toBe(200);
    agent.destroy();
  });

  test('whose signed digest does not match its body is refused', async () => {
    const headers = { 'x-amz-content-sha256': '0'.repeat(64) };
    const answer = await send({ method: 'PUT', path: '/raw/forged', headers, body: 'x' });
    expect(codeOf(answer)).toEqual([400, 'XAmzContentSHA256Mismatch']);
    expect(await stored('forged')).toBeUndefined();
  });

  test.each<[string, OutgoingHttpHeaders, number, string]>([
    ['of unknown length', { 'transfer-encoding': 'chunked' }, 501, 'NotImplemented'],
    ['in chunks of unknown length', { 'content-encoding': 'aws-chunked' }, 411, 'MissingContentLength'],
    ['of more than 5 GiB', streaming(5_368_709_121), 400, 'EntityTooLarge'],
    [
      'with two checksums',
      { 'x-amz-checksum-crc32': 'AAAAAA==', 'x-amz-checksum-crc32c': 'AAAAAA==' },
      400,
      'InvalidRequest',
    ],
    ['with a trailer that is not a checksum', { 'x-amz-trailer': 'x-other' }, 400, 'InvalidRequest'],
  ])('%s is refused', async (_, headers, ...expected) => {
    expect(codeOf(await send({ method: 'PUT', path: '/raw/x', headers, body: 'x' }))).toEqual(expected);
  });
});

describe('a download', () => {
  test('whose client disconnects in the middle releases the object', async () => {
    const newFiles = running.watchFiles();
    await running.s3.putObject(bucket, 'large', variedBytes(20_000_000));
    const outgoing = request({ host: '127.0.0.1', port: running.port, path: '/raw/large' }).end();
    outgoing.on('error', () => {});
    const [incoming] = await once(outgoing, 'response');
    await once(incoming, 'readable');
    outgoing.destroy();
    await send({ method: 'DELETE', path: '/raw/large' });
    await expect.poll(newFiles).toBe(0);
  });

  test('with a presigned URL works', async () => {
    await running.s3.putObject(bucket, 'a b.csv', Buffer.from('id\n'));
    const path =
      '/raw/a%20b.csv?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=x%2F20240101%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20240101T000000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=00&x-id=GetObject';
    const { status, text } = await send({ path });
    expect([status, text]).toEqual([200, 'id\n']);
  });
});

test('an upload with a presigned URL takes metadata from it, but not the checksum, because the body was unknown when it was signed', async () => {
  const path =
    '/raw/presigned?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=00&x-amz-meta-carrier=kore&x-amz-checksum-crc32=AAAAAA%3D%3D&x-amz-sdk-checksum-algorithm=CRC32&x-id=PutObject';
  expect((await send({ method: 'PUT', path, body: 'body' })).status).toBe(200);
  const { text, headers } = await send({ path: '/raw/presigned' });
  expect([text, headers['x-amz-meta-carrier']]).toEqual(['body', 'kore']);
});

describe('an address', () => {
  test.each([
    ['/raw/../../../etc/passwd', '../../../etc/passwd'],
    ['/raw/./a//b/', './a//b/'],
    ['/raw/a+b%2Bc%20d', 'a+b+c d'],
  ])('%s is taken as it stands', async (path, key) => {
    expect((await send({ method: 'PUT', path, body: path })).status).toBe(200);
    expect(await stored(key)).toBe(path);
  });

  test.each(['raw.localhost', 'raw.localhost:4569', 'raw.s3.localhost'])(
    'may name its bucket by host %s',
    async (host) => {
      expect((await send({ method: 'PUT', path: '/by/host', headers: { host }, body: host })).status).toBe(
        200,
      );
      expect(await stored('by/host')).toBe(host);
      expect((await send({ path: '/?list-type=2&prefix=by/', headers: { host } })).text).toContain(
        '<Key>by/host</Key>',
      );
    },
  );

  test.each(['localhost', 's3.localhost:4569', '127.0.0.1'])(
    'names its bucket by path at host %s',
    async (host) => {
      expect((await send({ path: '/raw?list-type=2', headers: { host } })).status).toBe(200);
    },
  );

  test.each(['/raw/%zz', '/raw/%ff'])('%s that cannot be decoded is refused', async (path) => {
    expect(codeOf(await send({ path }))).toEqual([400, 'InvalidURI']);
  });
});

describe('an unsupported operation is named:', () => {
  test('PUT of a part with a source to copy', async () => {
    const headers = { 'x-amz-copy-source': 'raw/y' };
    const { status, text } = await send({ method: 'PUT', path: '/raw/x?partNumber=1&uploadId=1', headers });
    expect([status, /<Operation>(.*)<\/Operation>/.exec(text)?.[1]]).toEqual([501, 'UploadPartCopy']);
  });

  test.each([
    ['GET', '/raw', 'ListObjects'],
    ['GET', '/raw?acl', 'GetBucketAcl'],
    ['GET', '/raw?location', 'GetBucketLocation'],
    ['GET', '/raw?uploads', 'ListMultipartUploads'],
    ['GET', '/raw?versions', 'ListObjectVersions'],
    ['PUT', '/raw?versioning', 'PutBucketVersioning'],
    ['GET', '/raw/x?uploadId=1', 'ListParts'],
    ['PUT', '/raw?notification', 'PutBucketNotificationConfiguration'],
    ['DELETE', '/raw?lifecycle', 'DeleteBucketLifecycleConfiguration'],
    ['PUT', '/raw/x?tagging', 'PutObjectTagging'],
    ['GET', '/raw/x?attributes', 'GetObjectAttributes'],
    ['POST', '/raw/x?select&select-type=2', 'SelectObjectContent'],
    ['POST', '/raw', 'PostObject'],
    ['PATCH', '/raw/x', 'PATCH on an object'],
    ['PUT', '/', 'PUT on the account'],
  ])('%s %s', async (method, path, name) => {
    const { status, text } = await send({ method, path });
    expect([status, /<Operation>(.*)<\/Operation>/.exec(text)?.[1]]).toEqual([501, name]);
  });
});

test('a refusal is the document that clients parse', async () => {
  const { status, headers, text } = await send({ path: '/raw/missing%26?versionId=1' });
  const id = headers['x-amz-request-id'];
  expect([status, headers['content-type']]).toEqual([404, 'application/xml']);
  expect(text).toBe(
    `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchVersion</Code><Message>The specified version does not exist.</Message><Key>missing&amp;</Key><VersionId>1</VersionId><Resource>/raw/missing%26</Resource><RequestId>${id}</RequestId><HostId>${id}</HostId></Error>`,
  );
});

test('an invalid document is refused', async () => {
  const answer = await send({ method: 'POST', path: '/raw?delete', body: '<Delete><Object>' });
  expect(codeOf(answer)).toEqual([400, 'MalformedXML']);
});

test('bytes that are not HTTP do no harm', async () => {
  const socket = connect(running.port, '127.0.0.1');
  socket.write('\x16\x03\x01 not HTTP\r\n\r\n');
  const answer = await buffer(socket);
  expect(answer.toString()).toMatch(/^HTTP\/1.1 400 /);
  expect((await send({ path: '/' })).status).toBe(200);
});

test('closing ends running uploads and downloads', async () => {
  const errors: unknown[] = [];
  const s3 = createS3Emulator({ onError: (error) => errors.push(error) });
  s3.createBucket('closing');
  await s3.putObject('closing', 'large', variedBytes(20_000_000));
  const { port } = await s3.listen(0);
  const upload = connect(port, '127.0.0.1').on('error', () => {});
  upload.write('PUT /closing/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nsome');
  const download = connect(port, '127.0.0.1').on('error', () => {});
  download.write('GET /closing/large HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await once(download, 'readable');
  const hungUp = Promise.all([once(upload, 'close'), once(download, 'close')]);
  await s3.close();
  upload.resume();
  download.resume();
  await hungUp;
  expect(errors).toEqual([]);
});

test('a port in use leads to the operating system’s error', async () => {
  const s3 = createS3Emulator();
  await expect(s3.listen(running.port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  await s3.close();
});

test('many concurrent uploads and downloads do not affect each other', async () => {
  const bodies = Array.from({ length: 20 }, (_, index) => variedBytes(50_000 + index * 7));
  await Promise.all(bodies.map((body, index) => send({ method: 'PUT', path: `/raw/many/${index}`, body })));
  const read = await Promise.all(bodies.map((_, index) => running.s3.getObject(bucket, `many/${index}`)));
  expect(read.map((bytes) => bytes && fingerprint(bytes))).toEqual(bodies.map(fingerprint));
});
