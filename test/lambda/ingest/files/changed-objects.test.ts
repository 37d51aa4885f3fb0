import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { beforeEach, describe, expect, test } from 'vitest';
import { formatObjectName } from '../../../../lambda/ingest/files/messages.ts';
import type { Manifest } from '../../../../lambda/store/manifest.ts';
import { file, ids, longFile } from './cdr.ts';
import { Importing } from './importing.ts';

const importing = new Importing();

beforeEach(() => importing.reset());

describe('an object that is no longer the one in the notification', () => {
  test('is gone if it was deleted from a bucket without versioning', async () => {
    const object = await importing.put(importing.key, file(3), 'unversioned');
    await importing.client.send(new DeleteObjectCommand({ Bucket: 'unversioned', Key: importing.key }));
    expect(await importing.import(object)).toEqual({ outcome: 'gone', manifest: undefined });
    expect(await importing.tables.everything()).toMatchObject({ Usage: [], Files: [] });
  });

  test('still exists in a bucket with versioning', async () => {
    const object = await importing.put(importing.key, file(3));
    await importing.client.send(new DeleteObjectCommand({ Bucket: 'files', Key: importing.key }));
    expect(await importing.import(object)).toMatchObject({ outcome: 'done', manifest: { rows: 3 } });
  });

  test('is gone if its version was deleted', async () => {
    const object = await importing.put(importing.key, file(3));
    const VersionId = object.versionId ?? '';
    await importing.client.send(new DeleteObjectCommand({ Bucket: 'files', Key: importing.key, VersionId }));
    expect(await importing.import(object)).toEqual({ outcome: 'gone', manifest: undefined });
  });

  test('is gone if another replaced it, which is imported by its own notification', async () => {
    const first = await importing.put(importing.key, file(3), 'unversioned');
    const second = await importing.put(importing.key, file(2, 10), 'unversioned');
    expect(await importing.import(first)).toEqual({ outcome: 'gone', manifest: undefined });
    expect(await importing.import(second)).toMatchObject({ outcome: 'done', manifest: { rows: 2 } });
    expect(await importing.recordIds()).toEqual(ids(10, 11));
  });

  test('that was overwritten in a bucket with versioning is imported, and so is the new version', async () => {
    const first = await importing.put(importing.key, file(2));
    const second = await importing.put(importing.key, file(2, 10));
    await Promise.all([importing.import(first), importing.import(second)]);
    expect(await importing.recordIds()).toEqual(ids(0, 1, 10, 11));
    expect((await importing.tables.items('Files')).length).toBe(2);
  });

  test('in the middle of its import leaves a manifest that says so', async () => {
    const object = await importing.put(importing.key, longFile().bytes, 'unversioned');
    const { manifest } = await importing.import(object, { isTimeShort: () => true });
    await importing.put(importing.key, file(1), 'unversioned');
    const later = Date.parse('2026-11-02T18:00:00Z');
    const result = await importing.import(object, { now: () => later });
    const { header: _, ...failed }: Manifest = {
      ...manifest!,
      state: 'failed',
      noted: new Date(later).toISOString(),
      reason: 'The file was deleted or replaced before all of it was imported',
    };
    expect(result).toEqual({ outcome: 'gone', manifest: failed });
    expect(await importing.ports().files.read(formatObjectName(object))).toEqual(failed);
  });
});
