import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { elementsOf, hasInexactNumbers, jsonObject, parseExactly, splitBody } from './json.ts';
import type { RejectCode } from './reading.ts';

/**
 * Bodies: the bytes of one delivery, which hold one record, an array, JSON lines or concatenated objects, perhaps
 * compressed with gzip, perhaps several of these aggregated by the Kinesis Producer Library.
 */

/**
 * A body larger than this once unpacked is rejected as it is, and so is one that exceeds it together with those before
 * it in an aggregate. The largest that a carrier sends is 6 MB, the largest that Kinesis takes 10 MB; much more, parsed,
 * would not fit the consumer's memory.
 */
export const mostBytes = 16 * 1024 * 1024;

/** A stretch of a body that could not be read. */
export interface BrokenPart {
  readonly code: RejectCode;
  readonly reason: string;
  readonly bytes: Uint8Array;
}

/** A body's records, parsed. */
export interface Body {
  readonly values: readonly unknown[];
  /** The original bytes of a value. Costs a second look at the body, so ask only for what is rejected. */
  bytesOf(index: number): Uint8Array;
  readonly broken: readonly BrokenPart[];
}

/** Reads a body; what can't be read is returned as broken, never thrown. */
export function readBody(bytes: Buffer): Body {
  const room: Room = { bytes: mostBytes };
  if (bytes.length > 20 && bytes.readUInt32BE(0) === aggregateMagic) {
    const parts = aggregatedParts(bytes);
    if (parts.length > 0) return joined(parts.map((part) => readUserRecord(part, room)));
  }
  return readUserRecord(bytes, room);
}

/** What a delivery may still unpack to. */
interface Room {
  bytes: number;
}

function readUserRecord(bytes: Buffer, room: Room): Body {
  if (bytes.length > 1 && bytes[0] === 0x1f && bytes[1] === 0x8b) return readCompressed(bytes, room);
  if (!isUtf8(bytes)) return unreadable('not-utf8', 'The body is not UTF-8 text', bytes);
  return readText(bytes);
}

function readText(bytes: Buffer): Body {
  let text = bytes.toString('utf8');
  if (text.charCodeAt(0) === 0xfeff) text = text.slice(1);
  const value = parsed(text);
  if (value === undefined) return readPieces(text, bytes);
  if (!Array.isArray(value)) return { values: [value], bytesOf: () => bytes, broken: [] };
  let elements: string[] | undefined;
  return {
    values: value,
    bytesOf: (index) => {
      elements ??= elementsOf(text);
      return Buffer.from(elements[index] ?? text);
    },
    broken: [],
  };
}

/** Several values one after the other, or something broken. */
function readPieces(text: string, bytes: Buffer): Body {
  if (text.trim() === '') return unreadable('empty', 'The body is empty', bytes);
  const pieces = splitBody(text);
  const whole = pieces.filter((piece) => piece.whole);
  return {
    values: whole.map((piece) => parsed(piece.text)),
    bytesOf: (index) => Buffer.from(whole[index]?.text ?? text),
    broken: pieces
      .filter((piece) => !piece.whole)
      .map((piece) => ({
        code: 'broken-json',
        reason: 'This is not JSON',
        // A piece is without the blanks around it; of a body that is nothing else, all is kept.
        bytes: pieces.length === 1 ? bytes : Buffer.from(piece.text),
      })),
  };
}

/** A JSON value with every number exact, or undefined where the text is not JSON. */
function parsed(text: string): unknown {
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

function readCompressed(bytes: Buffer, room: Room): Body {
  let unpacked: Buffer;
  try {
    unpacked = gunzipSync(bytes, { maxOutputLength: Math.max(1, room.bytes) });
  } catch (error) {
    if (error instanceof RangeError) {
      return unreadable('too-large', `The body unpacks to more than ${mostBytes} bytes`, bytes);
    }
    return unreadable('broken-gzip', 'The body begins like gzip but can not be unpacked', bytes);
  }
  room.bytes -= unpacked.length;
  if (!isUtf8(unpacked)) return unreadable('not-utf8', 'The unpacked body is not UTF-8 text', bytes);
  return readText(unpacked);
}

function unreadable(code: RejectCode, reason: string, bytes: Uint8Array): Body {
  return { values: [], bytesOf: () => bytes, broken: [{ code, reason, bytes }] };
}

function joined(bodies: readonly Body[]): Body {
  const owners = bodies.flatMap((body) => body.values.map((_, index) => ({ body, index })));
  return {
    values: bodies.flatMap((body) => body.values),
    bytesOf: (index) => {
      const owner = owners[index];
      return owner === undefined ? Buffer.alloc(0) : owner.body.bytesOf(owner.index);
    },
    broken: bodies.flatMap((body) => body.broken),
  };
}

/** The first bytes of a record that the Kinesis Producer Library aggregated; an MD5 digest is at its end. */
const aggregateMagic = 0xf3899ac2;
const digestBytes = 16;

/**
 * The user records of an aggregate: a protocol buffers message whose field 3 repeats a message with the data in its
 * own field 3 (github.com/awslabs/kinesis-aggregation, aggregation format).
 *
 * @returns none when the digest does not fit: then it is an ordinary record that only begins alike.
 */
function aggregatedParts(bytes: Buffer): Buffer[] {
  const message = bytes.subarray(4, bytes.length - digestBytes);
  const digest = createHash('md5').update(message).digest();
  if (!digest.equals(bytes.subarray(bytes.length - digestBytes))) return [];
  return lengthDelimited(message, 3).flatMap((record) => lengthDelimited(record, 3));
}

/** The contents of a message's length-delimited fields of one number, in order. */
function lengthDelimited(message: Buffer, wanted: number): Buffer[] {
  const contents: Buffer[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 1; at < message.length; shift *= 128) {
      const byte = message[at] ?? 0;
      at += 1;
      value += (byte & 0x7f) * shift;
      if (byte < 0x80) break;
    }
    return value;
  };
  while (at < message.length) {
    const tag = varint();
    const wireType = tag % 8;
    if (wireType === 2) {
      const length = varint();
      if (Math.floor(tag / 8) === wanted) contents.push(message.subarray(at, at + length));
      at += length;
    } else if (wireType === 0) varint();
    else at += wireType === 1 ? 8 : 4;
  }
  return contents;
}
