import type { Account } from './account.ts';
import type { Version } from './buckets.ts';
import {
  afterMarker,
  commonPrefixFields,
  type ListArguments,
  listArguments,
  listHead,
  nextMarkers,
  objectFields,
  owner,
} from './lists.ts';
import { pageOf } from './paging.ts';
import type { S3Request, S3Response } from './requests.ts';
import { element, field, type Xml, xmlDocument } from './xml.ts';

/** ListObjectVersions. */
export function listObjectVersions(account: Account, request: S3Request): S3Response {
  const list = listArguments(request, 'max-keys');
  const bucket = account.bucket(request.bucket);
  const keyMarker = request.query.get('key-marker') ?? '';
  const idMarker = request.query.get('version-id-marker') ?? '';
  const page = pageOf<Version>({
    ...list,
    keys: bucket.keys(),
    itemsOf: (key) =>
      afterMarker(key, bucket.versions(key), { keyMarker, idMarker }, (version) => version.versionId),
    after: keyMarker === '' ? undefined : { key: keyMarker, again: idMarker !== '' },
  });
  const lastVersion = page.items.at(-1);
  return {
    status: 200,
    document: xmlDocument(
      'ListVersionsResult',
      ...listHead(bucket.name, list, 'MaxKeys'),
      list.keyField('KeyMarker', keyMarker),
      field('VersionIdMarker', idMarker),
      ...nextMarkers(
        page,
        list,
        'NextVersionIdMarker',
        lastVersion && { ...lastVersion, id: lastVersion.versionId },
      ),
      ...page.items.map((version) => versionEntry(version, version === bucket.newest(version.key), list)),
      ...commonPrefixFields(page, list),
    ),
  };
}

function versionEntry(version: Version, isLatest: boolean, { keyField }: ListArguments): Xml {
  const named = [
    keyField('Key', version.key),
    field('VersionId', version.versionId),
    field('IsLatest', isLatest),
    owner(),
  ];
  if (version.kind === 'object') return element('Version', ...named, ...objectFields(version));
  return element('DeleteMarker', ...named, field('LastModified', version.lastModified.toISOString()));
}
