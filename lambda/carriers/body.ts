import { constants, gunzipSync } from 'node:zlib';
import {
  hasInexactNumbers,
  jsonObject,
  type Piece,
  type PieceLimits,
  parseExactly,
  splitBody,
  splitValue,
} from '../json/json.ts';
import { isAggregate, readAggregate } from './aggregate.ts';
import { type Fault, fault, isFault } from './reading.ts';
import { explainBytes, explainText } from './unreadable.ts';

/**
 * Bodies: the bytes of one delivery, which hold one record, an array, JSON lines or concatenated objects, perhaps
 * compressed with gzip, perhaps several of these aggregated by the Kinesis Producer Library.
 *
 * Every byte of a body lies in one of its parts, or is framing: white space, commas, brackets, record separators and
 * byte order marks between values; the frames of gzip; the keys and tags of an aggregate. What can't be taken apart to
 * its last byte is one broken part, whole.
 */

/**
 * A body larger than this once unpacked is rejected as it is, and so is one that exceeds it together with those before
 * it in an aggregate. The largest that a carrier sends is 6 MB, the largest that Kinesis takes 10 MB; much more, parsed,
 * would not fit the consumer's memory.
 */
export const maxBytes = 16 * 1024 * 1024;

/** Values that any body may hold, however few bytes it has. */
const maxValues = 1_000;

/**
 * The smallest value that is stored or ignored has 51 characters (a test event of Super SIM; of records the data
 * streamer's shortest event with 68), and each but the last is followed by a separator. A body with more values than
 * this allows holds some that nobody can read, and is rejected before any is parsed: each value that is found costs some
 * 40 bytes of memory, so that their number has to have a bound. Values that can't be read are bounded more tightly: see
 * {@link maxUnreadable}.
 */
const bytesPerValue = 50;

/**
 * A record that can't be read is kept beside a line about it that is longer than most records, so their number is
 * bounded by more bytes than the smallest record has. Carriers' records have 300 bytes and more.
 */
const bytesPerUnreadable = 100;

/** Values that one value may hold, however deep. The largest record of a carrier has some hundreds. */
const maxInner = 500_000;

/** Bytes up to which a body that is one broken part is kept unpacked, for people to read; a larger one as it came. */
const maxShownBytes = 1024 * 1024;

/** Characters up to which a text is parsed at once: the values in it are fewer than a value may hold. */
const smallText = 256 * 1024;

/** One part of a body: a value, or bytes that hold none. */
export type BodyPart = ValuePart | BrokenPart;

/** A value of a body, parsed. */
export interface ValuePart {
  readonly kind: 'value';
  readonly value: unknown;
  /** Its original bytes. */
  readonly bytes: () => Uint8Array;
}

/** Bytes of a body that could not be read. */
export interface BrokenPart {
  readonly kind: 'broken';
  readonly fault: Fault;
  readonly bytes: () => Uint8Array;
}

/** A body, taken apart. */
export interface Body {
  /** Bytes, unpacked. */
  readonly size: number;
  /** How many parts it has. */
  readonly count: number;
  /** Its parts in their order. Each is parsed when it is reached, so that not all are in memory at once. */
  readonly parts: () => Iterable<BodyPart>;
}

/** Reads a body; what can't be read is a broken part, never thrown. */
export function readBody(bytes: Buffer): Body {
  const texts = unpackAll(bytes);
  if (isFault(texts)) return brokenBody(texts, bytes);
  const size = texts.reduce((sum, text) => sum + text.bytes.length, 0);
  const limit = limitFor(size, bytesPerValue);
  const blocks: Block[] = [];
  let count = 0;
  for (const text of texts) {
    const block =
      text.fault === undefined
        ? frame(text, limit - count, texts.length === 1)
        : brokenBlock(text.fault, text.original);
    count += block?.count ?? 0;
    if (block === undefined || count > limit) return brokenBody(tooManyValues(size, limit), bytes);
    blocks.push(block);
  }
  return {
    size,
    count,
    *parts() {
      for (const block of blocks) yield* block.parts();
    },
  };
}

/** A body that is one broken part. */
export function brokenBody(wrong: Fault, bytes: Uint8Array): Body {
  return { size: bytes.length, ...brokenBlock(wrong, bytes) };
}

/** How many values of a body may be unreadable; of one with more, the body is rejected as it is. */
export function maxUnreadable({ size }: Pick<Body, 'size'>): number {
  return limitFor(size, bytesPerUnreadable);
}

/** Why a body is rejected of which too much is unreadable. */
export function tooManyUnreadable(body: Pick<Body, 'size'>): Fault {
  return fault(
    'too-many-values',
    `More than ${maxUnreadable(body)} values of the body cannot be read, which is the limit for its ${body.size} ` +
      'bytes: it holds something else than records. Find out who sends it',
  );
}

/** What a body of so many bytes may hold. */
export function bodyLimits(size: number): PieceLimits {
  return { pieces: limitFor(size, bytesPerValue), inner: maxInner };
}

