import type { Account } from './account.ts';
import type { Bucket, Version } from './buckets.ts';
import { requireWritable } from './conditions.ts';
import { S3Error } from './errors.ts';
import { makeVersionHeader } from './reading.ts';
import { readDocument } from './request-body.ts';
import type { S3Request, S3Response } from './requests.ts';
import {
  findChildren,
  makeMalformedXml,
  parseXml,
  readChildText,
  renderDocument,
  renderElement,
  renderField,
  type XmlElement,
} from './xml.ts';

/** The most objects that one request may delete. */
const maxDeletions = 1000;

/** DeleteObject. */
export function deleteObject(account: Account, request: S3Request): S3Response {
  const bucket = account.findBucket(request.bucket);
  const ifMatch = request.headers.get('if-match');
  const deleted = deleteOne(bucket, { key: request.key, versionId: request.query.get('versionId'), ifMatch });
  return {
    status: 204,
    headers: {
      ...(deleted === undefined ? {} : makeVersionHeader(bucket, deleted)),
      ...(deleted?.kind === 'deleteMarker' ? { 'x-amz-delete-marker': 'true' } : {}),
    },
  };
}

interface Deletion {
  readonly key: string;
  readonly versionId: string | null;
  /** The ETag that the object must have. */
  readonly ifMatch: string | undefined;
}

/** @returns the version that was deleted, or the marker that was put. */
function deleteOne(bucket: Bucket, { key, versionId, ifMatch }: Deletion): Version | undefined {
  if (ifMatch !== undefined) {
    const conditions = {
      ifMatch,
      ifNoneMatch: undefined,
      ifModifiedSince: undefined,
      ifUnmodifiedSince: undefined,
    };
    requireWritable(conditions, bucket.findCurrent(key));
  }
  return versionId === null ? bucket.delete(key) : bucket.deleteVersion(key, versionId);
}

/** DeleteObjects. */
export async function deleteObjects(account: Account, request: S3Request): Promise<S3Response> {
  account.findBucket(request.bucket);
  const document = parseXml(await readDocument(request), 'Delete');
  const bucket = account.findBucket(request.bucket);
  const entries = findChildren(document, 'Object');
  if (entries.length === 0 || entries.length > maxDeletions) throw makeMalformedXml();
  const deletions = entries.map(readDeletion);
  const quiet = readChildText(document, 'Quiet')?.trim() === 'true';
  return {
    status: 200,
    document: renderDocument('DeleteResult', ...deletions.map((entry) => report(bucket, entry, quiet))),
  };
}

function readDeletion(entry: XmlElement): Deletion {
  const key = readChildText(entry, 'Key');
  if (key === undefined || key === '') throw makeMalformedXml();
  return { key, versionId: readChildText(entry, 'VersionId') ?? null, ifMatch: readChildText(entry, 'ETag') };
}

function report(bucket: Bucket, deletion: Deletion, quiet: boolean): string {
  const asked = [renderField('Key', deletion.key), renderField('VersionId', deletion.versionId ?? undefined)];
  try {
    const deleted = deleteOne(bucket, deletion);
    if (quiet) return '';
    const marker = deleted?.kind === 'deleteMarker' && [
      renderField('DeleteMarker', true),
      renderField('DeleteMarkerVersionId', deleted.versionId),
    ];
    return renderElement('Deleted', ...asked, ...(marker || []));
  } catch (error) {
    if (!(error instanceof S3Error)) throw error;
    return renderElement(
      'Error',
      ...asked,
      renderField('Code', error.code),
      renderField('Message', error.message),
    );
  }
}
