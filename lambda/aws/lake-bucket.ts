import { createHash, randomUUID } from 'node:crypto';
import type { Day } from '../days/day.ts';
import { daysPrefix } from '../days/pass/lake-objects.ts';
import { ConflictError, type Lake, type StoredObject } from '../days/pass/ports.ts';
import { type AwsBytes, type AwsRequest, fetchSigned } from './aws-request.ts';
import { fetchObjectList, readListField } from './object-list.ts';
import { findObjectUrl, type S3Configuration } from './object-url.ts';

/**
 * The lake in S3. Requests are signed one by one, because the SDK's S3 client would double the bundle of a function
 * that only reads the lake.
 */

/** The buckets of a lake. */
export interface LakeBuckets {
  readonly lake: string;
  /** The bucket for objects that do not name a SIM, whose keys begin with {@link accountPrefix}. */
  readonly accounts: string;
}

/** What the keys of objects begin with that do not name a SIM. */
const accountPrefix = 'account-';

/**
 * How many bytes at its end are read when an object is opened: most plans and results completely, and the metadata of a
 * Parquet file.
 */
const tailBytes = 64 * 1024;

/** What the keys of days' plans, results and manifests begin with. */
const dayPrefix = `${daysPrefix}day=`;

/** A file of 100 MB takes several seconds. */
const retryPolicy = { attempts: 5, timeoutMilliseconds: 60_000 };

/** A header that distinguishes a write from others with the same content. */
const writeHeader = 'x-amz-meta-write';

/** The lake's buckets in S3. */
export class LakeBucket implements Lake {
  readonly #configuration: S3Configuration;
  readonly #buckets: LakeBuckets;

  constructor(configuration: S3Configuration, buckets: LakeBuckets) {
    this.#configuration = configuration;
    this.#buckets = buckets;
  }

  /**
   * @throws AwsRequestError if S3 keeps failing, LakeError if it refuses, and ConflictError of reads: see {@link Lake}.
   */
  async open(key: string): Promise<StoredObject | undefined> {
    const answer = await this.#send(key, { method: 'GET', headers: { range: `bytes=-${tailBytes}` } });
    if (isMissing(answer)) return undefined;
    const [, start, byteLength] =
      /^bytes (\d+)-\d+\/(\d+)$/.exec(answer.headers.get('content-range') ?? '') ?? [];
    const tag = answer.headers.get('etag');
    if (answer.status !== 206 || start === undefined || byteLength === undefined || tag === null)
      throw new LakeError(key, answer);
    return new OpenObject({
      ...{ tag, byteLength: Number(byteLength) },
      tail: { start: Number(start), bytes: answer.bytes },
      read: (from, to) => this.#read(key, tag, from, to),
    });
  }

