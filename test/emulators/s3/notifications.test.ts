import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { createS3Emulator } from '../../../emulators/s3/emulator.ts';
import type { NotificationFilter, S3EventMessage } from '../../../emulators/s3/notifications.ts';
import { runningS3 } from './running-emulator.ts';

const running = runningS3();

function listenTo(bucket: string, filter: NotificationFilter = {}, versioned = false) {
  running.s3.createBucket(bucket, { versioned });
  const messages: S3EventMessage[] = [];
  const stop = running.s3.onObjectCreated(bucket, (message) => messages.push(message), filter);
  const keys = () => messages.map(({ Records }) => Records[0]?.s3.object.key);
  return { messages, keys, stop };
}

test('a new object is announced as AWS announces it', async () => {
  const { messages } = listenTo('announced', { id: 'files' }, true);
  const { VersionId, ETag } = await running.client.send(
    new PutObjectCommand({ Bucket: 'announced', Key: 'cdr/a b.csv', Body: 'id\n1\n' }),
  );
  await expect.poll(() => messages).toHaveLength(1);
  expect(messages[0]).toEqual({
    Records: [
      {
        eventVersion: '2.1',
        eventSource: 'aws:s3',
        awsRegion: 'eu-central-1',
        eventTime: running.s3.listObjects('announced')[0]?.lastModified.toISOString(),
        eventName: 'ObjectCreated:Put',
        userIdentity: { principalId: expect.stringMatching(/^AWS:/) },
        requestParameters: { sourceIPAddress: '127.0.0.1' },
        responseElements: {
          'x-amz-request-id': expect.stringMatching(/^[0-9A-F]{16}$/),
          'x-amz-id-2': expect.any(String),
        },
        s3: {
          s3SchemaVersion: '1.0',
          configurationId: 'files',
          bucket: {
            name: 'announced',
            ownerIdentity: { principalId: expect.any(String) },
            arn: 'arn:aws:s3:::announced',
          },
          object: {
            key: 'cdr/a+b.csv',
            size: 5,
            eTag: ETag?.replaceAll('"', ''),
            versionId: VersionId,
            sequencer: expect.stringMatching(/^[0-9A-F]{18}$/),
          },
        },
      },
    ],
  });
});

test('unusual keys are encoded so that the usual decoding restores them', async () => {
  const { keys } = listenTo('odd');
  const odd = ['a b', 'a+b', 'a%2Bb', '../x', 'ü/😀', 'dt=1/x:y', "(~'!*')", '&<>"'];
  for (const key of odd)
    await running.client.send(new PutObjectCommand({ Bucket: 'odd', Key: key, Body: 'x' }));
  await expect
    .poll(keys)
    .toEqual([
      'a+b',
      'a%2Bb',
      'a%252Bb',
      '../x',
      '%C3%BC/%F0%9F%98%80',
      'dt%3D1/x%3Ay',
      '%28%7E%27%21*%27%29',
      '%26%3C%3E%22',
    ]);
  expect(keys().map((key) => decodeURIComponent((key ?? '').replaceAll('+', ' ')))).toEqual(odd);
});

test('copies and multipart uploads are announced by their names, in order; deletions are not', async () => {
  const { client } = running;
  const { messages } = listenTo('ways');
  const Bucket = 'ways';
  await client.send(new PutObjectCommand({ Bucket, Key: 'put', Body: 'x' }));
  await client.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource: 'ways/put' }));
  const upload = { Bucket, Key: 'multipart' };
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(upload));
  const part = { ...upload, UploadId, PartNumber: 1 };
  const { ETag, ChecksumCRC32 } = await client.send(new UploadPartCommand({ ...part, Body: 'xyz' }));
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag, ChecksumCRC32 }] };
  await client.send(new DeleteObjectCommand({ Bucket, Key: 'put' }));
  await client.send(new CompleteMultipartUploadCommand({ ...upload, UploadId, MultipartUpload }));
  await expect.poll(() => messages).toHaveLength(3);
  const records = messages.flatMap(({ Records }) => Records);
  expect(records.map(({ eventName, s3 }) => [eventName, s3.object.key, s3.object.size])).toEqual([
    ['ObjectCreated:Put', 'put', 1],
    ['ObjectCreated:Copy', 'copy', 1],
    ['ObjectCreated:CompleteMultipartUpload', 'multipart', 3],
  ]);
  const sequencers = records.map(({ s3 }) => s3.object.sequencer);
  expect(new Set(sequencers).size).toBe(3);
  expect(sequencers).toEqual(sequencers.toSorted());
});

test('a filter passes only its prefix and suffix, and an ended subscription nothing', async () => {
  const { keys, stop } = listenTo('filtered', { prefix: 'in box/', suffix: '.csv' });
  const everything = listenTo('filtered');
  const put = (key: string) => running.s3.putObject('filtered', key, Buffer.from('x'));
  for (const key of ['in box/a.csv', 'in box/a.json', 'out/b.csv', 'in box/c.csv']) await put(key);
  await expect.poll(everything.keys).toHaveLength(4);
  expect(keys()).toEqual(['in+box/a.csv', 'in+box/c.csv']);
  stop();
  await put('in box/d.csv');
  await expect.poll(everything.keys).toHaveLength(5);
  expect(keys()).toHaveLength(2);
});

test('a listener that throws is reported and harms neither the upload nor other listeners', async () => {
  const errors: unknown[] = [];
  const s3 = createS3Emulator({ onError: (error) => errors.push(error) });
  s3.createBucket('bucket');
  const heard: S3EventMessage[] = [];
  const failure = new Error('a bug of the listener');
  s3.onObjectCreated('bucket', () => {
    throw failure;
  });
  s3.onObjectCreated('bucket', (message) => heard.push(message));
  await s3.putObject('bucket', 'x', Buffer.from('x'));
  await expect.poll(() => heard).toHaveLength(1);
  expect(errors).toEqual([failure]);
  await s3.close();
});
