import type { Account } from './account.ts';
import { owner, pageLimit, positionIn, tokenAt } from './lists.ts';
import { makePage } from './paging.ts';
import type { S3Request, S3Response } from './requests.ts';
import { element, field, xmlDocument } from './xml.ts';

/** ListBuckets. */
export function listBuckets(account: Account, request: S3Request): S3Response {
  const token = request.query.get('continuation-token');
  const page = makePage({
    keys: account.buckets.keys(),
    itemAt: (name) => account.bucket(name),
    prefix: request.query.get('prefix') ?? '',
    delimiter: '',
    after: token === null ? undefined : positionIn(token),
    limit: pageLimit(request, 'max-buckets'),
  });
  const entries = page.items.map((bucket) =>
    element(
      'Bucket',
      field('Name', bucket.name),
      field('CreationDate', bucket.created.toISOString()),
      field('BucketRegion', bucket.region),
    ),
  );
  const next = page.truncated ? tokenAt(page.last) : undefined;
  return {
    status: 200,
    document: xmlDocument(
      'ListAllMyBucketsResult',
      owner(),
      element('Buckets', ...entries),
      field('ContinuationToken', next),
    ),
  };
}
