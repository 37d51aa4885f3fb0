import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { rejectPrefix } from '../aws/names.ts';
import { type Fault, formatReason, type RejectCode } from '../carriers/reading.ts';

/** Data that could not be read, with everything needed to read it again. */
export interface Reject {
  readonly code: RejectCode;
  /** A plain sentence that includes the wrong value. */
  readonly reason: string;
  /** If one member is wrong: its name in the carrier's format, and its value, shortened. */
  readonly member?: string;
  readonly value?: string;
  /** Where it arrived: `stream/shard/sequence`, or `bucket/key@version#row`. */
  readonly position: string;
  readonly source: string;
  readonly arrivedAt: number;
  /** The original bytes. */
  readonly bytes: Uint8Array;
  /** For a row of a file: the header that applies to it, if that is not the file's first. */
  readonly header?: string;
}

/** Describes a fault for a reject. */
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
   * Stores rejects that have the same source and code. Storing them again changes nothing.
   *
   * @param group part of the object's name, for rejects that are identified by their place, as a file's rows are.
   * @throws if they could not be stored; they must then be delivered again.
   */
  keep(rejects: readonly Reject[], group?: string): Promise<void>;
}

/** The bucket that rejects are stored in. */
export interface RejectBucket {
  /**
   * Puts an object of JSON lines, unless an object with this key exists. The first one stays, so that a second delivery
   * does not change the time and position of arrival.
   */
  put(key: string, lines: string): Promise<void>;
}

/** A bucket that can also store whole files. */
export interface FileRejectBucket extends RejectBucket {
  /** @param copySource `bucket/key`, URL-encoded, with `?versionId=…` if the bucket has versions. */
  copy(key: string, copySource: string): Promise<void>;
}

/** The quarantine in a bucket: one object of JSON lines for the rejects of a delivery that have the same code. */
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
 * Stores a whole file: a line that says what is wrong with it, and a copy of the file next to that.
 *
 * @param copySource `bucket/key`, URL-encoded, with `?versionId=…` if the bucket has versions.
 * @throws what the bucket throws; the file must then be imported again.
 */
export async function keepFile(
  bucket: FileRejectBucket,
  reject: Omit<Reject, 'bytes'>,
  copySource: string,
): Promise<void> {
  // The position identifies one version of one object, and so its bytes.
  const whole = { ...reject, bytes: Buffer.from(reject.position) };
  const name = `${rejectPrefix}${reject.source}/${reject.code}/${rejectId(whole)}`;
  await bucket.copy(`${name}.csv`, copySource);
  const line: RejectLine = { ...rejectLine(whole), body: '', object: `${name}.csv` };
  await bucket.put(`${name}.jsonl`, `${JSON.stringify(line)}\n`);
}

/** The parts of the key of a quarantine object; undefined for any other key. */
export function readRejectKey(
  key: string,
): { readonly source: string; readonly code: string; readonly name: string } | undefined {
  if (!key.startsWith(rejectPrefix)) return undefined;
  const [, source, code, name] =
    /^([^/]+)\/([^/]+)\/([^/]+)\.jsonl$/.exec(key.slice(rejectPrefix.length)) ?? [];
  if (source === undefined || code === undefined || name === undefined) return undefined;
  return { source, code, name };
}

/** A line of a quarantine object. `body` is the original text, or base64 if that is not UTF-8. */
export interface RejectLine {
  readonly id: string;
  readonly code: RejectCode;
  readonly reason: string;
  /** If one member is wrong: its name in the carrier's format, and its value, shortened. */
  readonly member?: string;
  readonly value?: string;
  readonly source: string;
  readonly position: string;
  /** ISO 8601. */
  readonly arrivedAt: string;
  readonly encoding: 'utf8' | 'base64';
  readonly body: string;
  /** For a whole file: the key of its copy in this bucket. `body` is then empty. */
  readonly object?: string;
  /** For a row of a file: the header that applies to it, if that is not the file's first. */
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

/** Whether JSON would make a text several times as long, because it escapes each control character as six others. */
function hasManyControls(bytes: Buffer): boolean {
  let controls = 0;
  for (const byte of bytes) {
    if (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d) controls += 1;
  }
  return controls > bytes.length / 10;
}

/**
 * Names the rejects of part of a file. An import of the same part has the same rejects and so the same name; if a newer
 * version of simledger rejects other rows, these get an object of their own.
 */
function groupId(group: string, rejects: readonly Reject[]): string {
  const hash = createHash('sha256').update(group);
  for (const reject of rejects) hash.update(rejectId(reject));
  return hash.digest('hex').slice(0, 32);
}

/**
 * The name of an object that holds rejects with the same source and code. It depends only on the rejects, not on their
 * order or where they arrived, so a second delivery of the same bytes does not make a second object. A single reject
 * gives the object its own id.
 */
export function makeRejectsName(rejects: readonly Reject[]): string {
  const [first, ...others] = rejects;
  if (first === undefined) return '';
  if (others.length === 0) return rejectId(first);
  const hash = createHash('sha256').update(`${first.source}\n${first.code}\n`);
  for (const id of new Set(rejects.map(rejectId).sort())) hash.update(`${id}\n`);
  return hash.digest('hex').slice(0, 32);
}

/** The reject's id: the same for the same source, code and bytes, however often and wherever they arrive. */
export function rejectId(reject: Reject): string {
  const known = rejectIds.get(reject);
  if (known !== undefined) return known;
  const { source, code, bytes } = reject;
  const id = createHash('sha256').update(`${source}\n${code}\n`).update(bytes).digest('hex').slice(0, 32);
  rejectIds.set(reject, id);
  return id;
}

/** Cached: ids are needed several times, and a reject may have many bytes. */
const rejectIds = new WeakMap<Reject, string>();
