import type { Account } from './account.ts';
import type { Bucket, StoredObject, Version } from './buckets.ts';
import { makeChecksumHeaders } from './checksums.ts';
import { isReadWanted, readConditions } from './conditions.ts';
import { sliceContent } from './contents.ts';
import { S3Error } from './errors.ts';
import { type ByteRange, parseRange } from './ranges.ts';
import type { S3Request, S3Response } from './requests.ts';

/** GetObject. */
export function getObject(account: Account, request: S3Request): S3Response {
  const { object, range, response } = readObject(account, request);
  if (response.status === 304) return response;
  const content = range === undefined ? object.content : sliceContent(object.content, range.start, range.end);
  const place = { bucket: request.bucket, key: request.key };
  let end = range?.start ?? 0;
  const onSent = (piece: Buffer): void => {
    end += piece.length;
    account.onRead?.({ ...place, piece, end });
  };
  return { ...response, content: account.contents.hold(content), onSent };
}

/** HeadObject. */
export function headObject(account: Account, request: S3Request): S3Response {
  return readObject(account, request).response;
}

interface Reading {
  readonly object: StoredObject;
  /** Undefined for the whole object. */
  readonly range: ByteRange | undefined;
  /** The response without its body. */
  readonly response: S3Response;
}

function readObject(account: Account, request: S3Request): Reading {
  if (request.query.has('partNumber')) {
    throw new S3Error(
      'NotImplemented',
      'The local S3 does not implement reading a part of an object by its number.',
    );
  }
  const bucket = account.findBucket(request.bucket);
  const object = findObject(bucket, request.key, request.query.get('versionId'));
  const described = {
    etag: `"${object.etag}"`,
    ...makeVersionHeader(bucket, object),
    ...formatLastModified(object),
  };
  if (!isReadWanted(readConditions(request), object)) {
    return { object, range: undefined, response: { status: 304, headers: described } };
  }
  const { size } = object.content;
  const range = parseRange(request.headers.get('range'), size);
  const headers = {
    ...described,
    ...object.headers,
    'accept-ranges': 'bytes',
    'content-length': String(range === undefined ? size : range.end - range.start),
    ...(range === undefined ? {} : { 'content-range': `bytes ${range.start}-${range.end - 1}/${size}` }),
    // The checksum covers the whole object. With a range, clients would refuse the response.
    ...(range === undefined && isChecksumWanted(request) ? makeChecksumHeaders(object.checksum) : {}),
  };
  return { object, range, response: { status: range === undefined ? 200 : 206, headers } };
}

function formatLastModified(version: Version): Record<string, string> {
  return { 'last-modified': version.lastModified.toUTCString() };
}

function isChecksumWanted({ headers }: S3Request): boolean {
  return headers.get('x-amz-checksum-mode')?.toUpperCase() === 'ENABLED';
}

/**
 * A key's object, or one of its versions.
 *
 * @throws S3Error `NoSuchKey`, `NoSuchVersion`; `MethodNotAllowed` for a delete marker.
 */
export function findObject(bucket: Bucket, key: string, versionId: string | null): StoredObject {
  const version = versionId === null ? bucket.findNewest(key) : bucket.findVersion(key, versionId);
  if (version?.kind === 'object') return version;
  const headers = version && { 'x-amz-delete-marker': 'true', ...makeVersionHeader(bucket, version) };
  if (versionId === null) throw makeNoSuchKey(key, headers);
  if (version === undefined) {
    const fields = { Key: key, VersionId: versionId };
    throw new S3Error('NoSuchVersion', 'The specified version does not exist.', { fields });
  }
  const message = 'The specified method is not allowed against this resource.';
  throw new S3Error('MethodNotAllowed', message, {
    fields: { ResourceType: 'DeleteMarker' },
    headers: { ...headers, ...formatLastModified(version), allow: 'DELETE' },
  });
}

function makeNoSuchKey(key: string, headers: Readonly<Record<string, string>> = {}): S3Error {
  return new S3Error('NoSuchKey', 'The specified key does not exist.', { fields: { Key: key }, headers });
}

/** The header that names a version, if the bucket is versioned. */
export function makeVersionHeader(bucket: Bucket, version: Version): Record<string, string> {
  return bucket.versioned ? { 'x-amz-version-id': version.versionId } : {};
}
