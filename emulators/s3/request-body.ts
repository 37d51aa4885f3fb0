import { createHash } from 'node:crypto';
import {
  type ChecksumAlgorithm,
  checksumAlgorithms,
  digestLength,
  findAlgorithm,
  makeChecksumHeader,
  startChecksum,
} from './checksums.ts';
import { decodeAwsChunked } from './chunked-body.ts';
import { S3Error } from './errors.ts';
import type { S3Request } from './requests.ts';

/** The most bytes of a body: 5 GiB. */
const largestBody = 5 * 1024 ** 3;
/** The most bytes of an XML document. */
const largestDocument = 4 * 1024 ** 2;

/** What was computed while a body was read. */
export interface BodyDigest {
  readonly md5: Buffer;
  /** Computed by the algorithm that the client sent or the caller requested; in base64. */
  readonly checksum?: { readonly algorithm: ChecksumAlgorithm; readonly value: string };
}

/** How to read a body. */
export interface BodyOptions {
  /** The checksum to compute if the client sends none. */
  readonly wanted?: ChecksumAlgorithm | undefined;
  /** False if the client's checksum covers something else than the body. True by default. */
  readonly checksummed?: boolean;
}

/**
 * The body of a request as a stream of decoded bytes that can be read once. Reading it to the end verifies all that the
 * client has stated about it.
 *
 * Reading throws an S3Error: `IncompleteBody` if it is shorter than announced, `BadDigest` or
 * `XAmzContentSHA256Mismatch` if a digest does not match, `MalformedTrailerError` if an announced trailer is missing.
 * The constructor throws one if headers are invalid.
 */
export class RequestBody implements AsyncIterable<Buffer> {
  readonly #request: S3Request;
  readonly #announced: AnnouncedChecksum | undefined;
  readonly #algorithm: ChecksumAlgorithm | undefined;
  readonly #decodedLength: number;
  #digest: BodyDigest | undefined;

  constructor(request: S3Request, { wanted, checksummed = true }: BodyOptions = {}) {
    this.#request = request;
    this.#decodedLength = readDecodedLength(request);
    this.#announced = checksummed ? readAnnouncedChecksum(request) : undefined;
    this.#algorithm = this.#announced?.algorithm ?? wanted;
    requireDigestHeader(request.headers.get('content-md5'));
  }

