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
 * Bodies: the bytes of one delivery, which hold one record, an array, JSON lines or concatenated objects, perhaps
 * compressed with gzip, perhaps several of these aggregated by the Kinesis Producer Library.
 *
 * Every byte of a body lies in one of its parts, or is framing: white space, commas, brackets, record separators and
 * byte order marks between values; the frames of gzip; the keys and tags of an aggregate. A body that cannot be taken
 * apart to its last byte is one broken part as a whole.
 */

/**
 * A body that is larger than this when unpacked is rejected as a whole, and so is one that exceeds it together with those
 * before it in an aggregate. Carriers send at most 6 MB, Kinesis takes at most 10 MB; much more, once parsed, would not
 * fit into the consumer's memory.
 */
export const maxBytes = 16 * 1024 * 1024;

/** Values that any body may hold, however few bytes it has. */
const maxValues = 1_000;

/**
 * The smallest value that is stored or ignored has 51 characters (a test event of Super SIM; the shortest record is an
 * event of the data streamer with 68), and a separator follows each but the last. So a body with more values than this
 * allows holds some that cannot be read. It is rejected before any is parsed, since each value costs some 40 bytes of
 * memory. Values that cannot be read have a lower limit: see {@link limitUnreadable}.
 */
const bytesPerValue = 50;

/**
 * The quarantine keeps a value that cannot be read with a line that is longer than most records, so their number has a
 * lower limit. Carriers' records have 300 bytes and more.
 */
const bytesPerUnreadable = 100;

/** Values that one value may hold, at any depth. The largest record of a carrier has some hundreds. */
const maxInner = 500_000;

/** Bytes up to which a body that is one broken part is kept unpacked, for people to read. A larger one is kept packed. */
const maxShownBytes = 1024 * 1024;

/** Characters up to which a text is parsed in one go: it holds fewer values than {@link maxInner}. */
const smallText = 256 * 1024;

/** One part of a body: a value, or bytes that hold none. */
export type BodyPart = ValuePart | BrokenPart;

/** A value of a body, parsed. */
export interface ValuePart {
  readonly kind: 'value';
  readonly value: unknown;
  /** Its original bytes. */
  readonly readBytes: () => Uint8Array;
}

/** Bytes of a body that could not be read. */
export interface BrokenPart {
  readonly kind: 'broken';
  readonly fault: Fault;
  readonly readBytes: () => Uint8Array;
}

/** A body, taken apart. */
export interface Body {
  /** Bytes, unpacked. */
  readonly size: number;
  /** How many parts it has. */
  readonly count: number;
  /** Its parts in their order. Each is parsed when it is reached, so that not all are in memory at once. */
  readonly listParts: () => Iterable<BodyPart>;
}

/** Reads a body; what can't be read is a broken part, never thrown. */
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

/** A body that is one broken part. */
export function makeBrokenBody(fault: Fault, bytes: Uint8Array): Body {
  return { size: bytes.length, ...makeBrokenBlock(fault, bytes) };
}

/** How many values of a body may be unreadable; a body with more is rejected as a whole. */
export function limitUnreadable({ size }: Pick<Body, 'size'>): number {
  return limitValues(size, bytesPerUnreadable);
}

/** The fault of a body that holds too many unreadable values. */
export function makeUnreadableFault(body: Pick<Body, 'size'>): Fault {
  return makeFault(
    'too-many-values',
    `More than ${limitUnreadable(body)} values of the body cannot be read, which is the limit for its ${body.size} ` +
      'bytes: it does not hold records. Find out who sends it',
  );
}

/** What a body of this many bytes may hold. */
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

/** A text of a delivery, unpacked. */
interface Unpacked {
  readonly bytes: Buffer;
  /** As it came. */
  readonly original: Buffer;
  /** Why it can't be unpacked. */
  readonly fault?: Fault;
}

/** How much a delivery may still unpack to. */
interface Room {
  bytes: number;
}

/** A delivery's texts; a fault if it cannot be taken apart to its last byte. */
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
  // Nothing more is unpacked: each further text would be unpacked for nothing, too.
  if (bytes.code === 'too-large') room.bytes = 0;
  return { bytes: original, original, fault: bytes };
}

