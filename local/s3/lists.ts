import { ownerId } from './account.ts';
import type { StoredObject } from './buckets.ts';
import { invalidArgument } from './errors.ts';
import type { Page } from './paging.ts';
import { queryNumber, type S3Request } from './requests.ts';
import { urlEncodedKey } from './url-encoding.ts';
import { element, field, type Xml } from './xml.ts';

/** Entries of a page, at most. */
const largestPage = 1000;

/** What all lists of keys have in common. */
export interface ListArguments {
  readonly prefix: string;
  readonly delimiter: string;
  readonly limit: number;
  /** Writes a key, or part of one, as the client asked for it. */
  readonly keyField: (name: string, value: string | undefined) => Xml;
  /** The element that tells of the encoding. */
  readonly encoding: Xml;
}

/**
 * Reads what all lists take.
 *
 * @param limitName of the argument that says how many entries a page has.
 * @throws S3Error `InvalidArgument`.
 */
export function listArguments(request: S3Request, limitName: string): ListArguments {
  const encoding = request.query.get('encoding-type') ?? undefined;
  if (encoding !== undefined && encoding !== 'url') {
    throw invalidArgument('encoding-type', encoding, 'Invalid Encoding Method specified in Request');
  }
  const encoded = (value: string) => (encoding === 'url' ? urlEncodedKey(value) : value);
  return {
    prefix: request.query.get('prefix') ?? '',
    delimiter: request.query.get('delimiter') ?? '',
    limit: pageLimit(request, limitName),
    keyField: (name, value) => (value === undefined ? '' : field(name, encoded(value))),
    encoding: field('EncodingType', encoding),
  };
}

/** @throws S3Error `InvalidArgument` when the number makes no sense. */
export function pageLimit(request: S3Request, name: string): number {
  const bounds = { fallback: largestPage, least: 0, most: 2 ** 31 - 1 };
  return Math.min(queryNumber(request, name, bounds), largestPage);
}

/** The elements that open every list of keys. */
export function listHead(
  name: string,
  { prefix, delimiter, limit, keyField, encoding }: ListArguments,
  limitName: string,
): Xml[] {
  const delimiterField = delimiter === '' ? '' : keyField('Delimiter', delimiter);
  return [field('Name', name), keyField('Prefix', prefix), delimiterField, field(limitName, limit), encoding];
}

/** The common prefixes of a page. */
export function commonPrefixFields({ commonPrefixes }: Page<object>, { keyField }: ListArguments): Xml[] {
  return commonPrefixes.map((prefix) => element('CommonPrefixes', keyField('Prefix', prefix)));
}

/** Who owns an entry. */
export function owner(): Xml {
  return element('Owner', field('ID', ownerId), field('DisplayName', 'local'));
}

/** What lists tell of an object beside its key. */
export function objectFields({ lastModified, etag, content, checksum }: StoredObject): Xml[] {
  return [
    field('LastModified', lastModified.toISOString()),
    field('ETag', `"${etag}"`),
    field('ChecksumAlgorithm', checksum?.algorithm),
    field('ChecksumType', checksum?.type),
    field('Size', content.size),
    field('StorageClass', 'STANDARD'),
  ];
}

/** Tokens are opaque to clients, and safe in a URL whatever the key is. */
export function tokenAt(key: string | undefined): string {
  return Buffer.from(`after:${key ?? ''}`).toString('base64url');
}

/** @throws S3Error `InvalidArgument` when the token is none that was given out. */
export function positionIn(token: string): string {
  const text = Buffer.from(token, 'base64url').toString('utf8');
  if (text.startsWith('after:')) return text.slice('after:'.length);
  throw invalidArgument('continuation-token', token, 'The continuation token provided is incorrect');
}

/** Items of the marker's key that come after the marker: all, when the marked one has gone meanwhile. */
export function afterMarker<T>(
  key: string,
  items: readonly T[],
  { keyMarker, idMarker }: { readonly keyMarker: string; readonly idMarker: string },
  idOf: (item: T) => string,
): readonly T[] {
  return key === keyMarker ? items.slice(items.findIndex((item) => idOf(item) === idMarker) + 1) : items;
}

/** Where the next page goes on, in lists whose keys have several items. */
export function nextMarkers(
  page: Page<object>,
  { keyField }: ListArguments,
  idName: string,
  lastItem: { readonly key: string; readonly id: string } | undefined,
): Xml[] {
  if (!page.truncated) return [field('IsTruncated', false)];
  const id = lastItem?.key === page.last ? lastItem?.id : undefined;
  return [field('IsTruncated', true), keyField('NextKeyMarker', page.last), field(idName, id)];
}
