import { isUtf8 } from 'node:buffer';
import { bodyLimits } from '../../carriers/body.ts';
import { splitBody, splitValue } from '../../json/json.ts';
import type { Refusal } from './unpacking.ts';

/** Bytes that a record of a stream may have, data and partition key together, unless its owner has raised it. */
const maxRecordBytes = 1024 * 1024;

/** Characters of a partition key of ours, each a byte. */
export const partitionKeyBytes = 32;

/** Bytes that one value may have. */
const maxValueBytes = maxRecordBytes - partitionKeyBytes;

/**
 * Bytes of a chunk that holds several values. A shard takes 1 MiB a second: a record of that size would have to wait
 * for a second in which nothing else comes, and a few smaller ones go to several shards at once.
 */
const chunkBytes = 256 * 1024;

/**
 * Splits a body into the records that go to the stream, which the consumer reads like any other delivery. A body of one
 * chunk is not split. An array becomes arrays of its elements, each element's text unchanged. Other bodies are split
 * only if they exceed the Kinesis record limit: valid JSON values are grouped into arrays, and each invalid fragment
 * becomes its own record so that the consumer can quarantine it. The same body is always split the same way.
 */
export function splitRequest(body: Buffer): readonly Buffer[] | Refusal {
  if (body.length <= chunkBytes) return [body];
  const chunks = isUtf8(body) ? cut(body, body.toString('utf8').replace(/^\ufeff/, '')) : [body];
  if ('status' in chunks) return chunks;
  if (chunks.some(({ length }) => length > maxValueBytes)) {
    return { status: 413, message: `A single value of the body has more than ${maxValueBytes} bytes` };
  }
  return chunks;
}

function cut(body: Buffer, text: string): readonly Buffer[] | Refusal {
  const isSmall = body.length <= maxValueBytes;
  const isArray = /^\s*\[/.test(text);
  if (isSmall && !isArray) return [body];
  const limits = bodyLimits(body.length);
  const values = splitValue(text, limits);
  const pieces = values === 'none' && !isSmall ? splitBody(text, limits) : values;
  // What one record holds is for the consumer to reject.
  if (isSmall && (pieces === 'none' || pieces === undefined)) return [body];
  if (pieces === 'none' || pieces === undefined) {
    return { status: 413, message: `The body holds more than ${limits.pieces} values, or too many in one` };
  }
  const textsWhere = (whole: boolean) =>
    pieces.filter((piece) => piece.whole === whole).map(({ from, to }) => text.slice(from, to));
  // Two invalid fragments together could be read as a value that nobody sent.
  return [...groupIntoArrays(textsWhere(true)), ...textsWhere(false).map((range) => Buffer.from(range))];
}

/** Puts values together, as many as fit a chunk; one that alone is larger stays alone. */
function* groupIntoArrays(values: readonly string[]): Generator<Buffer> {
  let chunk: string[] = [];
  let bytes = 1;
  for (const value of values) {
    const more = Buffer.byteLength(value) + 1;
    if (chunk.length > 0 && bytes + more > chunkBytes) {
      yield Buffer.from(`[${chunk.join(',')}]`);
      chunk = [];
      bytes = 1;
    }
    chunk.push(value);
    bytes += more;
  }
  if (chunk.length > 0) yield Buffer.from(`[${chunk.join(',')}]`);
}
