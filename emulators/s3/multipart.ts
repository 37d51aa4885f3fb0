import { createHash } from 'node:crypto';
import type { Account } from './account.ts';
import type { Bucket, MultipartUpload, ObjectFacts, Part } from './buckets.ts';
import {
  type Checksum,
  checksumAlgorithms,
  computeChecksum,
  makeChecksumFields,
  makeChecksumHeader,
  startChecksum,
} from './checksums.ts';
import { readConditions } from './conditions.ts';
import { type Content, joinContents } from './contents.ts';
import { S3Error } from './errors.ts';
import { makeVersionHeader } from './reading.ts';
import { type BodyDigest, RequestBody, readDocument } from './request-body.ts';
import {
  pickObjectHeaders,
  queryNumber,
  refuseUnsupportedHeaders,
  type S3Request,
  type S3Response,
} from './requests.ts';
import { chooseAlgorithm, writePermit } from './writing.ts';
import {
  findChildren,
  makeMalformedXml,
  parseXml,
  readChildText,
  renderDocument,
  renderField,
  type XmlElement,
} from './xml.ts';

/** The fewest bytes of every part except the last one: 5 MiB. */
const smallestPart = 5 * 1024 ** 2;
/** Parts are numbered from 1 to this. */
const highestPartNumber = 10_000;

/** CreateMultipartUpload. */
export function createMultipartUpload(account: Account, request: S3Request): S3Response {
  refuseUnsupportedHeaders(request);
  const bucket = account.findBucket(request.bucket);
  const checksum = readRequestedChecksum(request);
  const facts = { headers: pickObjectHeaders(request), ...(checksum === undefined ? {} : { checksum }) };
  const upload = bucket.startUpload(request.key, facts);
  return {
    status: 200,
    headers:
      checksum === undefined
        ? {}
        : { 'x-amz-checksum-algorithm': checksum.algorithm, 'x-amz-checksum-type': checksum.type },
    document: renderDocument(
      'InitiateMultipartUploadResult',
      renderField('Bucket', bucket.name),
      renderField('Key', request.key),
      renderField('UploadId', upload.id),
    ),
  };
}