/** Whether bytes begin like gzip. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * Unpacks gzip, of one member or several.
 *
 * @param maxSize bytes that it may unpack to.
 * @returns a fault if it is more, or if a byte of it is not gzip: zlib stops without an error at the first zero byte
 *   between two members, and ignores what follows.
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

/** What `gunzipSync` returns with `info`, which Node's types leave out: the engine has counted the bytes that it read. */
interface UnpackedWithInfo {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

/** Bytes that deflate makes of one byte at most: 258 of two bits. */
const maxRatio = 1_032;

/** Bytes of a chunk of gzip that is certainly refused: its content is thrown away. */
const refusedPiece = 64 * 1024;

/**
 * Unpacks into one chunk of memory. zlib copies many chunks into another one that holds them all, so a body takes twice
 * its size, and the garbage collector lets a hundred megabytes pile up: it hardly sees memory outside its heap.
 */
function unpackWithInfo(bytes: Uint8Array, maxSize: number): UnpackedWithInfo {
  const size = readStatedSize(bytes);
  // It is too large, or states a wrong size: in both cases only the fault matters.
  if (size > maxSize) return unpackPiece(bytes, maxSize, refusedPiece);
  if (size <= Math.min(maxShownBytes, maxRatio * bytes.length)) {
    try {
      return unpackPiece(bytes, size);
    } catch (error) {
      // Stryker disable next-line ConditionalExpression: what is damaged would only be unpacked twice
      if (!(error instanceof RangeError)) throw error;
      // It has several members, or something that is not gzip follows it.
    }
  }
  // The system provides memory only where it is written to, so a chunk for the largest body wastes nothing.
  return unpackPiece(bytes, Math.min(maxSize, maxRatio * bytes.length));
}

/** What the last four bytes of gzip say that its last member unpacks to (RFC 1952, ISIZE). */
function readStatedSize(bytes: Uint8Array): number {
  return bytes.length < 4 ? 0 : Buffer.from(bytes.buffer, bytes.byteOffset).readUInt32LE(bytes.length - 4);
}

/**
 * @param piece bytes of a chunk; zlib adds another one when it is full.
 * @throws RangeError if it unpacks to more than `maxSize` bytes.
 */
function unpackPiece(bytes: Uint8Array, maxSize: number, piece = maxSize + 1): UnpackedWithInfo {
  const chunkSize = Math.max(constants.Z_MIN_CHUNK, piece);
  const options = { maxOutputLength: Math.max(1, maxSize), chunkSize, info: true };
  return gunzipSync(bytes, options) as unknown as UnpackedWithInfo;
}

/**
 * Gives back the memory of a large unpacked body at once, if Node can (from 22 on): bodies that unpack to the limit may
 * arrive faster than the garbage collector runs.
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
 * Finds the values of a text.
 *
 * @param isAlone whether the text is the only one of its delivery: then a small one is parsed in one go.
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
  // The body is kept with the blanks around it. The text itself is not kept any longer.
  const [first] = pieces;
  if (pieces.length === 1 && first?.whole === false) return makeBrokenBlock(notJson, kept);
  return makePiecesBlock(pieces, text);
}

/**
 * Finds the values of bytes of which some are not UTF-8, as where the name of one SIM was cut or is in another encoding. Each
 * value that is UTF-8 is read.
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
        // Those that wait to be kept must not hold the whole body.
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
    // The text is cut only if a value is rejected.
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

/** The fault of a piece of which nothing else is known. */
const notJson = makeFault('broken-json', 'This is not JSON');

/** Makes a part of each piece of a text. */
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
 * A JSON value with every number exact, or undefined where the text is not JSON. The elements of an array are read as each
 * would be read alone: what a record states depends on nothing around it.
 */
function parse(withMark: string): unknown {
  const text = withMark.charCodeAt(0) === 0xfeff ? withMark.slice(1) : withMark;
  const value = parseJson(text);
  const isMixed = Array.isArray(value) && value.some(isEnvelope);
  return isMixed ? makeElementsExact(value, text) : makeExact(value, text);
}

/** A value of a text, its numbers exact. */
function makeExact(value: unknown, text: string): unknown {
  // Most of the traffic is CloudEvents, which seldom hold a number that JSON.parse rounds: looking first is cheaper.
  if (isEnvelope(value)) return hasRoundedNumber(value.data) ? parseExactly(text) : value;
  return value !== undefined && hasInexactNumbers(text) ? parseExactly(text) : value;
}

/** Elements of an array of which some are CloudEvents. */
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

/** Whether one of an object's own members is a number beyond the integers that JavaScript keeps apart. */
function hasRoundedNumber(data: unknown): boolean {
  return Object.values(toJsonObject(data) ?? {}).some(
    (value) => typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER,
  );
}
