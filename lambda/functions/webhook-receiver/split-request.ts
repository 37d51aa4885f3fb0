import { isUtf8 } from 'node:buffer';
import { findLimits } from '../../carriers/body.ts';
import { type Piece, spellBytes, splitBody, splitValue } from '../../json/json.ts';
import type { Refusal } from './unpacking.ts';

/** Default limit for a Kinesis record in bytes, data and partition key together. */
const maxRecordBytes = 1024 * 1024;

/** Length of our partition keys, in characters of one byte. */
export const partitionKeyBytes = 32;

/** The most bytes of one value. */
const maxValueBytes = maxRecordBytes - partitionKeyBytes;

/**
 * The most bytes of a group of values. A shard accepts 1 MiB per second: a record of that size would wait for a second
 * without any other, and several smaller ones can go to several shards in parallel.
 */
const groupBytes = 256 * 1024;

/**
 * Splits a body into Kinesis records, which the consumer reads like any other delivery. A body that fits into one group
 * is not split. An array becomes arrays of its elements, each element's text unchanged. Other bodies are split only if
 * they exceed the Kinesis record limit: valid JSON values are grouped into arrays, and each invalid fragment becomes
 * its own record so that the consumer can quarantine it. A value that is not UTF-8 stays in its group, its bytes
 * unchanged. The same body is always split in the same way.
 */
export function splitRequest(body: Buffer): readonly Buffer[] | Refusal {
  if (body.length <= groupBytes) return [body];
  const bodies = cut(body);
  if ('status' in bodies) return bodies;
  if (bodies.some(({ length }) => length > maxValueBytes)) {
    return { status: 413, message: `A value of the body has more than ${maxValueBytes} bytes` };
  }
  return bodies;
}

function cut(body: Buffer): readonly Buffer[] | Refusal {
  const isText = isUtf8(body);
  const text = isText ? body.toString('utf8').replace(/^\ufeff/, '') : spellBytes(body);
  const isSmall = body.length <= maxValueBytes;
  const isArray = /^\s*\[/.test(text);
  if (isSmall && !isArray) return [body];
  const limits = findLimits(body.length);
  const values = splitValue(text, limits);
  const pieces = values === 'none' && !isSmall ? splitBody(text, limits) : values;
  // If it fits into one record, the consumer will reject it.
  if (isSmall && (pieces === 'none' || pieces === undefined)) return [body];
  if (pieces === 'none' || pieces === undefined) {
    return {
      status: 413,
      message: `The body holds more than ${limits.pieces} values, or a value that holds too many`,
    };
  }
  const cutPiece = ({ from, to }: Piece): Buffer =>
    isText ? Buffer.from(text.slice(from, to)) : body.subarray(from, to);
  const select = (isWhole: boolean) => pieces.filter(({ whole }) => whole === isWhole).map(cutPiece);
  const whole = select(true);
  // Nothing of it can be read.
  if (!isText && !whole.some(isUtf8)) return [body];
  // Together, two invalid fragments could form a value that nobody sent.
  return [...groupIntoArrays(whole), ...select(false)];
}

/** Groups values into arrays; a value that is larger than a group stays alone. */
function* groupIntoArrays(values: readonly Buffer[]): Generator<Buffer> {
  let group: Buffer[] = [];
  let bytes = 1;
  for (const value of values) {
    const more = value.length + 1;
    if (group.length > 0 && bytes + more > groupBytes) {
      yield makeArray(group);
      group = [];
      bytes = 1;
    }
    group.push(value);
    bytes += more;
  }
  if (group.length > 0) yield makeArray(group);
}

function makeArray(values: readonly Buffer[]): Buffer {
  const parts = values.flatMap((value, index) => [Buffer.from(index === 0 ? '[' : ','), value]);
  return Buffer.concat([...parts, Buffer.from(']')]);
}