function limitFor(size: number, bytesPerPart: number): number {
  return Math.max(maxValues, Math.floor(size / bytesPerPart));
}

function tooManyValues(size: number, limit: number): Fault {
  return fault(
    'too-many-values',
    `The body holds more than ${limit} values, which is the limit for its ${size} bytes, or a value with more than ` +
      `${maxInner} in it: no record is like that. Find out who sends it, or send records with nothing in between`,
  );
}

/** A text of a delivery, unpacked. */
interface Unpacked {
  readonly bytes: Buffer;
  /** As it came. */
  readonly original: Buffer;
  /** Why it can't be unpacked. */
  readonly fault?: Fault;
}

/** What a delivery may still unpack to. */
interface Room {
  bytes: number;
}

/** A delivery's texts; a fault where it can't be taken apart to its last byte. */
function unpackAll(bytes: Buffer): readonly Unpacked[] | Fault {
  const room: Room = { bytes: maxBytes };
  if (!isAggregate(bytes)) return [unpack(bytes, room)];
  const limit = limitFor(bytes.length, bytesPerValue);
  const records = readAggregate(bytes, limit);
  if (records === undefined) return tooManyValues(bytes.length, limit);
  return isFault(records) ? records : records.map((record) => unpack(record, room));
}

function unpack(original: Buffer, room: Room): Unpacked {
  if (!isGzip(original)) return { bytes: original, original };
  const bytes = gunzip(original, room.bytes);
  if (Buffer.isBuffer(bytes)) {
    room.bytes -= bytes.length;
    return { bytes, original };
  }
  // Whoever has had it all gets no more: what does not fit was unpacked for nothing, and would be again.
  if (bytes.code === 'too-large') room.bytes = 0;
  return { bytes: original, original, fault: bytes };
}

/** Whether bytes begin like gzip. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes.length > 1 && bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * Unpacks gzip, of one member or several.
 *
 * @param most bytes that it may unpack to.
 * @returns a fault where it is more, or where a byte of it is not gzip: zlib ends, content, at the first zero byte
 *   between two members, and leaves what is behind.
 */
export function gunzip(bytes: Uint8Array, most: number): Buffer | Fault {
  try {
    const { buffer, engine } = unpackWithInfo(bytes, Math.max(1, most));
    const rest = bytes.length - engine.bytesWritten;
    if (buffer.length > most) return tooLarge();
    if (rest === 0) return buffer;
    return fault(
      'broken-gzip',
      `The body is gzip, with ${rest} bytes behind its end that are not. Send what is gzip and what is not apart`,
    );
  } catch (error) {
    if (error instanceof RangeError) return tooLarge();
    const isCut = error instanceof Error && 'code' in error && error.code === 'Z_BUF_ERROR';
    const why = isCut ? 'it was cut short' : 'it was damaged, or only begins like it';
    return fault('broken-gzip', `The body begins like gzip but cannot be unpacked: ${why}`);
  }
}

function tooLarge(): Fault {
  return fault('too-large', `The body unpacks to more than ${maxBytes} bytes`);
}