  /** @throws AwsRequestError if S3 keeps failing, LakeError if it refuses, and ConflictError: see {@link Lake}. */
  async write(key: string, bytes: Uint8Array, before: string | undefined): Promise<string> {
    const sha256 = createHash('sha256').update(bytes).digest();
    const write = randomUUID();
    const answer = await this.#send(key, {
      method: 'PUT',
      headers: {
        'content-type': findContentType(key),
        // A bucket with Object Lock accepts no object without a checksum.
        'x-amz-checksum-sha256': sha256.toString('base64'),
        'x-amz-content-sha256': sha256.toString('hex'),
        [writeHeader]: write,
        ...(before === undefined ? { 'if-none-match': '*' } : { 'if-match': before }),
      },
      body: bytes,
    });
    const tag = answer.headers.get('etag');
    if (answer.status === 200 && tag !== null) return tag;
    if (!isRefusedByCondition(answer)) throw new LakeError(key, answer);
    // The condition also fails if a retry follows an attempt that succeeded but whose response was lost.
    const written = answer.attempts > 1 ? await this.#findWritten(key, write) : undefined;
    if (written === undefined) throw new ConflictError(`${key} was written by another process`);
    return written;
  }

  /**
   * The days that have objects in the lake, oldest first.
   *
   * @throws AwsRequestError if S3 keeps failing, LakeError if it refuses.
   */
  async listDays(): Promise<Day[]> {
    const days: Day[] = [];
    let token: string | undefined;
    do {
      const query = { delimiter: '/', prefix: dayPrefix, 'continuation-token': token };
      const page = await fetchObjectList(this.#configuration, this.#buckets.lake, query, retryPolicy);
      const { answer, text } = page;
      if (answer.status !== 200) throw new LakeError(dayPrefix, answer);
      for (const [, day = ''] of text.matchAll(/<Prefix>days\/day=(\d{4}-\d\d-\d\d)\/<\/Prefix>/g))
        days.push(day);
      token = readListField(text, 'NextContinuationToken') || undefined;
    } while (token !== undefined);
    return days;
  }

  async #read(key: string, tag: string, from: number, to: number): Promise<ArrayBuffer> {
    const headers = { range: `bytes=${from}-${to - 1}`, 'if-match': tag };
    const answer = await this.#send(key, { method: 'GET', headers });
    if (answer.status === 206) return answer.bytes.buffer;
    if (isRefusedByCondition(answer)) throw new ConflictError(`${key} was written by another process`);
    throw new LakeError(key, answer);
  }

  /** The tag of an object, if it is the given write's. */
  async #findWritten(key: string, write: string): Promise<string | undefined> {
    const { status, headers } = await this.#send(key, { method: 'HEAD', headers: {} });
    const isWritten = status === 200 && headers.get(writeHeader) === write;
    return isWritten ? (headers.get('etag') ?? undefined) : undefined;
  }

  async #send(
    key: string,
    request: Pick<AwsRequest, 'method' | 'headers'> & Partial<Pick<AwsRequest, 'body'>>,
  ): Promise<AwsBytes> {
    const bucket = key.startsWith(accountPrefix) ? this.#buckets.accounts : this.#buckets.lake;
    const url = await findObjectUrl(this.#configuration, bucket, key);
    return fetchSigned(this.#configuration, { service: 's3', url, body: '', ...request }, retryPolicy);
  }
}

/** An opened object. */
class OpenObject implements StoredObject {
  readonly tag: string;
  readonly byteLength: number;
  readonly #tail: { readonly start: number; readonly bytes: Uint8Array<ArrayBuffer> };
  readonly #read: (from: number, to: number) => Promise<ArrayBuffer>;

  constructor({
    tag,
    byteLength,
    tail,
    read,
  }: {
    readonly tag: string;
    readonly byteLength: number;
    readonly tail: { readonly start: number; readonly bytes: Uint8Array<ArrayBuffer> };
    readonly read: (from: number, to: number) => Promise<ArrayBuffer>;
  }) {
    this.tag = tag;
    this.byteLength = byteLength;
    this.#tail = tail;
    this.#read = read;
  }

  async slice(start: number, end: number = this.byteLength): Promise<ArrayBuffer> {
    const from = start < 0 ? Math.max(0, this.byteLength + start) : start;
    const to = Math.min(end, this.byteLength);
    if (from >= to) return new ArrayBuffer(0);
    if (from < this.#tail.start) return this.#read(from, to);
    return this.#tail.bytes.slice(from - this.#tail.start, to - this.#tail.start).buffer;
  }
}

function findContentType(key: string): string {
  if (key.endsWith('.json')) return 'application/json';
  return key.endsWith('.jsonl') ? 'application/x-ndjson' : 'application/vnd.apache.parquet';
}

function isMissing(answer: AwsBytes): boolean {
  return answer.status === 404 && readCode(answer) === 'NoSuchKey';
}

/** S3 answers with 409 if another conditional write of the key is running. */
function isRefusedByCondition(answer: AwsBytes): boolean {
  return answer.status === 412 || answer.status === 409 || isMissing(answer);
}

/** The code of an S3 error. */
function readCode({ bytes }: AwsBytes): string | undefined {
  return /<Code>(\w+)<\/Code>/.exec(new TextDecoder().decode(bytes))?.[1];
}

/** S3 refused a request for an object of the lake. */
export class LakeError extends Error {
  override readonly name = 'LakeError';

  constructor(key: string, answer: AwsBytes) {
    super(
      `The lake's bucket answered ${answer.status} ${readCode(answer) ?? ''} for ${key}`.replace('  ', ' '),
    );
  }
}
