import type { Account } from './account.ts';
import type { StoredObject } from './buckets.ts';
import { type ListArguments, listArguments, objectFields, owner, positionIn, tokenAt } from './lists.ts';
import { makePage } from './paging.ts';
import type { S3Request, S3Response } from './requests.ts';
import { element, field, type Xml, xmlDocument } from './xml.ts';

/** ListObjectsV2. */
export function listObjectsV2(account: Account, request: S3Request): S3Response {
  const list = listArguments(request);
  const { prefix, delimiter, limit, keyField, encoding } = list;
  const token = request.query.get('continuation-token') ?? undefined;
  const startAfter = request.query.get('start-after') ?? undefined;
  const bucket = account.bucket(request.bucket);
  const page = makePage({
    ...{ prefix, delimiter, limit },
    keys: bucket.keys(),
    itemAt: (key) => bucket.current(key),
    after: token === undefined ? startAfter : positionIn(token),
  });
  const shownOwner = request.query.get('fetch-owner') === 'true' ? owner() : '';
  return {
    status: 200,
    document: xmlDocument(
      'ListBucketResult',
      field('Name', request.bucket),
      keyField('Prefix', prefix),
      delimiter === '' ? '' : keyField('Delimiter', delimiter),
      field('MaxKeys', limit),
      encoding,
      field('KeyCount', page.items.length + page.commonPrefixes.length),
      field('ContinuationToken', token),
      field('NextContinuationToken', page.truncated ? tokenAt(page.last) : undefined),
      keyField('StartAfter', startAfter),
      field('IsTruncated', page.truncated),
      ...page.items.map((object) => objectEntry(object, list, shownOwner)),
      ...page.commonPrefixes.map((name) => element('CommonPrefixes', keyField('Prefix', name))),
    ),
  };
}

function objectEntry(object: StoredObject, { keyField }: ListArguments, shownOwner: Xml): Xml {
  return element('Contents', keyField('Key', object.key), ...objectFields(object), shownOwner);
}
