import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketLocationCommand,
  GetBucketPolicyCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsCommand,
  ListObjectVersionsCommand,
  type ObjectVersion,
  PutBucketVersioningCommand,
  PutObjectCommand,
  paginateListObjectsV2,
} from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, test } from 'vitest';
import { refusalOf, runningS3 } from './running-stand-in.ts';

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
    expect(await client.send(new GetBucketLocationCommand({ Bucket: 'elsewhere' }))).toMatchObject({
      LocationConstraint: 'eu-west-1',
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

  test('is refused a second time, under a bad name, and its deletion while it holds something', async () => {
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

  test('has no settings but versioning', async () => {
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

  test('rolls up what a delimiter parts, also across pages', async () => {
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

  test('tells size, ETag and time of each object', async () => {
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

  test('encodes keys when asked to', async () => {
    const answer = await fetch(`${running.endpoint}/${Bucket}?list-type=2&encoding-type=url&start-after=z`);
    expect(await answer.text()).toContain('<Key>%C3%BC+%2B%26%3C%3E%F0%9F%98%80</Key>');
  });

  test('of the first version pages by marker', async () => {
    const query = { Bucket, Delimiter: '/', MaxKeys: 2 };
    const first = await running.client.send(new ListObjectsCommand(query));
    expect([first.Contents?.map(({ Key }) => Key), first.CommonPrefixes, first.NextMarker]).toEqual([
      ['a'],
      [{ Prefix: 'b/' }],
      'b/',
    ]);
    const second = await running.client.send(new ListObjectsCommand({ ...query, Marker: 'b/' }));
    expect([second.Contents?.map(({ Key }) => Key), second.CommonPrefixes, second.IsTruncated]).toEqual([
      ['z', 'ü +&<>😀'],
      undefined,
      false,
    ]);
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
  const setVersioning = (Bucket: string, Status: 'Enabled' | 'Suspended') =>
    running.client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }));
  const idsOf = (versions: readonly ObjectVersion[] | undefined) =>
    versions?.map(({ VersionId }) => VersionId);

  test('keeps each version and what was there before under the id null', async () => {
    const { client } = running;
    await client.send(new CreateBucketCommand({ Bucket: 'kept' }));
    expect((await put('kept', 'x', 'zero')).VersionId).toBeUndefined();
    expect((await client.send(new GetBucketVersioningCommand({ Bucket: 'kept' }))).Status).toBeUndefined();
    await setVersioning('kept', 'Enabled');
    expect((await client.send(new GetBucketVersioningCommand({ Bucket: 'kept' }))).Status).toBe('Enabled');
    const { VersionId: one } = await put('kept', 'x', 'one');
    const { VersionId: two } = await put('kept', 'x', 'two');
    expect(await textOf('kept', 'x')).toBe('two');
    expect([await textOf('kept', 'x', 'null'), await textOf('kept', 'x', one)]).toEqual(['zero', 'one']);
    const { Versions } = await client.send(new ListObjectVersionsCommand({ Bucket: 'kept' }));
    expect(Versions?.map(({ VersionId, IsLatest, Size }) => ({ VersionId, IsLatest, Size }))).toEqual([
      { VersionId: two, IsLatest: true, Size: 3 },
      { VersionId: one, IsLatest: false, Size: 3 },
      { VersionId: 'null', IsLatest: false, Size: 4 },
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

  test('when suspended replaces only the version null', async () => {
    const { client, s3 } = running;
    s3.createBucket('suspended', { versioned: true });
    const { VersionId } = await put('suspended', 'x', 'one');
    await setVersioning('suspended', 'Suspended');
    for (const text of ['two', 'three']) await put('suspended', 'x', text);
    await client.send(new DeleteObjectCommand({ Bucket: 'suspended', Key: 'x' }));
    const { Versions, DeleteMarkers } = await client.send(
      new ListObjectVersionsCommand({ Bucket: 'suspended' }),
    );
    expect([idsOf(Versions), idsOf(DeleteMarkers)]).toEqual([[VersionId], ['null']]);
  });

  test('is listed on pages, which go on although the listed versions are deleted meanwhile', async () => {
    const { client, s3 } = running;
    const Bucket = 'emptied';
    s3.createBucket(Bucket, { versioned: true });
    for (const key of ['x', 'x', 'x', 'y', 'y', 'z/1', 'z/2']) await put(Bucket, key, key);
    await client.send(new DeleteObjectCommand({ Bucket, Key: 'y' }));
    const seen: string[] = [];
    let markers: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } = {};
    for (let more = true; more; ) {
      const page = await client.send(new ListObjectVersionsCommand({ Bucket, MaxKeys: 2, ...markers }));
      const Objects = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])].map(({ Key, VersionId }) => ({
        Key,
        VersionId,
      }));
      seen.push(...Objects.map(({ Key }) => Key ?? ''));
      await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
      markers = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
      more = page.IsTruncated ?? false;
    }
    expect(seen.sort()).toEqual(['x', 'x', 'x', 'y', 'y', 'y', 'z/1', 'z/2']);
    await client.send(new DeleteBucketCommand({ Bucket }));
  });
});
