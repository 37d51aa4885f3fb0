import { Readable } from 'node:stream';
import {
  GetObjectCommand,
  type GetObjectCommandOutput,
  NoSuchKey,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, test } from 'vitest';
import { openFile } from '../../../../lambda/ingest/files/file-store.ts';
import type { FileObject } from '../../../../lambda/ingest/files/messages.ts';

const client = new S3Client();
const s3 = mockClient(client);
const object: FileObject = { bucket: 'files', key: 'cdr 1.csv', versionId: 'v1', eTag: 'e1' };
const place = { Bucket: 'files', Key: 'cdr 1.csv' };
const date = new Date('2026-11-02T10:00:00Z');

beforeEach(() => s3.reset());

/** A body as the SDK hands it over. */
function makeBody(text: string) {
  return Readable.from([Buffer.from(text)]);
}

/** Opens an object with a given answer of S3. */
function open(answer: object, from = 0) {
  s3.on(GetObjectCommand).resolves(answer as GetObjectCommandOutput);
  return openFile(client, object, from);
}

async function readText(bytes: AsyncIterable<Uint8Array> | undefined): Promise<string> {
  let text = '';
  for await (const chunk of bytes ?? []) text += Buffer.from(chunk).toString();
  return text;
}

describe('an object is asked for', () => {
  test.each<[string, Partial<FileObject>, number, object]>([
    ['by its version, where it has one', {}, 0, { VersionId: 'v1' }],
    ['by its entity tag, where it has no version', { versionId: undefined }, 0, { IfMatch: '"e1"' }],
    ['as it is, where it has neither', { versionId: undefined, eTag: undefined }, 0, {}],
    ['from its second byte', {}, 1, { VersionId: 'v1', Range: 'bytes=1-' }],
    ['from a later byte, by its tag', { versionId: undefined }, 99, { IfMatch: '"e1"', Range: 'bytes=99-' }],
  ])('%s', async (_, given, from, asked) => {
    s3.on(GetObjectCommand).resolves({});
    await openFile(client, { ...object, ...given }, from);
    expect(s3.calls().map(({ args }) => args[0].input)).toEqual([{ ...place, ...asked }]);
  });
});

describe('an opened file', () => {
  test('has the bytes of the object, and the time of its delivery', async () => {
    const file = await open({ Body: makeBody('id\n1\n'), ContentLength: 5, LastModified: date });
    expect(file).toMatchObject({ size: 5, deliveredAt: date.getTime() });
    expect(await readText(file?.bytes)).toBe('id\n1\n');
  });

  test.each([
    ['all of the object from its middle', { ContentRange: 'bytes 10-99/100', ContentLength: 90 }, 100],
    [
      'what S3 sends, where it does not say how much there is',
      { ContentRange: 'bytes 10-99/*', ContentLength: 90 },
      90,
    ],
    ['the whole object', { ContentLength: 90 }, 90],
    ['nothing', {}, 0],
  ])('has the size of %s', async (_, answer, size) => {
    expect((await open(answer))?.size).toBe(size);
  });

  test('of which S3 says no time was delivered just now', async () => {
    const before = Date.now();
    const file = await open({});
    expect(file?.deliveredAt).toBeGreaterThanOrEqual(before);
    expect(file?.deliveredAt).toBeLessThanOrEqual(Date.now());
  });

  test('lets go of its connection when it is closed', async () => {
    const body = makeBody('id\n');
    const file = await open({ Body: body });
    expect(body.destroyed).toBe(false);
    await file?.close();
    expect(body.destroyed).toBe(true);
  });

  test('without a body is empty, and can be closed', async () => {
    const file = await open({});
    expect(await readText(file?.bytes)).toBe('');
    await expect(file?.close()).resolves.toBeUndefined();
  });

  test('whose body has no connection can be closed', async () => {
    const file = await open({ Body: [Buffer.from('id\n')] });
    await expect(file?.close()).resolves.toBeUndefined();
  });
});

/** An error of S3. */
function refuse(name: string): S3ServiceException {
  return new S3ServiceException({ name, $fault: 'client', $metadata: {} });
}

describe('an object that S3 refuses', () => {
  test.each([
    ['does not exist', new NoSuchKey({ message: 'gone', $metadata: {} })],
    ['has no such version', refuse('NoSuchVersion')],
    ['was replaced by another', refuse('PreconditionFailed')],
  ])('is gone where it %s', async (_, error) => {
    s3.on(GetObjectCommand).rejects(error);
    expect(await openFile(client, object, 0)).toBeUndefined();
  });

  test('is read to its end where it was to be read from there', async () => {
    s3.on(GetObjectCommand).rejects(refuse('InvalidRange'));
    const file = await openFile(client, object, 70);
    expect(file).toMatchObject({ size: 70, deliveredAt: 0 });
    expect(await readText(file?.bytes)).toBe('');
    await expect(file?.close()).resolves.toBeUndefined();
  });

  test.each([
    ['S3 denies it', refuse('AccessDenied')],
    ['S3 is busy', refuse('SlowDown')],
    ['the error is not of S3', Object.assign(new Error('no'), { name: 'NoSuchVersion' })],
    ['the range is refused by something else', Object.assign(new Error('no'), { name: 'InvalidRange' })],
  ])('is an error where %s, and tried again', async (_, error) => {
    s3.on(GetObjectCommand).rejects(error);
    await expect(openFile(client, object, 70)).rejects.toBe(error);
  });
});