  /** The digests. Available after the body has been read to its end. */
  get digest(): BodyDigest {
    if (this.#digest === undefined) throw new Error('The body has not been read to its end');
    return this.#digest;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void> {
    const { headers, body } = this.#request;
    // Not destroyed if reading ends early, because the client must get the response that says why.
    const raw: AsyncIterable<Buffer> = body.iterator({ destroyOnReturn: false });
    const trailers = new Map<string, string>();
    const md5 = createHash('md5');
    const sha256 = readSignedSha256(headers) === undefined ? undefined : createHash('sha256');
    const checksum = this.#algorithm === undefined ? undefined : startChecksum(this.#algorithm);
    let size = 0;
    for await (const bytes of isAwsChunked(headers) ? decodeAwsChunked(raw, trailers) : raw) {
      size += bytes.length;
      if (size > this.#decodedLength) throw makeIncompleteBody();
      md5.update(bytes);
      sha256?.update(bytes);
      checksum?.update(bytes);
      yield bytes;
    }
    if (size !== this.#decodedLength) throw makeIncompleteBody();
    if (sha256 !== undefined) requireSignedSha256(headers, sha256.digest('hex'));
    this.#digest = {
      md5: md5.digest(),
      ...this.#checkChecksum(checksum?.digest().toString('base64'), trailers),
    };
    requireMd5(headers.get('content-md5'), this.#digest.md5);
  }

  #checkChecksum(
    value: string | undefined,
    trailers: ReadonlyMap<string, string>,
  ): Pick<BodyDigest, 'checksum'> {
    if (value === undefined || this.#algorithm === undefined) return {};
    if (this.#announced !== undefined) requireChecksum(this.#announced, value, trailers);
    return { checksum: { algorithm: this.#algorithm, value } };
  }
}

/**
 * Reads and verifies a body that is a document.
 *
 * @throws S3Error as {@link RequestBody} does, and `MalformedXML` if it is larger than any that S3 accepts.
 */
export async function readDocument(request: S3Request, options: BodyOptions = {}): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of new RequestBody(request, options)) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > largestDocument) throw new S3Error('MalformedXML', 'The XML you provided was too long');
  }
  return Buffer.concat(chunks).toString('utf8');
}

interface AnnouncedChecksum {
  readonly algorithm: ChecksumAlgorithm;
  /** Undefined if it will be in a trailer. */
  readonly value: string | undefined;
}

function isAwsChunked(headers: ReadonlyMap<string, string>): boolean {
  const streaming = headers.get('x-amz-content-sha256')?.startsWith('STREAMING-') ?? false;
  return streaming || /\baws-chunked\b/i.test(headers.get('content-encoding') ?? '');
}

/** How many bytes the object will have. */
function readDecodedLength({ headers }: S3Request): number {
  const text = headers.get(isAwsChunked(headers) ? 'x-amz-decoded-content-length' : 'content-length');
  if (text === undefined && headers.has('transfer-encoding')) {
    const message =
      'A header you provided implies functionality that is not implemented: Transfer-Encoding without a decoded length';
    throw new S3Error('NotImplemented', message, { fields: { Header: 'Transfer-Encoding' } });
  }
  if (text === undefined) {
    throw new S3Error('MissingContentLength', 'You must provide the Content-Length HTTP header.');
  }
  const length = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(length))
    throw new S3Error('InvalidArgument', `The decoded length ${text} is not a number`);
  if (length <= largestBody) return length;
  throw new S3Error('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size', {
    fields: { ProposedSize: text, MaxSizeAllowed: String(largestBody) },
  });
}

function readAnnouncedChecksum({ headers }: S3Request): AnnouncedChecksum | undefined {
  const found = checksumAlgorithms.flatMap((algorithm) => {
    const value = headers.get(makeChecksumHeader(algorithm));
    return value === undefined ? [] : [{ algorithm, value: requireValidChecksum(algorithm, value) }];
  });
  if (found.length > 1) {
    throw new S3Error(
      'InvalidRequest',
      'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
    );
  }
  return found[0] ?? readAnnouncedTrailer(headers.get('x-amz-trailer'));
}

function readAnnouncedTrailer(header: string | undefined): AnnouncedChecksum | undefined {
  if (header === undefined) return undefined;
  const name = /^x-amz-checksum-(\w+)$/i.exec(header.trim())?.[1];
  const algorithm = findAlgorithm(name ?? '');
  if (algorithm !== undefined) return { algorithm, value: undefined };
  throw new S3Error('InvalidRequest', 'The value specified in the x-amz-trailer header is not supported');
}

function requireValidChecksum(algorithm: ChecksumAlgorithm, value: string): string {
  if (Buffer.from(value, 'base64').length === digestLength[algorithm]) return value;
  throw new S3Error('InvalidRequest', `Value for ${makeChecksumHeader(algorithm)} header is invalid.`);
}

function requireChecksum(
  announced: AnnouncedChecksum,
  found: string,
  trailers: ReadonlyMap<string, string>,
): void {
  const { algorithm } = announced;
  const expected = announced.value ?? trailers.get(makeChecksumHeader(algorithm));
  if (expected === undefined) {
    throw new S3Error(
      'MalformedTrailerError',
      'The request contained trailing data that was not well-formed.',
    );
  }
  if (requireValidChecksum(algorithm, expected) === found) return;
  throw new S3Error('BadDigest', `The ${algorithm} you specified did not match the calculated checksum.`);
}

/** The body's digest that the client signed; undefined if the signature does not cover the body. */
function readSignedSha256(headers: ReadonlyMap<string, string>): string | undefined {
  return /^[0-9a-f]{64}$/i.exec(headers.get('x-amz-content-sha256') ?? '')?.[0].toLowerCase();
}

function requireSignedSha256(headers: ReadonlyMap<string, string>, found: string): void {
  const signed = readSignedSha256(headers) ?? '';
  if (signed === found) return;
  const message = "The provided 'x-amz-content-sha256' header does not match what was computed.";
  const fields = { ClientComputedContentSHA256: signed, S3ComputedContentSHA256: found };
  throw new S3Error('XAmzContentSHA256Mismatch', message, { fields });
}

function requireDigestHeader(md5: string | undefined): void {
  if (md5 === undefined || Buffer.from(md5, 'base64').length === 16) return;
  throw new S3Error('InvalidDigest', 'The Content-MD5 you specified was invalid.', {
    fields: { 'Content-MD5': md5 },
  });
}

function requireMd5(expected: string | undefined, found: Buffer): void {
  if (expected === undefined || found.equals(Buffer.from(expected, 'base64'))) return;
  throw new S3Error('BadDigest', 'The Content-MD5 you specified did not match what we received.', {
    fields: { ExpectedDigest: expected, CalculatedDigest: found.toString('base64') },
  });
}

function makeIncompleteBody(): S3Error {
  const message = 'You did not provide the number of bytes specified by the Content-Length HTTP header';
  return new S3Error('IncompleteBody', message);
}
