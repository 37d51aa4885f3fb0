import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { gunzipSync, gzipSync } from 'node:zlib';
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  type GetObjectCommandInput,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
} from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, test } from 'vitest';
import { checksumAlgorithms, computeChecksum } from '../../../emulators/s3/checksums.ts';
import { fingerprint, refusalOf, runningS3, variedBytes } from './running-emulator.ts';

const running = runningS3();
const Bucket = 'objects';
beforeAll(() => running.s3.createBucket(Bucket));

const put = (
  Key: string,
  Body: NonNullable<PutObjectCommandInput['Body']>,
  more: Partial<PutObjectCommandInput> = {},
) => running.client.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
const get = (Key: string, more: Partial<GetObjectCommandInput> = {}) =>
  running.client.send(new GetObjectCommand({ Bucket, Key, ...more }));
const textOf = async (Key: string, more: Partial<GetObjectCommandInput> = {}) =>
  (await get(Key, more)).Body?.transformToString();
const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest();
const quotedMd5 = (bytes: Uint8Array) => `"${md5(bytes).toString('hex')}"`;

describe('an upload', () => {
  test('is returned with its bytes, headers, metadata and checksum', async () => {
    const written = await put('plain', 'Grüße', {
      ContentType: 'text/csv',
      CacheControl: 'no-cache',
      ContentDisposition: 'attachment; filename="a.csv"',
      ContentLanguage: 'de',
      Metadata: { carrier: 'emnify', empty: '' },
    });
    const checksum = computeChecksum('CRC32', Buffer.from('Grüße')).toString('base64');
    const { $metadata: _, ...facts } = written;
    expect(facts).toEqual({
      ETag: quotedMd5(Buffer.from('Grüße')),
      ChecksumCRC32: checksum,
      ChecksumType: 'FULL_OBJECT',
    });
    const { $metadata, Body, LastModified, ...read } = await get('plain');
    expect(await Body?.transformToString()).toBe('Grüße');
    expect(Math.abs(Date.now() - LastModified!.getTime())).toBeLessThan(10_000);
    expect(read).toEqual({
      ...facts,
      AcceptRanges: 'bytes',
      ContentLength: 7,
      ContentType: 'text/csv',
      CacheControl: 'no-cache',
      ContentDisposition: 'attachment; filename="a.csv"',
      ContentLanguage: 'de',
      Metadata: { carrier: 'emnify', empty: '' },
    });
    const {
      $metadata: __,
      LastModified: headed,
      ...head
    } = await running.client.send(new HeadObjectCommand({ Bucket, Key: 'plain', ChecksumMode: 'ENABLED' }));
    expect({ ...head, headed }).toEqual({ ...read, headed: LastModified });
  });

  test('may be empty', async () => {
    await put('empty', new Uint8Array());
    const { Body, ContentLength, ContentType } = await get('empty');
    expect({ text: await Body?.transformToString(), ContentLength, ContentType }).toEqual({
      text: '',
      ContentLength: 0,
      ContentType: 'application/octet-stream',
    });
  });

  test('may be a stream with a trailing checksum, which leaves no framing in the object', async () => {
    const bytes = variedBytes(3_000_000);
    const pieces = Array.from({ length: 30 }, (_, index) =>
      bytes.subarray(index * 100_000, (index + 1) * 100_000),
    );
    const written = await put('streamed', Readable.from(pieces), { ContentLength: bytes.length });
    expect(written.ETag).toBe(quotedMd5(bytes));
    const read = await get('streamed');
    expect(read.ChecksumCRC32).toBe(computeChecksum('CRC32', bytes).toString('base64'));
    expect(read.ContentEncoding).toBeUndefined();
    expect(fingerprint(await buffer(read.Body as Readable))).toBe(fingerprint(bytes));
  });

  test('keeps its own content encoding when it is streamed', async () => {
    const zipped = gzipSync('id;volume\n1;2\n');
    await put('zipped', Readable.from([zipped]), { ContentLength: zipped.length, ContentEncoding: 'gzip' });
    const { Body, ContentEncoding } = await get('zipped');
    expect(ContentEncoding).toBe('gzip');
    expect(gunzipSync(await Body!.transformToByteArray()).toString()).toBe('id;volume\n1;2\n');
  });

  test('replaces the whole object of its key', async () => {
    await put('replaced', variedBytes(100_000), { Metadata: { first: 'yes' } });
    await put('replaced', 'short');
    const { Body, Metadata } = await get('replaced');
    expect({ text: await Body?.transformToString(), Metadata }).toEqual({ text: 'short', Metadata: {} });
  });

  test.each(checksumAlgorithms)('with a correct %s keeps it', async (algorithm) => {
    const value = computeChecksum(algorithm, Buffer.from('checked')).toString('base64');
    const written = await put(`right ${algorithm}`, 'checked', { [`Checksum${algorithm}`]: value });
    expect(written).toMatchObject({ [`Checksum${algorithm}`]: value, ChecksumType: 'FULL_OBJECT' });
    const head = new HeadObjectCommand({ Bucket, Key: `right ${algorithm}`, ChecksumMode: 'ENABLED' });
    expect(await running.client.send(head)).toMatchObject({ [`Checksum${algorithm}`]: value });
  });

  test.each(checksumAlgorithms)('with a wrong %s is refused and not stored', async (algorithm) => {
    const value = computeChecksum(algorithm, Buffer.from('something else')).toString('base64');
    const written = put(`wrong ${algorithm}`, 'checked', { [`Checksum${algorithm}`]: value });
    expect(await refusalOf(written)).toEqual({ code: 'BadDigest', status: 400 });
    expect(await refusalOf(get(`wrong ${algorithm}`))).toEqual({ code: 'NoSuchKey', status: 404 });
  });

  test('is verified by its Content-MD5', async () => {
    await put('md5', 'checked', { ContentMD5: md5(Buffer.from('checked')).toString('base64') });
    const wrong = put('md5', 'other', { ContentMD5: md5(Buffer.from('checked')).toString('base64') });
    expect(await refusalOf(wrong)).toEqual({ code: 'BadDigest', status: 400 });
    expect(await refusalOf(put('md5', 'other', { ContentMD5: 'AAAA' }))).toEqual({
      code: 'InvalidDigest',
      status: 400,
    });
    expect(await textOf('md5')).toBe('checked');
  });

  test('with more metadata than S3 accepts is refused', async () => {
    expect(await refusalOf(put('fat', 'x', { Metadata: { fat: 'x'.repeat(2048) } }))).toEqual({
      code: 'MetadataTooLarge',
      status: 400,
    });
  });

  test('to an unknown bucket is refused', async () => {
    expect(await refusalOf(put('x', variedBytes(2_000_000), { Bucket: 'nowhere' }))).toEqual({
      code: 'NoSuchBucket',
      status: 404,
    });
  });
});

