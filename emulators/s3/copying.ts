import { createHash } from 'node:crypto';
import type { Account } from './account.ts';
import type { Bucket, ObjectFacts, StoredObject } from './buckets.ts';
import { type ChecksumAlgorithm, makeChecksumFields, startChecksum } from './checksums.ts';
import { readConditions } from './conditions.ts';
import type { Content } from './contents.ts';
import { makeInvalidArgument, S3Error } from './errors.ts';
import { findObject, makeVersionHeader } from './reading.ts';
import type { BodyDigest } from './request-body.ts';
import { pickObjectHeaders, refuseUnsupportedHeaders, type S3Request, type S3Response } from './requests.ts';
import { chooseAlgorithm, writePermit } from './writing.ts';
import { renderDocument, renderField } from './xml.ts';

/** CopyObject. */
export async function copyObject(account: Account, request: S3Request): Promise<S3Response> {
  refuseUnsupportedHeaders(request);
  const bucket = account.findBucket(request.bucket);
  const source = copySource(account, request);
  const replace = request.headers.get('x-amz-metadata-directive')?.toUpperCase() === 'REPLACE';
  if (source.object === bucket.findCurrent(request.key) && !source.byVersion && !replace) {
    const message =
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.";
    throw new S3Error('InvalidRequest', message);
  }
  const headers = replace ? pickObjectHeaders(request) : source.object.headers;
  const facts = await copyFacts(account, source.object, chooseAlgorithm(request));
  const permit = writePermit(readConditions(request), bucket, request.key);
  const object = account.store(bucket, request.key, { ...facts, headers }, 'Copy', permit);
  const document = renderDocument(
    'CopyObjectResult',
    renderField('ETag', `"${object.etag}"`),
    renderField('LastModified', object.lastModified.toISOString()),
    ...makeChecksumFields(object.checksum),
  );
  const sourceVersion = makeVersionHeader(source.bucket, source.object)['x-amz-version-id'];
  return {
    status: 200,
    headers: {
      ...makeVersionHeader(bucket, object),
      ...(sourceVersion === undefined ? {} : { 'x-amz-copy-source-version-id': sourceVersion }),
    },
    document,
  };
}

/** The properties of a copy. It is an object of one piece, so digests over parts must be computed again. */
async function copyFacts(
  account: Account,
  source: StoredObject,
  wanted: ChecksumAlgorithm | undefined,
): Promise<ObjectFacts> {
  const content = account.contents.hold(source.content);
  const algorithm = wanted ?? source.checksum?.algorithm;
  const keepsChecksum = algorithm === source.checksum?.algorithm && source.checksum?.type !== 'COMPOSITE';
  if (keepsChecksum && !source.etag.includes('-')) return { ...source, content };
  try {
    const { md5, checksum } = await digestContent(account, content, algorithm);
    const made = checksum === undefined ? {} : { checksum: { ...checksum, type: 'FULL_OBJECT' as const } };
    return { content, etag: md5.toString('hex'), headers: source.headers, ...made };
  } catch (error) {
    account.contents.release(content);
    throw error;
  }
}

/** The object to copy. */
interface CopySource {
  readonly bucket: Bucket;
  readonly object: StoredObject;
  /** Whether the client named a version. */
  readonly byVersion: boolean;
}

/**
 * Finds the object that `x-amz-copy-source` names.
 *
 * @throws S3Error `InvalidArgument` if the header is invalid, and the errors of a read.
 */
function copySource(account: Account, request: S3Request): CopySource {
  const header = request.headers.get('x-amz-copy-source') ?? '';
  const [, path = '', versionId] = /^\/?(.*?)(?:\?versionId=([^&]*))?$/s.exec(header) ?? [];
  const [, bucketName, key] = /^([^/]+)\/(.+)$/s.exec(decodeSource(path)) ?? [];
  if (bucketName === undefined || key === undefined) throw makeUnreadableError(header);
  const bucket = account.findBucket(bucketName);
  const object = findObject(bucket, key, versionId ?? null);
  return { bucket, object, byVersion: versionId !== undefined };
}

function decodeSource(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    // The only possible error is an escape that is incomplete or not UTF-8.
    throw makeUnreadableError(path);
  }
}

function makeUnreadableError(header: string): Error {
  return makeInvalidArgument(
    'x-amz-copy-source',
    header,
    'Copy Source must mention the source bucket and key: sourcebucket/sourcekey',
  );
}

/** Reads a content, which the caller holds, to compute its digests. */
async function digestContent(
  account: Account,
  content: Content,
  algorithm: ChecksumAlgorithm | undefined,
): Promise<BodyDigest> {
  const md5 = createHash('md5');
  const checksum = algorithm && startChecksum(algorithm);
  for await (const bytes of account.contents.read(content)) {
    md5.update(bytes);
    checksum?.update(bytes);
  }
  const value = checksum?.digest().toString('base64');
  return {
    md5: md5.digest(),
    ...(algorithm && value !== undefined ? { checksum: { algorithm, value } } : {}),
  };
}
