import { describe, expect, test } from 'vitest';
import {
  formatCopySource,
  formatObjectName,
  makeContinuation,
  readMessage,
} from '../../../../lambda/ingest/files/messages.ts';

function announcement(object: object, more: object = {}): object {
  return {
    eventVersion: '2.1',
    eventSource: 'aws:s3',
    eventName: 'ObjectCreated:Put',
    s3: { s3SchemaVersion: '1.0', bucket: { name: 'files', arn: 'arn:aws:s3:::files' }, object },
    ...more,
  };
}

function read(message: unknown) {
  return readMessage(typeof message === 'string' ? message : JSON.stringify(message));
}

const plain = { bucket: 'files', key: 'cdr.csv', versionId: 'v1', eTag: 'e1' };

describe('a message of the queue', () => {
  test('announces an object with its version', () => {
    const record = announcement({ key: 'cdr.csv', size: 3, versionId: 'v1', eTag: 'e1', sequencer: '00' });
    expect(read({ Records: [record] })).toEqual({ objects: [plain] });
  });

  test('announces an object of a bucket without versions', () => {
    expect(read({ Records: [announcement({ key: 'cdr.csv', eTag: 'e1' })] })).toEqual({
      objects: [{ ...plain, versionId: undefined }],
    });
  });

  test.for([
    ['a+folder/cdr+1.csv', 'a folder/cdr 1.csv'],
    ['a%2Bb%25c.csv', 'a+b%c.csv'],
    ['%C3%BCbersicht%2F%E2%82%AC.csv', 'übersicht/€.csv'],
    ['plain-1_2.3~(4).csv', 'plain-1_2.3~(4).csv'],
  ] as const)('names the key %s as a form encodes it', ([encoded, key]) => {
    expect(read({ Records: [announcement({ key: encoded, eTag: 'e1', versionId: 'v1' })] })).toEqual({
      objects: [{ ...plain, key }],
    });
  });

  test('announces several objects', () => {
    const records = ['a.csv', 'b.csv', 'c.csv'].map((key) =>
      announcement({ key, eTag: 'e1', versionId: 'v1' }),
    );
    expect(read({ Records: records })?.objects.map(({ key }) => key)).toEqual(['a.csv', 'b.csv', 'c.csv']);
  });

  test('about anything but a created object requests nothing', () => {
    const removed = announcement({ key: 'cdr.csv' }, { eventName: 'ObjectRemoved:Delete' });
    const created = announcement({ key: 'cdr.csv', versionId: 'v1', eTag: 'e1' });
    expect(read({ Records: [removed, created] })).toEqual({ objects: [plain] });
    expect(read({ Records: [] })).toEqual({ objects: [] });
  });

  test('with which S3 tests the queue requests nothing', () => {
    const message = { Service: 'Amazon S3', Event: 's3:TestEvent', Time: '2026-11-02', Bucket: 'files' };
    expect(read(message)).toEqual({ objects: [] });
  });

  test('that continues an import names the same object', () => {
    for (const object of [plain, { ...plain, key: 'a b+%C3.csv' }, { ...plain, versionId: undefined }]) {
      expect(read(makeContinuation(object))).toEqual({ objects: [object] });
    }
  });

  test.each([
    ['', undefined, undefined],
    [7, 7, undefined],
    [null, 'e1', 'e1'],
  ])('takes no version from %j', (versionId, eTag, tag) => {
    expect(read({ continue: { ...plain, versionId, eTag } })).toEqual({
      objects: [{ ...plain, versionId: undefined, eTag: tag }],
    });
  });

  test.for([
    ['no JSON', 'what?'],
    ['a number', '1'],
    ['an array', '[]'],
    ['an object of another kind', { detail: {} }],
    ['records that are not a list', { Records: {} }],
    ['a record that is a number', { Records: [7] }],
    [
      'a record without a bucket',
      { Records: [announcement({ key: 'a' }, { s3: { object: { key: 'a' } } })] },
    ],
    ['a record without a key', { Records: [announcement({ eTag: 'e1' })] }],
    ['a key that is encoded wrongly', { Records: [announcement({ key: '%E2%82' })] }],
    ['a record that tells of no object', { Records: [announcement({}, { s3: undefined })] }],
    ['a key that is a number', { Records: [announcement({ key: 7 })] }],
    [
      'a bucket that is a number',
      { Records: [announcement({}, { s3: { bucket: { name: 7 }, object: { key: 'a' } } })] },
    ],
    ['a continuation of nothing', { continue: {} }],
    ['a continuation without a key', { continue: { bucket: 'files' } }],
    ['a continuation without a bucket', { continue: { key: 'cdr.csv' } }],
  ] as const)('of %s is of no known kind', ([, message]) => {
    expect(read(message)).toBeUndefined();
  });

  test('identifies an object by its version or its ETag', () => {
    expect(formatObjectName(plain)).toBe('files/cdr.csv@v1');
    expect(formatObjectName({ ...plain, versionId: undefined })).toBe('files/cdr.csv@e1');
    expect(formatObjectName({ ...plain, versionId: undefined, eTag: undefined })).toBe(
      'files/cdr.csv@current',
    );
  });

  test('names the object that is copied as S3 reads it, with its version', () => {
    const object = { ...plain, key: 'a folder/ü+1.csv', versionId: 'v/1' };
    expect(formatCopySource(object)).toBe('files/a%20folder/%C3%BC%2B1.csv?versionId=v%2F1');
    expect(formatCopySource({ ...object, versionId: undefined })).toBe('files/a%20folder/%C3%BC%2B1.csv');
  });
});
