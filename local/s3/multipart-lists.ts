import type { Account } from './account.ts';
import type { MultipartUpload } from './buckets.ts';
import { KeyedMap } from './key-order.ts';
import {
  afterMarker,
  commonPrefixFields,
  type ListArguments,
  listArguments,
  listHead,
  nextMarkers,
  owner,
  pageLimit,
} from './lists.ts';
import { partEtag, partFields } from './multipart.ts';
import { pageOf } from './paging.ts';
import { queryNumber, type S3Request, type S3Response } from './requests.ts';
import { element, field, type Xml, xmlDocument } from './xml.ts';

/** ListMultipartUploads. */
export function listMultipartUploads(account: Account, request: S3Request): S3Response {
  const list = listArguments(request, 'max-uploads');
  const bucket = account.bucket(request.bucket);
  const keyMarker = request.query.get('key-marker') ?? '';
  const idMarker = request.query.get('upload-id-marker') ?? '';
  const byKey = uploadsByKey(bucket.uploads.values());
  const page = pageOf<MultipartUpload>({
    ...list,
    keys: byKey.keys(),
    itemsOf: (key) => afterMarker(key, byKey.get(key) ?? [], { keyMarker, idMarker }, (upload) => upload.id),
    after: keyMarker === '' ? undefined : { key: keyMarker, again: idMarker !== '' },
  });
  return {
    status: 200,
    document: xmlDocument(
      'ListMultipartUploadsResult',
      ...listHead(bucket.name, list, 'MaxUploads').with(0, field('Bucket', bucket.name)),
      list.keyField('KeyMarker', keyMarker),
      field('UploadIdMarker', idMarker),
      ...nextMarkers(page, list, 'NextUploadIdMarker', page.items.at(-1)),
      ...page.items.map((upload) => uploadEntry(upload, list)),
      ...commonPrefixFields(page, list),
    ),
  };
}

function uploadsByKey(uploads: Iterable<MultipartUpload>): KeyedMap<MultipartUpload[]> {
  const byKey = new KeyedMap<MultipartUpload[]>();
  for (const upload of uploads) byKey.set(upload.key, [...(byKey.get(upload.key) ?? []), upload]);
  return byKey;
}

function uploadEntry({ key, id, initiated, checksum }: MultipartUpload, { keyField }: ListArguments): Xml {
  return element(
    'Upload',
    keyField('Key', key),
    field('UploadId', id),
    owner(),
    field('StorageClass', 'STANDARD'),
    field('Initiated', initiated.toISOString()),
    field('ChecksumAlgorithm', checksum?.algorithm),
    field('ChecksumType', checksum?.type),
  );
}

/** ListParts. */
export function listParts(account: Account, request: S3Request): S3Response {
  const upload = account.bucket(request.bucket).upload(request.key, request.query.get('uploadId') ?? '');
  const marker = queryNumber(request, 'part-number-marker', { fallback: 0, least: 0, most: 2 ** 31 - 1 });
  const limit = pageLimit(request, 'max-parts');
  const later = [...upload.parts]
    .filter(([number]) => number > marker)
    .sort(([left], [right]) => left - right);
  const shown = later.slice(0, limit);
  const entries = shown.map(([number, part]) =>
    element(
      'Part',
      field('PartNumber', number),
      field('ETag', partEtag(part)),
      field('Size', part.content.size),
      ...partFields(part),
    ),
  );
  return {
    status: 200,
    document: xmlDocument(
      'ListPartsResult',
      field('Bucket', request.bucket),
      field('Key', request.key),
      field('UploadId', upload.id),
      owner(),
      field('StorageClass', 'STANDARD'),
      field('ChecksumAlgorithm', upload.checksum?.algorithm),
      field('ChecksumType', upload.checksum?.type),
      field('PartNumberMarker', marker),
      field('NextPartNumberMarker', shown.at(-1)?.[0]),
      field('MaxParts', limit),
      field('IsTruncated', shown.length < later.length && limit > 0),
      ...entries,
    ),
  };
}
