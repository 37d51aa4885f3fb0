import { isUtf8 } from 'node:buffer';
import { constants, gunzipSync } from 'node:zlib';
import {
  hasInexactNumbers,
  type Piece,
  type PieceLimits,
  parseExactly,
  parseJson,
  spellBytes,
  splitBody,
  splitPieces,
  splitValue,
  toJsonObject,
} from '../json/json.ts';
import { isAggregate, readAggregate } from './aggregate.ts';
import { type Fault, isFault, makeFault } from './reading.ts';
import { explainBytes, explainText } from './unreadable.ts';

/**
 * Bodies: the bytes of one delivery, which contain one record, an array, JSON lines or concatenated objects, possibly
 * gzipped, and possibly several of these aggregated by the Kinesis Producer Library.
 *
 * Every byte of a body is either in one of its parts or is framing: white space, commas, brackets, record separators
 * and byte order marks between values; the frames of gzip; the keys and tags of an aggregate. A body that cannot be
 * decomposed to its last byte becomes a single broken part.
 */

/**
 * Maximum bytes of an unpacked body, or of all bodies of an aggregate together. A larger body is rejected as a whole.
 * Carriers send at most 6 MB, and Kinesis accepts at most 10 MB; much more would not fit into the consumer's memory
 * once parsed.
 */
export const maxBytes = 16 * 1024 * 1024;

/** Number of values that any body may contain, however small it is. */
const maxValues = 1_000;

/**
 * The smallest value that is stored or ignored has 51 characters (a Super SIM test event; the shortest record is an
 * event of the data streamer with 68), and is followed by a separator. So a body with more values than this allows
 * contains unreadable ones. It is rejected before parsing, because each value takes some 40 bytes of memory.
 * Unreadable values have a lower limit: see {@link limitUnreadable}.
 */
const bytesPerValue = 50;

/**
 * In the quarantine, an unreadable value takes a line that is longer than most records, so the number of unreadable
 * values has a lower limit. Carriers' records have at least 300 bytes.
 */
const bytesPerUnreadable = 100;

/** Number of values inside one value, at any depth. The largest record of a carrier has some hundreds. */
const maxInner = 500_000;

/**
 * A body that is a single broken part is kept unpacked up to this size, so that people can read it; otherwise packed.
 */
const maxShownBytes = 1024 * 1024;

/** Texts up to this length are parsed in one go: they contain fewer values than {@link maxInner}. */
const smallText = 256 * 1024;

/** One part of a body: a value, or bytes without one. */
export type BodyPart = ValuePart | BrokenPart;

/** A value of a body, parsed. */
export interface ValuePart {
  readonly kind: 'value';
  readonly value: unknown;
  /** Its original bytes. */
  readonly readBytes: () => Uint8Array;
}

/** Unreadable bytes of a body. */
export interface BrokenPart {
  readonly kind: 'broken';
  readonly fault: Fault;
  readonly readBytes: () => Uint8Array;
}

/** A decomposed body. */
export interface Body {
  /** Size in bytes, unpacked. */
  readonly size: number;
  /** Number of parts. */
  readonly count: number;
  /** Its parts, in order. Each is parsed when it is reached, so that they are not all in memory at the same time. */
  readonly listParts: () => Iterable<BodyPart>;
}

/** Reads a body. Never throws: what cannot be read becomes a broken part. */
export function readBody(bytes: Buffer): Body {
  const texts = unpackAll(bytes);
  if (isFault(texts)) return makeBrokenBody(texts, bytes);
  const size = texts.reduce((sum, text) => sum + text.bytes.length, 0);
  const limit = limitValues(size, bytesPerValue);
  const blocks: Block[] = [];
  let count = 0;
  for (const text of texts) {
    const block =
      text.fault === undefined
        ? // Stryker disable next-line ArithmeticOperator,ConditionalExpression,EqualityOperator: only work and memory differ
          frame(text, limit - count, texts.length === 1)
        : makeBrokenBlock(text.fault, text.original);
    count += block?.count ?? 0;
    if (block === undefined || count > limit)
      return makeBrokenBody(makeTooManyValuesFault(size, limit), bytes);
    blocks.push(block);
  }
  return {
    size,
    count,
    *listParts() {
      for (const block of blocks) yield* block.listParts();
    },
  };
}

/** Makes a body that is a single broken part. */
export function makeBrokenBody(fault: Fault, bytes: Uint8Array): Body {
  return { size: bytes.length, ...makeBrokenBlock(fault, bytes) };
}

/** Maximum number of unreadable values in a body; a body with more is rejected as a whole. */
export function limitUnreadable({ size }: Pick<Body, 'size'>): number {
  return limitValues(size, bytesPerUnreadable);
}