describe('a key', () => {
  test.each([
    'with space',
    'a+b',
    'a%20b',
    'ünï/cødé/😀',
    '../../etc/passwd',
    'a/./b/../c',
    '//double//slashes/',
    'query?x=1&uploads#fragment',
    '<tag>&"quotes"\'',
    'dt=2024-01-01/hh:mm:ss;x,y@z$!*()~',
    'back\\slash|pipe',
    '/etc/passwd',
    '..\\..\\Windows\\win.ini',
    'C:\\Windows\\win.ini',
    '%2e%2e%2fetc%2fpasswd',
    '..%5c..%5cwin.ini',
    'nul.csv',
    'CON',
    'ends with a point.',
    'file.csv\u0000.txt',
    'two\nlines\r\u001b[2J',
    '-rf',
    '~/.ssh/id_rsa',
    'x'.repeat(1024),
  ])('%j is just a name', async (key) => {
    // Beyond what is kept in memory, so that its bytes go into a file, which must have a name of its own.
    const text = `in ${key}`.padEnd(20_000);
    await put(key, text);
    expect(await textOf(key)).toBe(text);
    expect(running.s3.listObjects(Bucket, key).map((object) => object.key)).toContain(key);
    await running.client.send(new DeleteObjectCommand({ Bucket, Key: key }));
    expect(await refusalOf(get(key))).toEqual({ code: 'NoSuchKey', status: 404 });
  });

  test('that is longer than 1024 bytes is refused', async () => {
    expect(await refusalOf(put('ü'.repeat(513), 'x'))).toEqual({ code: 'KeyTooLongError', status: 400 });
  });
});