function readRequestedChecksum(request: S3Request): MultipartUpload['checksum'] {
  const algorithm = chooseAlgorithm(request);
  if (algorithm === undefined) return undefined;
  const asked = request.headers.get('x-amz-checksum-type')?.toUpperCase();
  const type = asked ?? (algorithm === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE');
  if (type === 'FULL_OBJECT' && algorithm.startsWith('CRC')) return { algorithm, type };
  if (type === 'COMPOSITE' && algorithm !== 'CRC64NVME') return { algorithm, type };
  const message = `The ${type} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`;
  throw new S3Error('InvalidRequest', message);
}

/** UploadPart. */
export async function uploadPart(account: Account, request: S3Request): Promise<S3Response> {
  refuseUnsupportedHeaders(request);
  const { bucket, upload, partNumber } = readAddressedPart(account, request);
  const body = new RequestBody(request, { wanted: upload.checksum?.algorithm });
  const content = await account.contents.receive(body);
  const part = putPart(account, { bucket, upload, partNumber, content, digest: body.digest });
  const { checksum } = part;
  return {
    status: 200,
    headers: {
      etag: makePartEtag(part),
      ...(checksum === undefined ? {} : { [makeChecksumHeader(checksum.algorithm)]: checksum.value }),
    },
  };
}

/** A part's ETag, in quotation marks. */
function makePartEtag({ md5 }: Part): string {
  return `"${md5.toString('hex')}"`;
}

interface AddressedPart {
  readonly bucket: Bucket;
  readonly upload: MultipartUpload;
  readonly partNumber: number;
}

function readAddressedPart(account: Account, request: S3Request): AddressedPart {
  const bucket = account.findBucket(request.bucket);
  const upload = bucket.upload(request.key, request.query.get('uploadId') ?? '');
  return {
    bucket,
    upload,
    partNumber: queryNumber(request, 'partNumber', { least: 1, most: highestPartNumber }),
  };
}

/** Stores a part. Takes over the caller's hold on its content, and releases it if the part is refused. */
function putPart(
  account: Account,
  { bucket, upload, partNumber, content, digest }: AddressedPart & { content: Content; digest: BodyDigest },
): Part {
  try {
    // The upload may have been completed or aborted while the part was being sent.
    bucket.upload(upload.key, upload.id);
    const { algorithm } = upload.checksum ?? {};
    if (algorithm !== undefined && digest.checksum?.algorithm !== algorithm) {
      const message = `Checksum Type mismatch occurred, expected checksum Type: ${algorithm.toLowerCase()}, actual checksum Type: ${digest.checksum?.algorithm.toLowerCase()}`;
      throw new S3Error('InvalidRequest', message);
    }
  } catch (error) {
    account.contents.release(content);
    throw error;
  }
  const part: Part = { content, ...digest, lastModified: new Date() };
  bucket.putPart(upload, partNumber, part);
  return part;
}

/** AbortMultipartUpload. */
export function abortMultipartUpload(account: Account, request: S3Request): S3Response {
  const bucket = account.findBucket(request.bucket);
  bucket.endUpload(bucket.upload(request.key, request.query.get('uploadId') ?? ''));
  return { status: 204 };
}

/** CompleteMultipartUpload. */
export async function completeMultipartUpload(account: Account, request: S3Request): Promise<S3Response> {
  // The checksum in the headers is that of the object, not of this document.
  const text = await readDocument(request, { checksummed: false });
  const document = parseXml(text, 'CompleteMultipartUpload');
  const bucket = account.findBucket(request.bucket);
  const upload = bucket.upload(request.key, request.query.get('uploadId') ?? '');
  const parts = readListedParts(document, upload);
  const content = account.contents.hold(joinContents(parts.map((part) => part.content)));
  const facts = await assembleParts(account, request, { upload, parts, content });
  const writable = writePermit(readConditions(request), bucket, request.key);
  const object = account.store(bucket, request.key, facts, 'CompleteMultipartUpload', () => {
    bucket.upload(upload.key, upload.id);
    writable();
  });
  bucket.endUpload(upload);
  return {
    status: 200,
    headers: makeVersionHeader(bucket, object),
    document: renderDocument(
      'CompleteMultipartUploadResult',
      renderField(
        'Location',
        `http://${request.headers.get('host') ?? 'localhost'}${encodeURI(request.resource)}`,
      ),
      renderField('Bucket', bucket.name),
      renderField('Key', request.key),
      renderField('ETag', `"${object.etag}"`),
      ...makeChecksumFields(object.checksum),
    ),
  };
}

/** The parts that a client lists, after checking them against the uploaded ones. */
function readListedParts(document: XmlElement, upload: MultipartUpload): readonly Part[] {
  const entries = findChildren(document, 'Part');
  if (entries.length === 0) throw makeMalformedXml();
  const numbers = entries.map((entry) => Number(readChildText(entry, 'PartNumber')));
  if (numbers.some((number, index) => index > 0 && number <= numbers[index - 1]!)) {
    const message = 'The list of parts was not in ascending order. Parts must be ordered by part number.';
    throw new S3Error('InvalidPartOrder', message);
  }
  const parts = entries.map((entry, index) => readListedPart(entry, upload.parts.get(numbers[index]!)));
  const tooSmall = parts.slice(0, -1).find((part) => part.content.size < smallestPart);
  if (tooSmall === undefined) return parts;
  throw new S3Error('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size', {
    fields: { ProposedSize: String(tooSmall.content.size), MinSizeAllowed: String(smallestPart) },
  });
}

function readListedPart(entry: XmlElement, part: Part | undefined): Part {
  const etag = readChildText(entry, 'ETag')?.replaceAll('"', '').trim();
  const checksums = checksumAlgorithms.map(
    (algorithm) => [algorithm, readChildText(entry, `Checksum${algorithm}`)] as const,
  );
  const differs = checksums.some(
    ([algorithm, value]) =>
      value !== undefined && part?.checksum?.algorithm === algorithm && part.checksum.value !== value,
  );
  if (part !== undefined && etag === part.md5.toString('hex') && !differs) return part;
  const message =
    "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.";
  throw new S3Error('InvalidPart', message, {
    fields: { PartNumber: readChildText(entry, 'PartNumber') ?? '', ETag: etag ?? '' },
  });
}

interface Assembly {
  readonly upload: MultipartUpload;
  readonly parts: readonly Part[];
  /** Held; released if the object is refused. */
  readonly content: Content;
}

async function assembleParts(account: Account, request: S3Request, assembly: Assembly): Promise<ObjectFacts> {
  const { upload, parts, content } = assembly;
  try {
    requireObjectSize(request, content.size);
    const md5 = createHash('md5');
    for (const part of parts) md5.update(part.md5);
    const checksum = await computeObjectChecksum(account, assembly);
    if (checksum !== undefined) requireObjectChecksum(request, checksum);
    const etag = `${md5.digest('hex')}-${parts.length}`;
    return { content, etag, headers: upload.headers, ...(checksum === undefined ? {} : { checksum }) };
  } catch (error) {
    account.contents.release(content);
    throw error;
  }
}

async function computeObjectChecksum(
  account: Account,
  { upload, parts, content }: Assembly,
): Promise<Checksum | undefined> {
  if (upload.checksum === undefined) return undefined;
  const { algorithm, type } = upload.checksum;
  if (type === 'FULL_OBJECT') {
    const checksum = startChecksum(algorithm);
    for await (const piece of account.contents.read(content)) checksum.update(piece);
    return { algorithm, type, value: checksum.digest().toString('base64') };
  }
  const digests = parts.map((part) => Buffer.from(part.checksum?.value ?? '', 'base64'));
  const value = computeChecksum(algorithm, Buffer.concat(digests)).toString('base64');
  return { algorithm, type, value: `${value}-${parts.length}` };
}

function requireObjectSize({ headers }: S3Request, size: number): void {
  const expected = headers.get('x-amz-mp-object-size');
  if (expected === undefined || Number(expected) === size) return;
  const message = `The provided 'x-amz-mp-object-size' header value ${expected} does not match what was computed: ${size}`;
  throw new S3Error('InvalidRequest', message);
}

function requireObjectChecksum({ headers }: S3Request, { algorithm, value }: Checksum): void {
  const expected = headers.get(makeChecksumHeader(algorithm));
  // Clients may omit the number of parts from a composite checksum.
  if (expected === undefined || expected.replace(/-\d+$/, '') === value.replace(/-\d+$/, '')) return;
  throw new S3Error('BadDigest', `The ${algorithm} you specified did not match the calculated checksum.`);
}