/** The fault of a body with too many unreadable values. */
export function makeUnreadableFault(body: Pick<Body, 'size'>): Fault {
  return makeFault(
    'too-many-values',
    `More than ${limitUnreadable(body)} values of the body cannot be read, which is the limit for its ${body.size} ` +
      'bytes: it does not hold records. Find out who sends it',
  );
}

/** The limits of a body by its size in bytes. */
export function findLimits(size: number): PieceLimits {
  return { pieces: limitValues(size, bytesPerValue), inner: maxInner };
}

function limitValues(size: number, bytesPerPart: number): number {
  return Math.max(maxValues, Math.floor(size / bytesPerPart));
}

function makeTooManyValuesFault(size: number, limit: number): Fault {
  return makeFault(
    'too-many-values',
    `The body holds more than ${limit} values, which is the limit for its ${size} bytes, or a value with more than ` +
      `${maxInner} in it: no record looks like that. Find out who sends it, or send records with nothing in between`,
  );
}

/** One text of a delivery, unpacked. */
interface Unpacked {
  readonly bytes: Buffer;
  /** The bytes as they arrived. */
  readonly original: Buffer;
  /** Why it cannot be unpacked. */
  readonly fault?: Fault;
}

/** How many more bytes a delivery may unpack to. */
interface Room {
  bytes: number;
}

/** The texts of a delivery; a fault if it cannot be decomposed to its last byte. */
function unpackAll(bytes: Buffer): readonly Unpacked[] | Fault {
  const room: Room = { bytes: maxBytes };
  if (!isAggregate(bytes)) return [unpack(bytes, room)];
  const limit = limitValues(bytes.length, bytesPerValue);
  const records = readAggregate(bytes, limit);
  if (records === undefined) return makeTooManyValuesFault(bytes.length, limit);
  return isFault(records) ? records : records.map((record) => unpack(record, room));
}

function unpack(original: Buffer, room: Room): Unpacked {
  if (!isGzip(original)) return { bytes: original, original };
  const bytes = unpackGzip(original, room.bytes);
  if (Buffer.isBuffer(bytes)) {
    room.bytes -= bytes.length;
    return { bytes, original };
  }
  // The remaining texts would also exceed the limit, so they are not unpacked.
  if (bytes.code === 'too-large') room.bytes = 0;
  return { bytes: original, original, fault: bytes };
}

/** Whether bytes begin like gzip. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * Unpacks gzip with one or more members.
 *
 * @param maxSize maximum number of unpacked bytes.
 * @returns a fault if there are more, or if any byte is not part of the gzip: zlib stops without an error at the
 *   first zero byte between two members, and ignores what follows.
 */
export function unpackGzip(bytes: Uint8Array, maxSize: number): Buffer | Fault {
  try {
    const { buffer, engine } = unpackWithInfo(bytes, Math.max(1, maxSize));
    const rest = bytes.length - engine.bytesWritten;
    if (buffer.length > maxSize) return makeTooLargeFault();
    if (rest === 0) return buffer;
    return makeFault(
      'broken-gzip',
      `The body is gzip, but the ${rest} bytes after its end are not. Send the two apart`,
    );
  } catch (error) {
    if (error instanceof RangeError) return makeTooLargeFault();
    const isCut = error instanceof Error && 'code' in error && error.code === 'Z_BUF_ERROR';
    const why = isCut ? 'it was cut short' : 'it was damaged, or only begins like it';
    return makeFault('broken-gzip', `The body begins like gzip but cannot be unpacked: ${why}`);
  }
}

function makeTooLargeFault(): Fault {
  return makeFault('too-large', `The body unpacks to more than ${maxBytes} bytes`);
}