describe('a range', () => {
  // Beyond what is kept in memory, so that it is read from a file.
  const bytes = variedBytes(600_000);
  beforeAll(() => put('ranged', bytes));

  test.each([
    ['bytes=0-0', 0, 1],
    ['bytes=10-19', 10, 20],
    ['bytes=599999-', 599_999, 600_000],
    ['bytes=300000-9999999', 300_000, 600_000],
    ['bytes=-5', 599_995, 600_000],
    ['bytes=-9999999', 0, 600_000],
  ])('%s is answered with those bytes', async (Range, start, end) => {
    const { Body, ContentRange, ContentLength, $metadata, ChecksumCRC32 } = await get('ranged', { Range });
    expect(fingerprint(await Body!.transformToByteArray())).toBe(fingerprint(bytes.subarray(start, end)));
    expect({ ContentRange, ContentLength, status: $metadata.httpStatusCode, ChecksumCRC32 }).toEqual({
      ContentRange: `bytes ${start}-${end - 1}/600000`,
      ContentLength: end - start,
      status: 206,
      ChecksumCRC32: undefined,
    });
  });

  test.each(['bytes=600000-', 'bytes=600000-600001', 'bytes=-0'])(
    '%s is beyond the object',
    async (Range) => {
      expect(await refusalOf(get('ranged', { Range }))).toEqual({ code: 'InvalidRange', status: 416 });
    },
  );

  test.each(['bytes=5-4', 'bytes=0-1,3-4', 'lines=1-2', 'bytes=-'])('%s is ignored', async (Range) => {
    const { Body, ContentLength, $metadata } = await get('ranged', { Range });
    await Body?.transformToByteArray();
    expect({ ContentLength, status: $metadata.httpStatusCode }).toEqual({
      ContentLength: 600_000,
      status: 200,
    });
  });
});

describe('a condition', () => {
  const hour = 3_600_000;
  const etag = quotedMd5(Buffer.from('first'));

  test.each<[string, Partial<GetObjectCommandInput>, number]>([
    ['a matching If-Match', { IfMatch: etag }, 200],
    ['another If-Match', { IfMatch: '"other"' }, 412],
    ['a matching If-None-Match', { IfNoneMatch: etag }, 304],
    ['another If-None-Match', { IfNoneMatch: '"other"' }, 200],
    ['an earlier If-Modified-Since', { IfModifiedSince: new Date(Date.now() - hour) }, 200],
    ['a later If-Modified-Since', { IfModifiedSince: new Date(Date.now() + hour) }, 304],
    ['an earlier If-Unmodified-Since', { IfUnmodifiedSince: new Date(Date.now() - hour) }, 412],
    ['a later If-Unmodified-Since', { IfUnmodifiedSince: new Date(Date.now() + hour) }, 200],
    ['If-Match, which outweighs the date', { IfMatch: etag, IfUnmodifiedSince: new Date(0) }, 200],
    [
      'If-None-Match, which outweighs the date',
      { IfNoneMatch: '"other"', IfModifiedSince: new Date(Date.now() + hour) },
      200,
    ],
  ])('%s of a read is answered correctly', async (_, conditions, status) => {
    await put('conditional', 'first');
    const found =
      status === 200
        ? (await get('conditional', conditions)).$metadata.httpStatusCode
        : (await refusalOf(get('conditional', conditions))).status;
    expect(found).toBe(status);
  });

  test('If-None-Match: * allows only the first write', async () => {
    await put('once', 'first', { IfNoneMatch: '*' });
    expect(await refusalOf(put('once', 'second', { IfNoneMatch: '*' }))).toEqual({
      code: 'PreconditionFailed',
      status: 412,
    });
    expect(await textOf('once')).toBe('first');
  });

  test('If-None-Match: * allows one of many concurrent writes', async () => {
    const writes = Array.from({ length: 8 }, (_, index) =>
      put('race', `write ${index}`, { IfNoneMatch: '*' }),
    );
    const outcomes = await Promise.allSettled(writes);
    const winner = outcomes.findIndex((outcome) => outcome.status === 'fulfilled');
    expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1);
    expect(await textOf('race')).toBe(`write ${winner}`);
  });

  test('If-Match of a write compares with the current object', async () => {
    await put('swap', 'first');
    const second = await put('swap', 'second', { IfMatch: etag });
    expect(await refusalOf(put('swap', 'third', { IfMatch: etag }))).toEqual({
      code: 'PreconditionFailed',
      status: 412,
    });
    expect((await get('swap')).ETag).toBe(second.ETag);
    expect(await refusalOf(put('missing', 'x', { IfMatch: etag }))).toEqual({
      code: 'NoSuchKey',
      status: 404,
    });
  });
});

