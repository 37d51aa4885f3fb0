import { createHash } from 'node:crypto';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  type CompleteMultipartUploadCommandInput,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, test } from 'vitest';
import { computeChecksum } from '../../../emulators/s3/checksums.ts';
import { fingerprint, refusalOf, runningS3, variedBytes } from './running-emulator.ts';

const running = runningS3();
const Bucket = 'multipart';
beforeAll(() => running.s3.createBucket(Bucket));

const megabytes = 1024 ** 2;
const bytes = variedBytes(11 * megabytes);
const pieces = [
  bytes.subarray(0, 5 * megabytes),
  bytes.subarray(5 * megabytes, 10 * megabytes),
  bytes.subarray(10 * megabytes),
];
const digest = (algorithm: string, of: readonly Uint8Array[]) => {
  const hash = createHash(algorithm);
  for (const piece of of) hash.update(piece);
  return hash.digest();
};
const multipartEtag = `"${digest(
  'md5',
  pieces.map((piece) => digest('md5', [piece])),
).toString('hex')}-3"`;

async function start(Key: string, more: Partial<CreateMultipartUploadCommandInput> = {}) {
  const { UploadId } = await running.client.send(new CreateMultipartUploadCommand({ Bucket, Key, ...more }));
  return { Bucket, Key, UploadId };
}

type Upload = Awaited<ReturnType<typeof start>>;

async function uploadPart(upload: Upload, PartNumber: number, Body: Buffer): Promise<CompletedPart> {
  const { $metadata: _, ...part } = await running.client.send(
    new UploadPartCommand({ ...upload, PartNumber, Body }),
  );
  return { ...part, PartNumber };
}

function complete(
  upload: Upload,
  Parts: CompletedPart[],
  more: Partial<CompleteMultipartUploadCommandInput> = {},
) {
  const MultipartUpload = { Parts };
  return running.client.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload, ...more }));
}

async function read(Key: string, Range?: string): Promise<string> {
  const { Body } = await running.client.send(new GetObjectCommand({ Bucket, Key, Range }));
  return fingerprint(await buffer(Body as Readable));
}

