import type { Account } from './account.ts';
import type { Versioning } from './buckets.ts';
import { readDocument } from './request-body.ts';
import type { S3Request, S3Response } from './requests.ts';
import { childText, field, malformedXml, parseXml, xmlDocument } from './xml.ts';

/** The region whose location constraint is the empty string. */
const classicRegion = 'us-east-1';

/** CreateBucket. */
export async function createBucket(account: Account, request: S3Request): Promise<S3Response> {
  // Clients may leave out both the document and its length.
  const document = request.headers.has('content-length') ? await readDocument(request) : '';
  const constraint = document === '' ? undefined : locationConstraint(document);
  account.createBucket(request.bucket, constraint);
  return { status: 200, headers: { location: `/${request.bucket}` } };
}

function locationConstraint(document: string): string | undefined {
  const constraint = childText(parseXml(document, 'CreateBucketConfiguration'), 'LocationConstraint');
  return constraint === '' ? undefined : constraint;
}

/** HeadBucket. */
export function headBucket(account: Account, request: S3Request): S3Response {
  return { status: 200, headers: { 'x-amz-bucket-region': account.bucket(request.bucket).region } };
}

/** DeleteBucket. */
export function deleteBucket(account: Account, request: S3Request): S3Response {
  account.deleteBucket(request.bucket);
  return { status: 204 };
}

/** GetBucketLocation. */
export function getBucketLocation(account: Account, request: S3Request): S3Response {
  const { region } = account.bucket(request.bucket);
  return { status: 200, document: xmlDocument('LocationConstraint', region === classicRegion ? '' : region) };
}

/** GetBucketVersioning. */
export function getBucketVersioning(account: Account, request: S3Request): S3Response {
  const { versioning } = account.bucket(request.bucket);
  return { status: 200, document: xmlDocument('VersioningConfiguration', field('Status', versioning)) };
}

/** PutBucketVersioning. */
export async function putBucketVersioning(account: Account, request: S3Request): Promise<S3Response> {
  const document = parseXml(await readDocument(request), 'VersioningConfiguration');
  const status = childText(document, 'Status')?.trim();
  if (!isVersioning(status)) throw malformedXml();
  account.bucket(request.bucket).versioning = status;
  return { status: 200 };
}

function isVersioning(status: string | undefined): status is Versioning {
  return status === 'Enabled' || status === 'Suspended';
}
