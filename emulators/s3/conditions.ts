import type { StoredObject } from './buckets.ts';
import { makePreconditionFailed, S3Error } from './errors.ts';
import type { S3Request } from './requests.ts';

/** The conditions of a request, from its headers. */
export interface Conditions {
  readonly ifMatch: string | undefined;
  readonly ifNoneMatch: string | undefined;
  readonly ifModifiedSince: string | undefined;
  readonly ifUnmodifiedSince: string | undefined;
}

/** Reads the conditions from the headers. */
export function readConditions({ headers }: S3Request): Conditions {
  return {
    ifMatch: headers.get('if-match'),
    ifNoneMatch: headers.get('if-none-match'),
    ifModifiedSince: headers.get('if-modified-since'),
    ifUnmodifiedSince: headers.get('if-unmodified-since'),
  };
}

/**
 * Evaluates the conditions of a read, with the precedence of RFC 9110, section 13.2.2.
 *
 * @returns false if the client already has the object.
 * @throws S3Error `PreconditionFailed`.
 */
export function isReadWanted(conditions: Conditions, object: StoredObject): boolean {
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = conditions;
  if (ifMatch !== undefined) {
    if (!namesEtag(ifMatch, object)) throw makePreconditionFailed('If-Match');
  } else if (isModifiedSince(object, ifUnmodifiedSince) === true) {
    throw makePreconditionFailed('If-Unmodified-Since');
  }
  if (ifNoneMatch !== undefined) return !namesEtag(ifNoneMatch, object);
  return isModifiedSince(object, ifModifiedSince) ?? true;
}

/**
 * Evaluates the conditions of a write.
 *
 * @param current the key's current object.
 * @throws S3Error `PreconditionFailed`; `NoSuchKey` if there is no object to match; `NotImplemented` for conditions
 *   that S3 does not support for writes.
 */
export function requireWritable(
  { ifMatch, ifNoneMatch }: Conditions,
  current: StoredObject | undefined,
): void {
  if (ifNoneMatch !== undefined && ifNoneMatch !== '*') {
    const message =
      'A header you provided implies functionality that is not implemented: If-None-Match of a write takes *';
    throw new S3Error('NotImplemented', message, { fields: { Header: 'If-None-Match' } });
  }
  if (ifNoneMatch !== undefined && current !== undefined) throw makePreconditionFailed('If-None-Match');
  if (ifMatch === undefined) return;
  if (current === undefined) throw new S3Error('NoSuchKey', 'The specified key does not exist.');
  if (!namesEtag(ifMatch, current)) throw makePreconditionFailed('If-Match');
}

function namesEtag(list: string, object: StoredObject): boolean {
  return list.split(',').some((entry) => {
    const etag = entry.trim().replace(/^W\//, '');
    return etag === '*' || etag === object.etag || etag === `"${object.etag}"`;
  });
}

/** Undefined without a date, or with an invalid one, which RFC 9110 says to ignore. */
function isModifiedSince(object: StoredObject, date: string | undefined): boolean | undefined {
  const since = Date.parse(date ?? '');
  // HTTP dates have whole seconds.
  return Number.isNaN(since) ? undefined : Math.floor(object.lastModified.getTime() / 1000) * 1000 > since;
}
