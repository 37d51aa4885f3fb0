import type { Account } from './account.ts';
import { makeToken, pageLimit, positionIn, renderOwner } from './lists.ts';
import { makePage } from './paging.ts';
import type { S3Request, S3Response } from './requests.ts';
import { renderDocument, renderElement, renderField } from './xml.ts';

/** ListBuckets. */
export function listBuckets(account: Account, request: S3Request): S3Response {
  const token = request.query.get('continuation-token');
  const page = makePage({
    keys: account.buckets.keys(),
    readItem: (name) => account.findBucket(name),
    prefix: request.query.get('prefix') ?? '',
    delimiter: '',
    after: token === null ? undefined : positionIn(token),
    limit: pageLimit(request, 'max-buckets'),
  });
  const entries = page.items.map((bucket) =>
    renderElement(
      'Bucket',
      renderField('Name', bucket.name),
      renderField('CreationDate', bucket.created.toISOString()),
      renderField('BucketRegion', bucket.region),
    ),
  );
  const next = page.truncated ? makeToken(page.last) : undefined;
  return {
    status: 200,
    document: renderDocument(
      'ListAllMyBucketsResult',
      renderOwner(),
      renderElement('Buckets', ...entries),
      renderField('ContinuationToken', next),
    ),
  };
}
