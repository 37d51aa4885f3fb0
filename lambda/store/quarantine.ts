import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { rejectPrefix } from '../aws/names.ts';
import { type Fault, formatReason, type RejectCode } from '../carriers/reading.ts';

/** Something that could not be read, with all that is needed to read it again. */
export interface Reject {
  readonly code: RejectCode;
  /** A plain sentence, the value that is wrong included. */
  readonly reason: string;
  /** The carrier's name of the member that is wrong, and what it holds, cut short; where it is one member. */
  readonly member?: string;
  readonly value?: string;
  /** Where it arrived: `stream/shard/sequence`, or `bucket/key@version#row`. */
  readonly position: string;
  readonly source: string;
  readonly arrivedAt: number;
  /** The original bytes. */
  readonly bytes: Uint8Array;
  /** Of a row of a file: the header before it, where that is not the file's first. */
  readonly header?: string;
}

/** What a reject says of what is wrong with it. */
export function rejectFault(wrong: Fault): Pick<Reject, 'code' | 'reason' | 'member' | 'value'> {
  const { code, member, value } = wrong;
  return {
    ...{ code, reason: formatReason(wrong) },
    ...(member !== undefined && { member }),
    ...(value !== undefined && { value }),
  };
}

/** Where rejects are kept. */
export interface Quarantine {
  /**
   * Keeps rejects of one source and code together; keeping the same ones again changes nothing.
   *
   * @param group what the rejects are of, where that is part of their name: a file's rows are told apart by their place.
   * @throws when they could not be kept; then they must be delivered again.
   */
  keep(rejects: readonly Reject[], group?: string): Promise<void>;
}

/** The bucket that rejects are kept in. */
export interface RejectBucket {
  /**
   * Puts an object of JSON lines, unless there is one of this key: the first to arrive stays, so that a second delivery
   * changes nothing, its time and position included.
   */
  put(key: string, lines: string): Promise<void>;
}

/** The same with whole files. */
export interface FileRejectBucket extends RejectBucket {
  /** @param copySource `bucket/key`, URL-encoded, with `?versionId=…` where there are versions. */
  copy(key: string, copySource: string): Promise<void>;
}

/** The quarantine in a bucket: an object for the rejects of one delivery and code, as JSON lines. */
export class BucketQuarantine implements Quarantine {
  readonly #bucket: RejectBucket;

  constructor(bucket: RejectBucket) {
    this.#bucket = bucket;
  }

  async keep(rejects: readonly Reject[], group?: string): Promise<void> {
    const [first] = rejects;
    if (first === undefined) return;
    const lines = rejects.map((reject) => `${JSON.stringify(rejectLine(reject))}\n`).join('');
    const name = group === undefined ? makeRejectsName(rejects) : groupId(group, rejects);
    await this.#bucket.put(`${rejectPrefix}${first.source}/${first.code}/${name}.jsonl`, lines);
  }
}

/**
 * Keeps a whole file: a line that says what is wrong with it, and a copy beside the line.
 *
 * @param copySource `bucket/key`, URL-encoded, with `?versionId=…` where there are versions.
 * @throws what the bucket throws; then the file must be imported again.
 */
export async function keepFile(
  bucket: FileRejectBucket,
  reject: Omit<Reject, 'bytes'>,
  copySource: string,
): Promise<void> {
  // The position names one version of one object, so it stands for the bytes.
  const whole = { ...reject, bytes: Buffer.from(reject.position) };
  const name = `${rejectPrefix}${reject.source}/${reject.code}/${rejectId(whole)}`;
  await bucket.copy(`${name}.csv`, copySource);
  const line: RejectLine = { ...rejectLine(whole), body: '', object: `${name}.csv` };
  await bucket.put(`${name}.jsonl`, `${JSON.stringify(line)}\n`);
}

/** What the key of an object of rejects says; undefined for any other key. */
export function readRejectKey(
  key: string,
): { readonly source: string; readonly code: string; readonly name: string } | undefined {
  if (!key.startsWith(rejectPrefix)) return undefined;
  const [, source, code, name] =
    /^([^/]+)\/([^/]+)\/([^/]+)\.jsonl$/.exec(key.slice(rejectPrefix.length)) ?? [];
  if (source === undefined || code === undefined || name === undefined) return undefined;
  return { source, code, name };
}

/** What a line of a quarantine object holds. `body` is the original text, or base64 where it is not UTF-8. */
export interface RejectLine {
  readonly id: string;
  readonly code: RejectCode;
  readonly reason: string;
  /** The carrier's name of the member that is wrong, and what it holds, cut short; where it is one member. */
  readonly member?: string;
  readonly value?: string;
  readonly source: string;
  readonly position: string;
  /** ISO 8601. */
  readonly arrivedAt: string;
  readonly encoding: 'utf8' | 'base64';
  readonly body: string;
  /** For a whole file: the key of its copy in this bucket; `body` is then empty. */
  readonly object?: string;
  /** For a row of a file: the header before it, where that is not the file's first. */
  readonly header?: string;
}

function rejectLine(reject: Reject): RejectLine {
  const bytes = Buffer.from(reject.bytes.buffer, reject.bytes.byteOffset, reject.bytes.byteLength);
  const encoding = isUtf8(bytes) && !hasManyControls(bytes) ? 'utf8' : 'base64';
  return {
    id: rejectId(reject),
    code: reject.code,
    reason: reject.reason,
    ...(reject.member !== undefined && { member: reject.member }),
    ...(reject.value !== undefined && { value: reject.value }),
    source: reject.source,
    position: reject.position,
    arrivedAt: new Date(reject.arrivedAt).toISOString(),
    encoding,
    body: bytes.toString(encoding),
    ...(reject.header !== undefined && { header: reject.header }),
  };
}

/** Whether a text would be several times as long in JSON, which writes a control character as six others. */
function hasManyControls(bytes: Buffer): boolean {
  let controls = 0;
  for (const byte of bytes) {
    if (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d) controls += 1;
  }
  return controls > bytes.length / 10;
}

/**
 * A range of a file that is imported again has the same rejects and so the same name; where a newer version of
 * simledger finds others in it, these have an object of their own.
 */
function groupId(group: string, rejects: readonly Reject[]): string {
  const hash = createHash('sha256').update(group);
  for (const reject of rejects) hash.update(rejectId(reject));
  return hash.digest('hex').slice(0, 32);
}

/**
 * The name of an object that holds rejects of one source and code. It depends on which rejects these are, and on nothing
 * else: not on their order, nor on where they arrived. So a second delivery of the same bytes makes no second object.
 * One reject alone gives its object its own id.
 */
export function makeRejectsName(rejects: readonly Reject[]): string {
  const [first, ...others] = rejects;
  if (first === undefined) return '';
  if (others.length === 0) return rejectId(first);
  const hash = createHash('sha256').update(`${first.source}\n${first.code}\n`);
  for (const id of new Set(rejects.map(rejectId).sort())) hash.update(`${id}\n`);
  return hash.digest('hex').slice(0, 32);
}

/** The same bytes from the same source are one reject, however often and wherever they arrive. */
export function rejectId(reject: Reject): string {
  const known = rejectIds.get(reject);
  if (known !== undefined) return known;
  const { source, code, bytes } = reject;
  const id = createHash('sha256').update(`${source}\n${code}\n`).update(bytes).digest('hex').slice(0, 32);
  rejectIds.set(reject, id);
  return id;
}

/** Ids are requested several times on a reject's way, and its bytes may be many. */
const rejectIds = new WeakMap<Reject, string>();
