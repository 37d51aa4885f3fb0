import type { Account } from './account.ts';
import type { Bucket, Version } from './buckets.ts';
import { requireWritable } from './conditions.ts';
import { S3Error } from './errors.ts';
import { versionHeader } from './reading.ts';
import { readDocument } from './request-body.ts';
import type { S3Request, S3Response } from './requests.ts';
import {
  childrenNamed,
  childText,
  element,
  field,
  malformedXml,
  parseXml,
  type XmlElement,
  xmlDocument,
} from './xml.ts';

/** Objects that one request may delete. */
const maxDeletions = 1000;

/** DeleteObject. */
export function deleteObject(account: Account, request: S3Request): S3Response {
  const bucket = account.bucket(request.bucket);
  const ifMatch = request.headers.get('if-match');
  const deleted = deleteOne(bucket, { key: request.key, versionId: request.query.get('versionId'), ifMatch });
  return {
    status: 204,
    headers: {
      ...(deleted === undefined ? {} : versionHeader(bucket, deleted)),
      ...(deleted?.kind === 'deleteMarker' ? { 'x-amz-delete-marker': 'true' } : {}),
    },
  };
}

interface Deletion {
  readonly key: string;
  readonly versionId: string | null;
  /** ETag that the object must have. */
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
    requireWritable(conditions, bucket.current(key));
  }
  return versionId === null ? bucket.delete(key) : bucket.deleteVersion(key, versionId);
}

/** DeleteObjects. */
export async function deleteObjects(account: Account, request: S3Request): Promise<S3Response> {
  account.bucket(request.bucket);
  const document = parseXml(await readDocument(request), 'Delete');
  const bucket = account.bucket(request.bucket);
  const entries = childrenNamed(document, 'Object');
  if (entries.length === 0 || entries.length > maxDeletions) throw malformedXml();
  const deletions = entries.map(readDeletion);
  const quiet = childText(document, 'Quiet')?.trim() === 'true';
  return {
    status: 200,
    document: xmlDocument('DeleteResult', ...deletions.map((entry) => report(bucket, entry, quiet))),
  };
}

function readDeletion(entry: XmlElement): Deletion {
  const key = childText(entry, 'Key');
  if (key === undefined || key === '') throw malformedXml();
  return { key, versionId: childText(entry, 'VersionId') ?? null, ifMatch: childText(entry, 'ETag') };
}

function report(bucket: Bucket, deletion: Deletion, quiet: boolean): string {
  const asked = [field('Key', deletion.key), field('VersionId', deletion.versionId ?? undefined)];
  try {
    const deleted = deleteOne(bucket, deletion);
    if (quiet) return '';
    const marker = deleted?.kind === 'deleteMarker' && [
      field('DeleteMarker', true),
      field('DeleteMarkerVersionId', deleted.versionId),
    ];
    return element('Deleted', ...asked, ...(marker || []));
  } catch (error) {
    if (!(error instanceof S3Error)) throw error;
    return element('Error', ...asked, field('Code', error.code), field('Message', error.message));
  }
}
