import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetBucketPolicyCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  PutObjectCommand,
  paginateListObjectsV2,
} from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, test } from 'vitest';
import { refusalOf, runningS3 } from './running-emulator.ts';

const running = runningS3();

describe('a bucket', () => {
  test('is created, found, listed and deleted', async () => {
    const { client } = running;
    await client.send(new CreateBucketCommand({ Bucket: 'first' }));
    await client.send(
      new CreateBucketCommand({
        Bucket: 'elsewhere',
        CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' },
      }),
    );
    expect(await client.send(new HeadBucketCommand({ Bucket: 'first' }))).toMatchObject({
      BucketRegion: 'eu-central-1',
    });
    const { Buckets } = await client.send(new ListBucketsCommand({}));
    expect(Buckets?.map(({ Name, BucketRegion }) => ({ Name, BucketRegion }))).toEqual([
      { Name: 'elsewhere', BucketRegion: 'eu-west-1' },
      { Name: 'first', BucketRegion: 'eu-central-1' },
    ]);
    for (const Bucket of ['first', 'elsewhere']) await client.send(new DeleteBucketCommand({ Bucket }));
    expect((await client.send(new ListBucketsCommand({}))).Buckets ?? []).toEqual([]);
    expect(await refusalOf(client.send(new HeadBucketCommand({ Bucket: 'first' })))).toEqual({
      code: 'NotFound',
      status: 404,
    });
  });

  test('is refused if it exists or has an invalid name, and its deletion is refused while it is not empty', async () => {
    const { client, s3 } = running;
    s3.createBucket('full');
    s3.createBucket('full');
    await s3.putObject('full', 'x', Buffer.from('x'));
    const create = (Bucket: string) => refusalOf(client.send(new CreateBucketCommand({ Bucket })));
    expect(await create('full')).toEqual({ code: 'BucketAlreadyOwnedByYou', status: 409 });
    expect(await create('Bad_Name')).toEqual({ code: 'InvalidBucketName', status: 400 });
    expect(await refusalOf(client.send(new DeleteBucketCommand({ Bucket: 'full' })))).toEqual({
      code: 'BucketNotEmpty',
      status: 409,
    });
  });

  test('has no settings that a client can read', async () => {
    running.s3.createBucket('plain');
    await expect(running.client.send(new GetBucketPolicyCommand({ Bucket: 'plain' }))).rejects.toMatchObject({
      name: 'NotImplemented',
      message: 'The local S3 does not implement GetBucketPolicy.',
    });
  });
});