/** What `gunzipSync` returns with `info`, which Node's types leave out: the engine has counted the bytes that it read. */
interface UnpackedWithInfo {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

/** Bytes that deflate makes of one byte at most: 258 of two bits. */
const maxRatio = 1_032;

/** Bytes of the pieces of what is certainly refused: they are thrown away. */
const refusedPiece = 64 * 1024;

/**
 * Unpacks into one piece of memory. Of many pieces zlib makes another one that holds them all, so that a body takes twice
 * its size, and the collector lets a hundred megabytes of them pile up: it sees little of what lies outside its heap.
 */
function unpackWithInfo(bytes: Uint8Array, most: number): UnpackedWithInfo {
  const size = statedSize(bytes);
  // Whether it is too large or says so wrongly, only the fault is of interest.
  if (size > most) return unpackPiece(bytes, most, refusedPiece);
  if (size <= Math.min(maxShownBytes, maxRatio * bytes.length)) {
    try {
      return unpackPiece(bytes, size);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      // More than it says: it has several members, or something that is not gzip is behind it.
    }
  }
  // The system gives memory where it is written to, so that a piece for the largest body is no waste for a smaller one.
  return unpackPiece(bytes, Math.min(most, maxRatio * bytes.length));
}

/** What the last four bytes of gzip say that its last member unpacks to (RFC 1952, ISIZE). */
function statedSize(bytes: Uint8Array): number {
  return bytes.length < 4 ? 0 : Buffer.from(bytes.buffer, bytes.byteOffset).readUInt32LE(bytes.length - 4);
}

/**
 * @param piece bytes of a piece; one that is filled to its end is followed by another one.
 * @throws RangeError where it is more than `most` bytes.
 */
function unpackPiece(bytes: Uint8Array, most: number, piece = most + 1): UnpackedWithInfo {
  const chunkSize = Math.max(constants.Z_MIN_CHUNK, piece);
  const options = { maxOutputLength: Math.max(1, most), chunkSize, info: true };
  return gunzipSync(bytes, options) as unknown as UnpackedWithInfo;
}

/**
 * Gives the memory of a large unpacked body back at once, where Node can (from 22 on): bodies that each unpack to the
 * limit follow one another faster than the collector does.
 */
function release(bytes: Buffer): void {
  const buffer: ArrayBufferLike & { transfer?: (byteLength: number) => unknown } = bytes.buffer;
  buffer.transfer?.(0);
}

/** The parts of one text. */
type Block = Pick<Body, 'count' | 'parts'>;

function brokenBlock(wrong: Fault, bytes: Uint8Array): Block {
  const part: BrokenPart = { kind: 'broken', fault: wrong, bytes: () => bytes };
  return { count: 1, parts: () => [part] };
}

/**
 * Finds the values of a text.
 *
 * @param isAlone whether the text is all that is in memory of its delivery: then a small one is parsed at once.
 * @returns undefined when it has more parts than `most`.
 */
function frame({ bytes, original }: Unpacked, most: number, isAlone: boolean): Block | undefined {
  const wrong = explainBytes(bytes, bytes === original ? 'body' : 'unpacked body');
  if (wrong !== undefined) return brokenBlock(wrong, original);
  const text = bytes.toString('utf8');
  if (isAlone && text.length <= smallText) {
    const value = parse(text);
    if (value !== undefined) return parsedBlock(value, text, bytes, most);
  }
  const limits = { pieces: most, inner: maxInner };
  const isShown = bytes.length <= maxShownBytes;
  const kept = isShown ? bytes : original;
  if (!isShown && bytes !== original) release(bytes);
  const values = splitValue(text, limits);
  if (values !== 'none') return values && piecesBlock(values, text);
  if (text.trim() === '') return brokenBlock(fault('empty', 'The body is empty'), kept);
  const pieces = splitBody(text, limits);
  if (pieces === undefined) return undefined;
  const known = pieces.some(({ whole }) => whole) ? undefined : explainText(text);
  if (known !== undefined) return brokenBlock(known, kept);
  // A piece is without the blanks around it, and the body with. The text is kept no longer than it is needed.
  const [first] = pieces;
  if (pieces.length === 1 && first?.whole === false) return brokenBlock(notJson, kept);
  return piecesBlock(pieces, text);
}

/** The parts of a text that was parsed as a whole. */
function parsedBlock(value: unknown, text: string, bytes: Buffer, most: number): Block | undefined {
  if (!Array.isArray(value)) {
    const part: ValuePart = { kind: 'value', value, bytes: () => bytes };
    return { count: 1, parts: () => [part] };
  }
  if (value.length > most) return undefined;
  const elements: readonly unknown[] = value;
  let pieces: ReturnType<typeof splitValue>;
  const bytesAt = (index: number): Uint8Array => {
    // A second look at the text, which only what is rejected costs.
    pieces ??= splitValue(text);
    const piece = Array.isArray(pieces) ? (pieces as readonly Piece[])[index] : undefined;
    return piece === undefined ? bytes : Buffer.from(text.slice(piece.from, piece.to));
  };
  return {
    count: elements.length,
    *parts() {
      for (const [index, element] of elements.entries()) {
        yield { kind: 'value', value: element, bytes: () => bytesAt(index) };
      }
    },
  };
}

/** What is wrong with a piece of which nothing else is known. */
const notJson = fault('broken-json', 'This is not JSON');

/** The parts that pieces of a text are. */
function piecesBlock(pieces: readonly Piece[], text: string): Block {
  const cutPiece = ({ from, to }: Piece): Uint8Array => Buffer.from(text.slice(from, to));
  return {
    count: pieces.length,
    *parts() {
      for (const piece of pieces) {
        const value = piece.whole ? parse(text.slice(piece.from, piece.to)) : undefined;
        if (value === undefined) {
          yield { kind: 'broken', fault: notJson, bytes: () => cutPiece(piece) };
        } else {
          yield { kind: 'value', value, bytes: () => cutPiece(piece) };
        }
      }
    },
  };
}

/** A JSON value with every number exact, or undefined where the text is not JSON. */
function parse(withMark: string): unknown {
  const text = withMark.charCodeAt(0) === 0xfeff ? withMark.slice(1) : withMark;
  try {
    const value: unknown = JSON.parse(text);
    // CloudEvents are most of the traffic, and seldom carry a number that JSON.parse could round: a look is cheaper.
    if (typeof value === 'object' && value !== null && 'specversion' in value) {
      return hasRoundedNumber('data' in value ? value.data : undefined) ? parseExactly(text) : value;
    }
    return hasInexactNumbers(text) ? parseExactly(text) : value;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Whether one of an object's own members is a number beyond the integers that JavaScript keeps apart. */
function hasRoundedNumber(data: unknown): boolean {
  return Object.values(jsonObject(data) ?? {}).some(
    (value) => typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER,
  );
}