/** The result of `gunzipSync` with `info`, which Node's types lack: the engine counts the bytes that it reads. */
interface UnpackedWithInfo {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

/** Maximum number of bytes that deflate can produce from one byte: 258 from two bits. */
const maxRatio = 1_032;

/** Chunk size for gzip that will be refused, so that its content is discarded. */
const refusedPiece = 64 * 1024;

/**
 * Unpacks into a single chunk of memory. With many chunks, zlib would copy them into another one, which doubles the
 * memory, and hundreds of megabytes could accumulate because the garbage collector hardly notices memory outside its
 * heap.
 */
function unpackWithInfo(bytes: Uint8Array, maxSize: number): UnpackedWithInfo {
  const size = readStatedSize(bytes);
  // It is too large, or states a wrong size: either way, only the fault matters.
  if (size > maxSize) return unpackPiece(bytes, maxSize, refusedPiece);
  if (size <= Math.min(maxShownBytes, maxRatio * bytes.length)) {
    try {
      return unpackPiece(bytes, size);
    } catch (error) {
      // Stryker disable next-line ConditionalExpression: what is damaged would only be unpacked twice
      if (!(error instanceof RangeError)) throw error;
      // It has several members, or is followed by something that is not gzip.
    }
  }
  // The operating system provides memory only when it is written, so a chunk for the largest possible body wastes
  // nothing.
  return unpackPiece(bytes, Math.min(maxSize, maxRatio * bytes.length));
}

/** The size of the last member, as stated by the last four bytes of gzip (RFC 1952, ISIZE). */
function readStatedSize(bytes: Uint8Array): number {
  return bytes.length < 4 ? 0 : Buffer.from(bytes.buffer, bytes.byteOffset).readUInt32LE(bytes.length - 4);
}

/**
 * @param piece size of a chunk; zlib adds another when it is full.
 * @throws RangeError if it unpacks to more than `maxSize` bytes.
 */
function unpackPiece(bytes: Uint8Array, maxSize: number, piece = maxSize + 1): UnpackedWithInfo {
  const chunkSize = Math.max(constants.Z_MIN_CHUNK, piece);
  const options = { maxOutputLength: Math.max(1, maxSize), chunkSize, info: true };
  return gunzipSync(bytes, options) as unknown as UnpackedWithInfo;
}

/**
 * Frees the memory of a large unpacked body immediately, if Node supports it (22 and later): bodies that unpack to
 * the limit may arrive faster than the garbage collector runs.
 */
function release(bytes: Buffer): void {
  const buffer: ArrayBufferLike & { transfer?: (byteLength: number) => unknown } = bytes.buffer;
  buffer.transfer?.(0);
}

/** The parts of one text. */
type Block = Pick<Body, 'count' | 'listParts'>;

function makeBrokenBlock(fault: Fault, bytes: Uint8Array): Block {
  const part: BrokenPart = { kind: 'broken', fault, readBytes: () => bytes };
  return { count: 1, listParts: () => [part] };
}

/**
 * Finds the values in a text.
 *
 * @param isAlone whether the text is the only one of its delivery; then a small one is parsed in one go.
 * @returns undefined if it has more parts than `maxParts`.
 */
function frame({ bytes, original }: Unpacked, maxParts: number, isAlone: boolean): Block | undefined {
  const fault = explainBytes(bytes, bytes === original ? 'body' : 'unpacked body');
  if (fault !== undefined) {
    const damaged = fault.code === 'not-utf8' ? frameDamaged(bytes, maxParts) : undefined;
    return damaged ?? makeBrokenBlock(fault, original);
  }
  const text = bytes.toString('utf8');
  // Stryker disable next-line ConditionalExpression,EqualityOperator,LogicalOperator,BlockStatement: a short cut
  if (isAlone && text.length <= smallText) {
    const value = parse(text);
    // Stryker disable next-line ConditionalExpression: a short cut
    if (value !== undefined) return makeParsedBlock(value, text, bytes);
  }
  const limits = { pieces: maxParts, inner: maxInner };
  const isShown = bytes.length <= maxShownBytes;
  const kept = isShown ? bytes : original;
  if (!isShown && bytes !== original) release(bytes);
  const values = splitValue(text, limits);
  if (values !== 'none') return values && makePiecesBlock(values, text);
  if (text.trim() === '') return makeBrokenBlock(makeFault('empty', 'The body is empty'), kept);
  const pieces = splitBody(text, limits);
  if (pieces === undefined) return undefined;
  const known = pieces.some(({ whole }) => whole) ? undefined : explainText(text);
  if (known !== undefined) return makeBrokenBlock(known, kept);
  // The body is kept including the blanks around it; the text can be freed.
  const [first] = pieces;
  if (pieces.length === 1 && first?.whole === false) return makeBrokenBlock(notJson, kept);
  return makePiecesBlock(pieces, text);
}

/**
 * Finds the values in bytes that are not entirely UTF-8, for example because a SIM's name was truncated or has
 * another encoding. Each value that is UTF-8 is read.
 *
 * @returns undefined if there is no such value.
 */
function frameDamaged(bytes: Buffer, maxParts: number): Block | undefined {
  const text = spellBytes(bytes);
  const pieces = splitPieces(text, { pieces: maxParts, inner: maxInner });
  const cutPiece = ({ from, to }: Piece): Buffer => bytes.subarray(from, to);
  const isReadable = (piece: Piece): boolean => piece.whole && isUtf8(cutPiece(piece));
  if (pieces === undefined || !pieces.some(isReadable)) return undefined;
  return {
    count: pieces.length,
    *listParts() {
      for (const piece of pieces) {
        const value = isReadable(piece) ? parse(cutPiece(piece).toString('utf8')) : undefined;
        // Parts that wait to be kept must not hold the whole body in memory.
        const part = { readBytes: () => Buffer.from(cutPiece(piece)) };
        if (value !== undefined) yield { ...part, kind: 'value', value };
        else yield { ...part, kind: 'broken', fault: explainBytes(cutPiece(piece), 'record') ?? notJson };
      }
    },
  };
}

/** The parts of a text that was parsed as a whole. */
function makeParsedBlock(value: unknown, text: string, bytes: Buffer): Block {
  if (!Array.isArray(value)) {
    const part: ValuePart = { kind: 'value', value, readBytes: () => bytes };
    return { count: 1, listParts: () => [part] };
  }
  const elements: readonly unknown[] = value;
  let pieces: ReturnType<typeof splitValue>;
  const readBytesAt = (index: number): Uint8Array => {
    // The text is split only if a value is rejected.
    pieces ??= splitValue(text);
    const piece = Array.isArray(pieces) ? (pieces as readonly Piece[])[index] : undefined;
    // Stryker disable next-line ConditionalExpression: what is an array has a piece for each element
    return piece === undefined ? bytes : Buffer.from(text.slice(piece.from, piece.to));
  };
  return {
    count: elements.length,
    *listParts() {
      for (const [index, element] of elements.entries()) {
        yield { kind: 'value', value: element, readBytes: () => readBytesAt(index) };
      }
    },
  };
}

/** The fault of a piece about which nothing else is known. */
const notJson = makeFault('broken-json', 'This is not JSON');

/** Makes a part for each piece of a text. */
function makePiecesBlock(pieces: readonly Piece[], text: string): Block {
  const cutPiece = ({ from, to }: Piece): Uint8Array => Buffer.from(text.slice(from, to));
  return {
    count: pieces.length,
    *listParts() {
      for (const piece of pieces) {
        const value = piece.whole ? parse(text.slice(piece.from, piece.to)) : undefined;
        if (value === undefined) {
          yield { kind: 'broken', fault: notJson, readBytes: () => cutPiece(piece) };
        } else {
          yield { kind: 'value', value, readBytes: () => cutPiece(piece) };
        }
      }
    },
  };
}

/**
 * Parses JSON with exact numbers; undefined if the text is not JSON. The elements of an array are read as if each
 * were alone: what a record states never depends on its context.
 */
function parse(withMark: string): unknown {
  const text = withMark.charCodeAt(0) === 0xfeff ? withMark.slice(1) : withMark;
  const value = parseJson(text);
  const isMixed = Array.isArray(value) && value.some(isEnvelope);
  return isMixed ? makeElementsExact(value, text) : makeExact(value, text);
}

/** A value of a text with exact numbers. */
function makeExact(value: unknown, text: string): unknown {
  // Most traffic is CloudEvents, which rarely contain numbers that JSON.parse would round: checking first is cheaper.
  if (isEnvelope(value)) return hasRoundedNumber(value.data) ? parseExactly(text) : value;
  return value !== undefined && hasInexactNumbers(text) ? parseExactly(text) : value;
}

/** Makes the numbers of an array's elements exact, if some elements are CloudEvents. */
function makeElementsExact(elements: readonly unknown[], text: string): readonly unknown[] {
  // Stryker disable next-line ArrowFunction,ConditionalExpression,LogicalOperator: a short cut
  const isExact = (element: unknown): boolean => isEnvelope(element) && !hasRoundedNumber(element.data);
  // Stryker disable next-line ConditionalExpression,LogicalOperator: a short cut
  if (elements.every(isExact) || !hasInexactNumbers(text)) return elements;
  const pieces = splitValue(text);
  // Stryker disable next-line ConditionalExpression,LogicalOperator,StringLiteral: what is an array has pieces
  if (pieces === 'none' || pieces === undefined) return elements;
  return pieces.map(({ from, to }, index) => makeExact(elements[index], text.slice(from, to)));
}

function isEnvelope(value: unknown): value is { readonly specversion: unknown; readonly data?: unknown } {
  return typeof value === 'object' && value !== null && 'specversion' in value;
}

/** Whether one of an object's own members is a number beyond JavaScript's safe integers. */
function hasRoundedNumber(data: unknown): boolean {
  return Object.values(toJsonObject(data) ?? {}).some(
    (value) => typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER,
  );
}