describe('a copy', () => {
  const copy = (Key: string, CopySource: string, more = {}) =>
    running.client.send(new CopyObjectCommand({ Bucket, Key, CopySource, ...more }));

  test('has the bytes, headers and metadata of its source, and outlives it', async () => {
    const bytes = variedBytes(50_000);
    await put('source +ü/1', bytes, { ContentType: 'text/csv', Metadata: { a: '1' } });
    const { CopyObjectResult } = await copy('copied', `${Bucket}/${encodeURIComponent('source +ü/1')}`);
    expect(CopyObjectResult?.ETag).toBe(quotedMd5(bytes));
    await running.client.send(new DeleteObjectCommand({ Bucket, Key: 'source +ü/1' }));
    const { Body, ContentType, Metadata } = await get('copied');
    expect(fingerprint(await Body!.transformToByteArray())).toBe(fingerprint(bytes));
    expect({ ContentType, Metadata }).toEqual({ ContentType: 'text/csv', Metadata: { a: '1' } });
  });

  test('gets new metadata on request', async () => {
    await put('relabelled', 'x', { ContentType: 'text/csv', Metadata: { a: '1' } });
    const labels = { MetadataDirective: 'REPLACE', ContentType: 'text/plain', Metadata: { b: '2' } };
    await copy('relabelled', `/${Bucket}/relabelled`, labels);
    const { ContentType, Metadata } = await get('relabelled');
    expect({ ContentType, Metadata }).toEqual({ ContentType: 'text/plain', Metadata: { b: '2' } });
  });

  test('gets the checksum that is requested', async () => {
    await put('summed', 'x');
    await copy('summed copy', `${Bucket}/summed`, { ChecksumAlgorithm: 'SHA256' });
    const { ChecksumSHA256, ChecksumCRC32 } = await get('summed copy');
    expect({ ChecksumSHA256, ChecksumCRC32 }).toEqual({
      ChecksumSHA256: computeChecksum('SHA256', Buffer.from('x')).toString('base64'),
      ChecksumCRC32: undefined,
    });
  });

  test('is refused onto itself, from a missing object, and with conditions about its source', async () => {
    await put('kept', 'x');
    const source = `${Bucket}/kept`;
    expect(await refusalOf(copy('kept', source))).toEqual({ code: 'InvalidRequest', status: 400 });
    expect(await refusalOf(copy('x', `${Bucket}/none`))).toEqual({ code: 'NoSuchKey', status: 404 });
    expect(await refusalOf(copy('x', 'nonsense'))).toEqual({ code: 'InvalidArgument', status: 400 });
    const unless = { CopySourceIfNoneMatch: quotedMd5(Buffer.from('x')) };
    expect(await refusalOf(copy('x', source, unless))).toEqual({ code: 'NotImplemented', status: 501 });
  });
});

