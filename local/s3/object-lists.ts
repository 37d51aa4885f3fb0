import type { Account } from './account.ts';
import type { StoredObject } from './buckets.ts';
import {
  commonPrefixFields,
  type ListArguments,
  listArguments,
  listHead,
  objectFields,
  owner,
  positionIn,
  tokenAt,
} from './lists.ts';
import { type Page, type PagePosition, pageOf } from './paging.ts';
import type { S3Request, S3Response } from './requests.ts';
import { element, field, type Xml, xmlDocument } from './xml.ts';

/** ListObjects, the first version. */
export function listObjects(account: Account, request: S3Request): S3Response {
  const list = listArguments(request, 'max-keys');
  const marker = request.query.get('marker') ?? '';
  const page = currentObjects(account, request, list, marker === '' ? undefined : { key: marker });
  const next = page.truncated && list.delimiter !== '' ? page.last : undefined;
  return {
    status: 200,
    document: xmlDocument(
      'ListBucketResult',
      ...listHead(request.bucket, list, 'MaxKeys'),
      list.keyField('Marker', marker),
      list.keyField('NextMarker', next),
      field('IsTruncated', page.truncated),
      ...page.items.map((object) => objectEntry(object, list, owner())),
      ...commonPrefixFields(page, list),
    ),
  };
}

/** ListObjectsV2. */
export function listObjectsV2(account: Account, request: S3Request): S3Response {
  const list = listArguments(request, 'max-keys');
  const token = request.query.get('continuation-token') ?? undefined;
  const startAfter = request.query.get('start-after') ?? undefined;
  const after = token === undefined ? startAfter : positionIn(token);
  const page = currentObjects(account, request, list, after === undefined ? undefined : { key: after });
  const shownOwner = request.query.get('fetch-owner') === 'true' ? owner() : '';
  return {
    status: 200,
    document: xmlDocument(
      'ListBucketResult',
      ...listHead(request.bucket, list, 'MaxKeys'),
      field('KeyCount', page.items.length + page.commonPrefixes.length),
      field('ContinuationToken', token),
      field('NextContinuationToken', page.truncated ? tokenAt(page.last) : undefined),
      list.keyField('StartAfter', startAfter),
      field('IsTruncated', page.truncated),
      ...page.items.map((object) => objectEntry(object, list, shownOwner)),
      ...commonPrefixFields(page, list),
    ),
  };
}

function currentObjects(
  account: Account,
  request: S3Request,
  list: ListArguments,
  after: PagePosition | undefined,
): Page<StoredObject> {
  const bucket = account.bucket(request.bucket);
  const itemsOf = (key: string) => {
    const current = bucket.current(key);
    return current === undefined ? [] : [current];
  };
  return pageOf({ ...list, keys: bucket.keys(), itemsOf, after });
}

function objectEntry(object: StoredObject, { keyField }: ListArguments, shownOwner: Xml): Xml {
  return element('Contents', keyField('Key', object.key), ...objectFields(object), shownOwner);
}