describe('a list', () => {
  const Bucket = 'listed';
  const keys = ['a', 'b/1', 'b/2', 'b/c/3', 'z', 'ü +&<>😀'];
  beforeAll(async () => {
    running.s3.createBucket(Bucket);
    for (const key of keys.toReversed()) await running.s3.putObject(Bucket, key, Buffer.from(key));
  });

  async function list(query: { Prefix?: string; Delimiter?: string; StartAfter?: string }, pageSize: number) {
    const found = { keys: [] as (string | undefined)[], prefixes: [] as (string | undefined)[], pages: 0 };
    for await (const page of paginateListObjectsV2(
      { client: running.client, pageSize },
      { Bucket, ...query },
    )) {
      found.keys.push(...(page.Contents ?? []).map(({ Key }) => Key));
      found.prefixes.push(...(page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix));
      found.pages += 1;
    }
    return found;
  }

  test('shows all keys in order on pages of any size', async () => {
    expect(await list({}, 1000)).toEqual({ keys, prefixes: [], pages: 1 });
    expect(await list({}, 4)).toEqual({ keys, prefixes: [], pages: 2 });
    expect(await list({}, 3)).toEqual({ keys, prefixes: [], pages: 2 });
    expect(await list({}, 1)).toEqual({ keys, prefixes: [], pages: 6 });
  });

  test('groups keys by a delimiter, also across pages', async () => {
    const expected = { keys: ['a', 'z', 'ü +&<>😀'], prefixes: ['b/'] };
    expect(await list({ Delimiter: '/' }, 1000)).toEqual({ ...expected, pages: 1 });
    expect(await list({ Delimiter: '/' }, 1)).toEqual({ ...expected, pages: 4 });
    expect(await list({ Delimiter: '/', Prefix: 'b/' }, 1)).toEqual({
      keys: ['b/1', 'b/2'],
      prefixes: ['b/c/'],
      pages: 3,
    });
  });

  test('begins after a key', async () => {
    expect(await list({ StartAfter: 'b/2' }, 1000)).toEqual({ keys: keys.slice(3), prefixes: [], pages: 1 });
    expect(await list({ StartAfter: 'b/2' }, 1)).toEqual({ keys: keys.slice(3), prefixes: [], pages: 3 });
  });

  test('has the size, ETag and time of each object', async () => {
    const { client } = running;
    for await (const { Contents, KeyCount, Name } of paginateListObjectsV2(
      { client },
      { Bucket, Prefix: 'z' },
    )) {
      expect({ KeyCount, Name, Contents }).toEqual({
        KeyCount: 1,
        Name: Bucket,
        Contents: [
          {
            Key: 'z',
            Size: 1,
            ETag: '"fbade9e36a3f36d3d676c1b808451dd7"',
            StorageClass: 'STANDARD',
            LastModified: running.s3.listObjects(Bucket, 'z')[0]?.lastModified,
          },
        ],
      });
    }
  });

  test('encodes keys on request', async () => {
    const answer = await fetch(`${running.endpoint}/${Bucket}?list-type=2&encoding-type=url&start-after=z`);
    expect(await answer.text()).toContain('<Key>%C3%BC+%2B%26%3C%3E%F0%9F%98%80</Key>');
  });

  test.each(['max-keys=-1', 'max-keys=x', 'continuation-token=bad', 'encoding-type=xml'])(
    'with %s is refused',
    async (query) => {
      const answer = await fetch(`${running.endpoint}/${Bucket}?list-type=2&${query}`);
      expect(answer.status).toBe(400);
      expect(await answer.text()).toContain('<Code>InvalidArgument</Code>');
    },
  );
});

describe('versioning', () => {
  const put = (Bucket: string, Key: string, Body: string) =>
    running.client.send(new PutObjectCommand({ Bucket, Key, Body }));
  const textOf = async (Bucket: string, Key: string, VersionId?: string) => {
    const { Body } = await running.client.send(new GetObjectCommand({ Bucket, Key, VersionId }));
    return Body?.transformToString();
  };

  test('keeps each version, and the earlier object under the id null', async () => {
    const { s3 } = running;
    s3.createBucket('kept');
    expect((await put('kept', 'x', 'zero')).VersionId).toBeUndefined();
    s3.createBucket('kept', { versioned: true });
    const { VersionId: one } = await put('kept', 'x', 'one');
    const { VersionId: two } = await put('kept', 'x', 'two');
    expect(new Set([one, two, 'null', undefined]).size).toBe(4);
    expect(await textOf('kept', 'x')).toBe('two');
    expect(await Promise.all(['null', one, two].map((id) => textOf('kept', 'x', id)))).toEqual([
      'zero',
      'one',
      'two',
    ]);
  });

  test('hides a deleted object behind a marker until the marker is deleted', async () => {
    const { client, s3 } = running;
    s3.createBucket('hidden', { versioned: true });
    const { VersionId } = await put('hidden', 'x', 'one');
    const deleted = await client.send(new DeleteObjectCommand({ Bucket: 'hidden', Key: 'x' }));
    expect(deleted).toMatchObject({ DeleteMarker: true, VersionId: expect.any(String) });
    expect(await refusalOf(textOf('hidden', 'x'))).toEqual({ code: 'NoSuchKey', status: 404 });
    expect(s3.listObjects('hidden')).toEqual([]);
    expect(await textOf('hidden', 'x', VersionId)).toBe('one');
    const marker = { Bucket: 'hidden', Key: 'x', VersionId: deleted.VersionId };
    expect((await refusalOf(client.send(new HeadObjectCommand(marker)))).status).toBe(405);
    expect(await client.send(new DeleteObjectCommand(marker))).toMatchObject({ DeleteMarker: true });
    expect(await textOf('hidden', 'x')).toBe('one');
    expect(await refusalOf(textOf('hidden', 'x', 'no-such-version'))).toEqual({
      code: 'NoSuchVersion',
      status: 404,
    });
  });
});