describe('a deletion', () => {
  test('of a missing object succeeds', async () => {
    const { $metadata } = await running.client.send(new DeleteObjectCommand({ Bucket, Key: 'never' }));
    expect($metadata.httpStatusCode).toBe(204);
  });

  test('of many objects reports each, and removes their files', async () => {
    const newFiles = running.watchFiles();
    for (const key of ['many/1', 'many/ü &<>']) await put(key, variedBytes(100_000));
    expect(newFiles()).toBe(2);
    const Objects = ['many/1', 'many/ü &<>', 'many/missing'].map((Key) => ({ Key }));
    const result = await running.client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    expect(result.Deleted).toEqual(Objects);
    expect(running.s3.listObjects(Bucket, 'many/')).toEqual([]);
    await expect.poll(newFiles).toBe(0);
  });

  test('of a changed object is refused if it must match', async () => {
    await put('guarded', 'x');
    const guarded = new DeleteObjectCommand({ Bucket, Key: 'guarded', IfMatch: '"other"' });
    expect(await refusalOf(running.client.send(guarded))).toEqual({
      code: 'PreconditionFailed',
      status: 412,
    });
    const Objects = [{ Key: 'guarded', ETag: '"other"' }];
    const many = await running.client.send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }),
    );
    expect(many.Errors?.map(({ Key, Code }) => ({ Key, Code }))).toEqual([
      { Key: 'guarded', Code: 'PreconditionFailed' },
    ]);
    expect(await textOf('guarded')).toBe('x');
  });

  test('or replacement during a download leaves the download whole', async () => {
    const bytes = variedBytes(8_000_000);
    const newFiles = running.watchFiles();
    await put('pulled away', bytes);
    const first = await get('pulled away');
    const second = await get('pulled away', { Range: 'bytes=1000-' });
    await put('pulled away', 'new');
    await running.client.send(new DeleteObjectCommand({ Bucket, Key: 'pulled away' }));
    expect(fingerprint(await buffer(first.Body as Readable))).toBe(fingerprint(bytes));
    expect(fingerprint(await buffer(second.Body as Readable))).toBe(fingerprint(bytes.subarray(1000)));
    await expect.poll(newFiles).toBe(0);
  });
});

describe('what the emulator does not support', () => {
  test('is refused with the name of the operation', async () => {
    const request = running.client.send(new GetObjectTaggingCommand({ Bucket, Key: 'plain' }));
    await expect(request).rejects.toMatchObject({
      name: 'NotImplemented',
      message: 'The local S3 does not implement GetObjectTagging.',
    });
  });

  test('is refused with the name of the header', async () => {
    await expect(put('tagged', 'x', { Tagging: 'a=b' })).rejects.toMatchObject({
      name: 'NotImplemented',
      message: 'A header you provided implies functionality that is not implemented: x-amz-tagging',
    });
  });
});

test('this process puts, reads and lists objects without HTTP', async () => {
  const { s3 } = running;
  s3.createBucket('inside');
  const large = variedBytes(40_000);
  const given = Buffer.from(large);
  const putting = s3.putObject('inside', 'b/large', given);
  given.fill(0);
  const { etag } = await putting;
  await s3.putObject('inside', 'a', Buffer.from('small'), { contentType: 'text/plain' });
  expect(await s3.getObject('inside', 'b/large')).toEqual(large);
  expect(await s3.getObject('inside', 'missing')).toBeUndefined();
  expect(s3.listObjects('inside').map(({ key, size }) => ({ key, size }))).toEqual([
    { key: 'a', size: 5 },
    { key: 'b/large', size: 40_000 },
  ]);
  expect(s3.listObjects('inside', 'b/').map((object) => object.etag)).toEqual([etag]);
  expect((await get('a', { Bucket: 'inside' })).ContentType).toBe('text/plain');
});