describe('a multipart upload', () => {
  test('becomes one object, with an ETag and a checksum of its parts, when it is complete', async () => {
    const newFiles = running.watchFiles();
    const upload = await start('whole', {
      ContentType: 'text/csv',
      Metadata: { a: '1' },
      ChecksumAlgorithm: 'CRC32',
    });
    // In any order, and one of them twice.
    const third = await uploadPart(upload, 30, pieces[2]!);
    await uploadPart(upload, 1, pieces[1]!);
    const first = await uploadPart(upload, 1, pieces[0]!);
    const second = await uploadPart(upload, 7, pieces[1]!);
    expect(running.s3.listObjects(Bucket, 'whole')).toEqual([]);
    const done = await complete(upload, [first, second, third]);
    const composite = computeChecksum(
      'CRC32',
      Buffer.concat(pieces.map((piece) => computeChecksum('CRC32', piece))),
    );
    const { ETag, ChecksumCRC32, ChecksumType, Key } = done;
    expect({ ETag, ChecksumCRC32, ChecksumType, Key }).toEqual({
      ETag: multipartEtag,
      ChecksumCRC32: `${composite.toString('base64')}-3`,
      ChecksumType: 'COMPOSITE',
      Key: 'whole',
    });
    expect(await read('whole')).toBe(fingerprint(bytes));
    const seam = 5 * megabytes;
    expect(await read('whole', `bytes=${seam - 2}-${seam + 1}`)).toBe(
      fingerprint(bytes.subarray(seam - 2, seam + 2)),
    );
    const head = await running.client.send(
      new HeadObjectCommand({ Bucket, Key: 'whole', ChecksumMode: 'ENABLED' }),
    );
    expect(head).toMatchObject({
      ETag: multipartEtag,
      ContentType: 'text/csv',
      Metadata: { a: '1' },
      ChecksumCRC32,
      ContentLength: bytes.length,
    });
    expect(await refusalOf(complete(upload, [first, second, third]))).toEqual({
      code: 'NoSuchUpload',
      status: 404,
    });
    const { CopyObjectResult } = await running.client.send(
      new CopyObjectCommand({ Bucket, Key: 'one piece', CopySource: `${Bucket}/whole` }),
    );
    expect(CopyObjectResult).toMatchObject({
      ETag: `"${digest('md5', [bytes]).toString('hex')}"`,
      ChecksumCRC32: computeChecksum('CRC32', bytes).toString('base64'),
      ChecksumType: 'FULL_OBJECT',
    });
    for (const Key of ['whole', 'one piece']) {
      await running.client.send(new DeleteObjectCommand({ Bucket, Key }));
    }
    await expect.poll(newFiles).toBe(0);
  });

  test('gets a checksum of the whole object if that is requested', async () => {
    const upload = await start('full', { ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' });
    const parts = [await uploadPart(upload, 1, pieces[0]!), await uploadPart(upload, 2, pieces[2]!)];
    const expected = computeChecksum('CRC32', Buffer.concat([pieces[0]!, pieces[2]!])).toString('base64');
    const wrong = computeChecksum('CRC32', Buffer.from('x')).toString('base64');
    expect(await refusalOf(complete(upload, parts, { ChecksumCRC32: wrong }))).toEqual({
      code: 'BadDigest',
      status: 400,
    });
    const done = await complete(upload, parts, { ChecksumCRC32: expected });
    expect(done).toMatchObject({ ChecksumCRC32: expected, ChecksumType: 'FULL_OBJECT' });
  });

  test('is removed when it is aborted, and leaves no files', async () => {
    const newFiles = running.watchFiles();
    const upload = await start('aborted');
    const parts: CompletedPart[] = [];
    for (const number of [1, 2, 3]) parts.push(await uploadPart(upload, number, pieces[2]!));
    expect(newFiles()).toBe(3);
    await running.client.send(new AbortMultipartUploadCommand(upload));
    expect(await refusalOf(complete(upload, parts))).toEqual({ code: 'NoSuchUpload', status: 404 });
    await expect.poll(newFiles).toBe(0);
  });

  test('is refused if its list of parts is wrong', async () => {
    const upload = await start('wrong');
    const small = await uploadPart(upload, 1, pieces[2]!);
    const last = await uploadPart(upload, 2, pieces[2]!);
    const code = async (parts: CompletedPart[]) => (await refusalOf(complete(upload, parts))).code;
    expect(await code([last, small])).toBe('InvalidPartOrder');
    expect(await code([small, small])).toBe('InvalidPartOrder');
    expect(await code([small, last])).toBe('EntityTooSmall');
    expect(await code([{ ...last, PartNumber: 9 }])).toBe('InvalidPart');
    expect(await code([{ ...last, ETag: '"other"' }])).toBe('InvalidPart');
    expect(await code([{ ...last, ChecksumCRC32: 'AAAAAA==' }])).toBe('InvalidPart');
    expect(await code([])).toBe('MalformedXML');
    expect(await refusalOf(complete(upload, [last], { MpuObjectSize: 5 }))).toEqual({
      code: 'InvalidRequest',
      status: 400,
    });
    expect(await refusalOf(uploadPart(upload, 10_001, pieces[2]!))).toEqual({
      code: 'InvalidArgument',
      status: 400,
    });
    expect(running.s3.listObjects(Bucket, 'wrong')).toEqual([]);
    await complete(upload, [last]);
    expect(await read('wrong')).toBe(fingerprint(pieces[2]!));
  });

  test('is refused if it must be the first of its key and is not', async () => {
    await running.s3.putObject(Bucket, 'taken', Buffer.from('first'));
    const upload = await start('taken');
    const part = await uploadPart(upload, 1, pieces[2]!);
    expect(await refusalOf(complete(upload, [part], { IfNoneMatch: '*' }))).toEqual({
      code: 'PreconditionFailed',
      status: 412,
    });
    expect(await read('taken')).toBe(fingerprint(Buffer.from('first')));
  });
});

test('a part may be streamed', async () => {
  const upload = await start('streamed');
  const Body = Readable.from([pieces[2]!.subarray(0, 1000), pieces[2]!.subarray(1000)]);
  const sized = { Body, ContentLength: pieces[2]!.length };
  const { ETag, ChecksumCRC32 } = await running.client.send(
    new UploadPartCommand({ ...upload, PartNumber: 1, ...sized }),
  );
  await complete(upload, [{ PartNumber: 1, ETag, ChecksumCRC32 }]);
  expect(await read('streamed')).toBe(fingerprint(pieces[2]!));
});

test('a part that arrives when its upload has been aborted is refused and leaves nothing', async () => {
  const newFiles = running.watchFiles();
  const upload = await start('too late');
  const Body = new PassThrough();
  const { client } = running;
  const uploading = client.send(
    new UploadPartCommand({ ...upload, PartNumber: 1, Body, ContentLength: megabytes }),
  );
  Body.write(pieces[2]!.subarray(0, 500_000));
  await expect.poll(newFiles).toBe(1);
  await client.send(new AbortMultipartUploadCommand(upload));
  Body.end(pieces[2]!.subarray(500_000));
  expect(await refusalOf(uploading)).toEqual({ code: 'NoSuchUpload', status: 404 });
  await expect.poll(newFiles).toBe(0);
});
