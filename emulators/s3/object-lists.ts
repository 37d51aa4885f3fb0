import type { Account } from './account.ts';
import type { StoredObject } from './buckets.ts';
import {
  type ListArguments,
  listArguments,
  makeObjectFields,
  makeToken,
  positionIn,
  renderOwner,
} from './lists.ts';
import { makePage } from './paging.ts';
import type { S3Request, S3Response } from './requests.ts';
import { renderDocument, renderElement, renderField, type Xml } from './xml.ts';

/** ListObjectsV2. */
export function listObjectsV2(account: Account, request: S3Request): S3Response {
  const list = listArguments(request);
  const { prefix, delimiter, limit, makeKeyField, encoding } = list;
  const token = request.query.get('continuation-token') ?? undefined;
  const startAfter = request.query.get('start-after') ?? undefined;
  const bucket = account.findBucket(request.bucket);
  const page = makePage({
    ...{ prefix, delimiter, limit },
    keys: bucket.keys(),
    readItem: (key) => bucket.findCurrent(key),
    after: token === undefined ? startAfter : positionIn(token),
  });
  const shownOwner = request.query.get('fetch-owner') === 'true' ? renderOwner() : '';
  return {
    status: 200,
    document: renderDocument(
      'ListBucketResult',
      renderField('Name', request.bucket),
      makeKeyField('Prefix', prefix),
      delimiter === '' ? '' : makeKeyField('Delimiter', delimiter),
      renderField('MaxKeys', limit),
      encoding,
      renderField('KeyCount', page.items.length + page.commonPrefixes.length),
      renderField('ContinuationToken', token),
      renderField('NextContinuationToken', page.truncated ? makeToken(page.last) : undefined),
      makeKeyField('StartAfter', startAfter),
      renderField('IsTruncated', page.truncated),
      ...page.items.map((object) => makeObjectEntry(object, list, shownOwner)),
      ...page.commonPrefixes.map((name) => renderElement('CommonPrefixes', makeKeyField('Prefix', name))),
    ),
  };
}

function makeObjectEntry(object: StoredObject, { makeKeyField }: ListArguments, shownOwner: Xml): Xml {
  return renderElement('Contents', makeKeyField('Key', object.key), ...makeObjectFields(object), shownOwner);
}
