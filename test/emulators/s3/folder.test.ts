import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  ListObjectsV2Command,
  PutObjectCommand,
  type PutObjectCommandInput,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { fingerprint, refusalOf, runningS3, variedBytes } from './running-emulator.ts';

const running = runningS3();
let root: string;
let folder: string;
let Bucket: string;
let buckets = 0;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 's3-folder-'));
});

afterAll(() => rmSync(root, { recursive: true }));

beforeEach(async () => {
  buckets += 1;
  Bucket = `kept-${buckets}`;
  folder = join(root, Bucket);
  await running.s3.openBucket(Bucket, folder);
});

const put = (
  Key: string,
  Body: NonNullable<PutObjectCommandInput['Body']>,
  more: Partial<PutObjectCommandInput> = {},
) => running.client.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
const get = (Key: string) => running.client.send(new GetObjectCommand({ Bucket, Key }));
const readBody = async ({ Body }: GetObjectCommandOutput) =>
  (await Body?.transformToByteArray()) ?? expect.fail('The answer has no body');

/** The files of the bucket, by path, with their contents. */
function files(): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => {
        const path = join(entry.parentPath, entry.name);
        return [path.slice(folder.length + 1).replaceAll('\\', '/'), readFileSync(path, 'utf8')];
      }),
  );
}

describe('a bucket in a folder', () => {
  test('has the latest upload of each object as a file at its key', async () => {
    await put('usage/day=2026-11-02/bucket=0003.parquet', 'first');
    await put('usage/day=2026-11-02/bucket=0003.parquet', 'second');
    await put('plan.json', '');
    expect(files()).toEqual({ 'usage/day=2026-11-02/bucket=0003.parquet': 'second', 'plan.json': '' });
  });

  test('has the same objects with the same tags after a restart, and nothing unfinished', async () => {
    const { ETag } = await put('days/day=2026-11-02/manifest.json', 'content');
    writeFileSync(join(folder, '.writing', 'half'), 'ha');
    writeFileSync(join(folder, 'Notes.txt'), 'not a key');
    Bucket = `${Bucket}-again`;
    await running.s3.openBucket(Bucket, folder);
    const { Contents = [] } = await running.client.send(new ListObjectsV2Command({ Bucket }));
    expect(Contents.map((object) => [object.Key, object.Size, object.ETag])).toEqual([
      ['days/day=2026-11-02/manifest.json', 7, ETag],
    ]);
    expect(new TextDecoder().decode(await readBody(await get('days/day=2026-11-02/manifest.json')))).toBe(
      'content',
    );
    expect(files()).toEqual({ 'days/day=2026-11-02/manifest.json': 'content', 'Notes.txt': 'not a key' });
  });

  test('supports the conditions of uploads', async () => {
    const { ETag } = await put('a', 'first', { IfNoneMatch: '*' });
    expect(await refusalOf(put('a', 'second', { IfNoneMatch: '*' }))).toEqual({
      code: 'PreconditionFailed',
      status: 412,
    });
    await put('a', 'third', { IfMatch: ETag });
    expect(await refusalOf(put('a', 'fourth', { IfMatch: ETag }))).toEqual({
      code: 'PreconditionFailed',
      status: 412,
    });
    expect(files()).toEqual({ a: 'third' });
  });

  test('sends the whole of an object that is replaced or deleted meanwhile, and leaves no copy of it', async () => {
    const bytes = variedBytes(8_000_000);
    await put('large', bytes);
    const [first, second] = [await get('large'), await get('large')];
    await put('large', 'small');
    expect(readFileSync(join(folder, 'large'), 'utf8')).toBe('small');
    const third = await get('large');
    await running.client.send(new DeleteObjectCommand({ Bucket, Key: 'large' }));
    expect(existsSync(join(folder, 'large'))).toBe(false);
    expect(fingerprint(await readBody(first))).toBe(fingerprint(bytes));
    expect(fingerprint(await readBody(second))).toBe(fingerprint(bytes));
    expect(new TextDecoder().decode(await readBody(third))).toBe('small');
    await expect.poll(files).toEqual({});
  });

  test('can be copied to other buckets, which keep the copies', async () => {
    const copies = `${Bucket}-copies`;
    running.s3.createBucket(copies);
    await put('a', 'first');
    await running.client.send(new CopyObjectCommand({ Bucket: copies, Key: 'b', CopySource: `${Bucket}/a` }));
    await put('a', 'second');
    const copy = await running.s3.getObject(copies, 'b');
    expect([copy?.toString(), files()['a']]).toEqual(['first', 'second']);
  });

  test.each([
    '../outside',
    '/absolute',
    'a//b',
    'a/',
    '.writing/a',
    'dot.',
    'Upper',
    'con',
    'nul.json',
    'back\\slash',
  ])('takes no key that could be another path on some system: %s', async (key) => {
    await put('before', 'here');
    // Clients may shorten such a path by themselves, so it is put within this process.
    await expect(running.s3.putObject(Bucket, key, Buffer.from('bytes'))).rejects.toThrow(
      'This bucket keeps its objects as files',
    );
    expect(files()).toEqual({ before: 'here' });
  });

  test('uses a folder that was created before', async () => {
    const made = join(root, 'made');
    await mkdir(made);
    await running.s3.openBucket('made', made);
    await running.s3.putObject('made', 'a', Buffer.from('bytes'));
    expect(readFileSync(join(made, 'a'), 'utf8')).toBe('bytes');
  });
});
