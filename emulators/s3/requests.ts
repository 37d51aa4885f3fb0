import type { IncomingMessage } from 'node:http';
import type { Content } from './contents.ts';
import { makeInvalidArgument, S3Error } from './errors.ts';

/** A request, as operations receive it. */
export interface S3Request {
  readonly method: string;
  /** Empty for a request about the account. */
  readonly bucket: string;
  /** Empty for a request about the account or a bucket. Dots and slashes have no special meaning. */
  readonly key: string;
  /** Path of bucket and key, as errors state it. */
  readonly resource: string;
  readonly query: URLSearchParams;
  /** By name in lower case. Includes the `x-amz-` parameters of a presigned URL. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: IncomingMessage;
}

/** A response, as operations return it. */
export interface S3Response {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An XML document. */
  readonly document?: string;
  /** Bytes of an object. They are held for the HTTP server, which releases them after it has sent them. */
  readonly content?: Content;
  /** Called with each piece of the content that is sent. */
  readonly onSent?: (piece: Buffer) => void;
}

/** The most bytes of a key in UTF-8. */
const longestKey = 1024;

/**
 * Reads a request's address, in path style or as a virtual host below `localhost`, and its headers.
 *
 * @throws S3Error `InvalidURI`, `KeyTooLongError`.
 */
export function readRequest(incoming: IncomingMessage): S3Request {
  const { pathname, search } = splitTarget(incoming.url ?? '/');
  // The name of a bucket has at least three characters, so `s3.localhost` does not name one.
  const hosted = /^(.{3,}?)(?:\.s3)?\.localhost(?::\d+)?$/i.exec(incoming.headers.host ?? '')?.[1];
  const [, bucket, key] =
    /^\/([^/]*)\/?(.*)$/s.exec(hosted === undefined ? pathname : `/${hosted}${pathname}`) ?? [];
  const names = { bucket: decodeTarget(bucket ?? ''), key: decodeTarget(key ?? '') };
  if (Buffer.byteLength(names.key) > longestKey) throw new S3Error('KeyTooLongError', 'Your key is too long');
  const query = new URLSearchParams(search);
  return {
    method: incoming.method ?? 'GET',
    ...names,
    resource: `/${names.bucket}${names.key === '' ? '' : `/${names.key}`}`,
    query,
    headers: readHeaders(incoming, query),
    body: incoming,
  };
}

/** Splits a request's target. A URL object would remove `..` from keys. */
function splitTarget(target: string): { pathname: string; search: string } {
  const local = target.replace(/^https?:\/\/[^/?]*/i, '');
  const mark = local.indexOf('?');
  if (mark < 0) return { pathname: local, search: '' };
  return { pathname: local.slice(0, mark), search: local.slice(mark + 1) };
}

function decodeTarget(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // The only possible error is an escape that is incomplete or not UTF-8.
    throw new S3Error('InvalidURI', "Couldn't parse the specified URI.", { fields: { URI: text } });
  }
}

function readHeaders(incoming: IncomingMessage, query: URLSearchParams): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (const [name, value] of query) {
    // A checksum in a presigned URL is that of the empty body at the time of signing.
    const lower = name.toLowerCase();
    if (lower.startsWith('x-amz-') && !lower.startsWith('x-amz-checksum-')) headers.set(lower, value);
  }
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  return headers;
}

/**
 * Reads a whole number from the query.
 *
 * @throws S3Error `InvalidArgument` if it is not a number, or out of range.
 */
export function queryNumber(
  { query }: S3Request,
  name: string,
  { fallback, least, most }: { fallback?: number; least: number; most: number },
): number {
  const text = query.get(name) ?? '';
  if (text === '' && fallback !== undefined) return fallback;
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw makeInvalidArgument(name, text, `${name} must be a whole number from ${least} to ${most}`);
}

/** Headers that change what an operation does, and that the emulator does not support. */
const unsupportedHeaders = [
  'x-amz-tagging',
  'x-amz-write-offset-bytes',
  'x-amz-object-lock-mode',
  'x-amz-object-lock-legal-hold',
  'x-amz-server-side-encryption-customer-algorithm',
  'x-amz-copy-source-server-side-encryption-customer-algorithm',
  'x-amz-copy-source-if-match',
  'x-amz-copy-source-if-none-match',
  'x-amz-copy-source-if-modified-since',
  'x-amz-copy-source-if-unmodified-since',
];

/** @throws S3Error `NotImplemented` if a header requests something that would otherwise be silently ignored. */
export function refuseUnsupportedHeaders({ headers }: S3Request): void {
  const found = unsupportedHeaders.find((name) => headers.has(name));
  if (found === undefined) return;
  const message = `A header you provided implies functionality that is not implemented: ${found}`;
  throw new S3Error('NotImplemented', message, { fields: { Header: found } });
}

/** Headers of an upload that are returned with the object. */
const keptHeaders = ['content-type', 'cache-control', 'content-disposition', 'content-language', 'expires'];
/** The most bytes of the names and values of all user metadata. */
const largestMetadata = 2_048;

/** @throws S3Error `MetadataTooLarge`. */
export function pickObjectHeaders({ headers }: S3Request): Record<string, string> {
  const kept: Record<string, string> = { 'content-type': 'binary/octet-stream' };
  let metadataSize = 0;
  for (const [name, value] of headers) {
    if (name.startsWith('x-amz-meta-')) {
      kept[name] = value;
      metadataSize += name.length - 'x-amz-meta-'.length + value.length;
    } else if (keptHeaders.includes(name) && value !== '') kept[name] = value;
  }
  if (metadataSize > largestMetadata) {
    throw new S3Error('MetadataTooLarge', 'Your metadata headers exceed the maximum allowed metadata size');
  }
  const encoding = readContentEncoding(headers.get('content-encoding') ?? '');
  return encoding === '' ? kept : { ...kept, 'content-encoding': encoding };
}

/** The encoding of the object itself: `aws-chunked` applies to the upload only. */
function readContentEncoding(header: string): string {
  const encodings = header.split(',').map((encoding) => encoding.trim());
  return encodings
    .filter((encoding) => encoding !== '' && encoding.toLowerCase() !== 'aws-chunked')
    .join(',');
}
