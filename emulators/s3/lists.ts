import { ownerId } from './account.ts';
import type { StoredObject } from './buckets.ts';
import { makeInvalidArgument } from './errors.ts';
import { queryNumber, type S3Request } from './requests.ts';
import { encodeKey } from './url-encoding.ts';
import { renderElement, renderField, type Xml } from './xml.ts';

/** The most entries of a page. */
const largestPage = 1000;

/** The parameters of a list. */
export interface ListArguments {
  readonly prefix: string;
  readonly delimiter: string;
  readonly limit: number;
  /** Renders a key, or part of one, in the encoding that the client requested. */
  readonly makeKeyField: (name: string, value: string | undefined) => Xml;
  /** The element that states the encoding. */
  readonly encoding: Xml;
}

/** @throws S3Error `InvalidArgument`. */
export function listArguments(request: S3Request): ListArguments {
  const encoding = request.query.get('encoding-type') ?? undefined;
  if (encoding !== undefined && encoding !== 'url') {
    throw makeInvalidArgument('encoding-type', encoding, 'Invalid Encoding Method specified in Request');
  }
  const encode = (value: string) => (encoding === 'url' ? encodeKey(value) : value);
  return {
    prefix: request.query.get('prefix') ?? '',
    delimiter: request.query.get('delimiter') ?? '',
    limit: pageLimit(request, 'max-keys'),
    makeKeyField: (name, value) => (value === undefined ? '' : renderField(name, encode(value))),
    encoding: renderField('EncodingType', encoding),
  };
}

/** @throws S3Error `InvalidArgument` if the number is invalid. */
export function pageLimit(request: S3Request, name: string): number {
  const bounds = { fallback: largestPage, least: 0, most: 2 ** 31 - 1 };
  return Math.min(queryNumber(request, name, bounds), largestPage);
}

/** The owner of an entry. */
export function renderOwner(): Xml {
  return renderElement('Owner', renderField('ID', ownerId), renderField('DisplayName', 'local'));
}

/** The elements that describe an object in a list, besides its key. */
export function makeObjectFields({ lastModified, etag, content, checksum }: StoredObject): Xml[] {
  return [
    renderField('LastModified', lastModified.toISOString()),
    renderField('ETag', `"${etag}"`),
    renderField('ChecksumAlgorithm', checksum?.algorithm),
    renderField('ChecksumType', checksum?.type),
    renderField('Size', content.size),
    renderField('StorageClass', 'STANDARD'),
  ];
}

/** A continuation token: opaque to clients, and safe in a URL for any key. */
export function makeToken(key: string | undefined): string {
  return Buffer.from(`after:${key ?? ''}`).toString('base64url');
}

/** @throws S3Error `InvalidArgument` for a token that was not issued here. */
export function positionIn(token: string): string {
  const text = Buffer.from(token, 'base64url').toString('utf8');
  if (text.startsWith('after:')) return text.slice('after:'.length);
  throw makeInvalidArgument('continuation-token', token, 'The continuation token provided is incorrect');
}
