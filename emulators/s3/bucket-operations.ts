import type { Account } from './account.ts';
import { readDocument } from './request-body.ts';
import type { S3Request, S3Response } from './requests.ts';
import { parseXml, readChildText } from './xml.ts';

/** CreateBucket. */
export async function createBucket(account: Account, request: S3Request): Promise<S3Response> {
  // Clients may omit both the document and its length.
  const document = request.headers.has('content-length') ? await readDocument(request) : '';
  const constraint = document === '' ? undefined : readLocation(document);
  account.createBucket(request.bucket, constraint);
  return { status: 200, headers: { location: `/${request.bucket}` } };
}

function readLocation(document: string): string | undefined {
  const constraint = readChildText(parseXml(document, 'CreateBucketConfiguration'), 'LocationConstraint');
  return constraint === '' ? undefined : constraint;
}

/** HeadBucket. */
export function headBucket(account: Account, request: S3Request): S3Response {
  return { status: 200, headers: { 'x-amz-bucket-region': account.findBucket(request.bucket).region } };
}

/** DeleteBucket. */
export function deleteBucket(account: Account, request: S3Request): S3Response {
  account.deleteBucket(request.bucket);
  return { status: 204 };
}
