import type { Account } from './account.ts';
import type { Bucket, ObjectFacts, StoredObject } from './buckets.ts';
import { type ChecksumAlgorithm, findAlgorithm, makeChecksumHeaders } from './checksums.ts';
import { type Conditions, readConditions, requireWritable } from './conditions.ts';
import { makeInvalidArgument } from './errors.ts';
import { makeVersionHeader } from './reading.ts';
import { RequestBody } from './request-body.ts';
import { pickObjectHeaders, refuseUnsupportedHeaders, type S3Request, type S3Response } from './requests.ts';

/** PutObject. */
export async function putObject(account: Account, request: S3Request): Promise<S3Response> {
  refuseUnsupportedHeaders(request);
  const bucket = account.findBucket(request.bucket);
  const conditions = readConditions(request);
  requireWritable(conditions, bucket.findCurrent(request.key));
  const headers = pickObjectHeaders(request);
  const body = new RequestBody(request, { wanted: chooseAlgorithm(request) });
  const content = await account.contents.receive(body);
  const { md5, checksum } = body.digest;
  const facts: ObjectFacts = {
    content,
    etag: md5.toString('hex'),
    headers,
    ...(checksum === undefined ? {} : { checksum: { ...checksum, type: 'FULL_OBJECT' } }),
  };
  const object = account.store(
    bucket,
    request.key,
    facts,
    'Put',
    writePermit(conditions, bucket, request.key),
  );
  return {
    status: 200,
    headers: { ...makeWrittenHeaders(bucket, object), ...makeChecksumHeaders(object.checksum) },
  };
}

/** A function that checks, when the object is stored, that the conditions of a write still hold. */
export function writePermit(conditions: Conditions, bucket: Bucket, key: string): () => void {
  return () => requireWritable(conditions, bucket.findCurrent(key));
}

/** Headers that identify the object that was written. */
function makeWrittenHeaders(bucket: Bucket, object: StoredObject): Record<string, string> {
  return { etag: `"${object.etag}"`, ...makeVersionHeader(bucket, object) };
}

/**
 * The algorithm of the checksum that a client requests S3 to compute.
 *
 * @throws S3Error `InvalidArgument` for an unknown algorithm.
 */
export function chooseAlgorithm({ headers }: S3Request): ChecksumAlgorithm | undefined {
  const name = headers.get('x-amz-checksum-algorithm');
  if (name === undefined) return undefined;
  const algorithm = findAlgorithm(name);
  if (algorithm !== undefined) return algorithm;
  throw makeInvalidArgument('x-amz-checksum-algorithm', name, 'Checksum algorithm provided is unsupported.');
}
