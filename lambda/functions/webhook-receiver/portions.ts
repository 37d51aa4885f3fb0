import { isUtf8 } from 'node:buffer';
import { bodyLimits } from '../../carriers/body.ts';
import { splitBody, splitValue } from '../../json/json.ts';
import type { Refusal } from './unpacking.ts';

/** Bytes that a record of a stream may have, data and partition key together, unless its owner has raised it. */
const mostRecordBytes = 1024 * 1024;

/** Characters of a partition key of ours, each a byte. */
export const partitionKeyBytes = 32;

/** Bytes that one value may have. */
const mostValueBytes = mostRecordBytes - partitionKeyBytes;

/**
 * Bytes of a portion that holds several values. A shard takes 1 MiB a second: a record of that size would have to wait
 * for a second in which nothing else comes, and a few smaller ones go to several shards at once.
 */
const portionBytes = 256 * 1024;

/**
 * Cuts a body into the records that go to the stream, which the consumer reads like any other delivery. It stays as it
 * is where it is one portion. An array becomes arrays of its elements, each element's text unchanged. Anything else is
 * cut only where one record can't hold it: its values into arrays, what is no JSON each stretch by itself, for the
 * consumer to keep with the reason. The same body is always cut alike.
 */
export function portionsOf(body: Buffer): readonly Buffer[] | Refusal {
  if (body.length <= portionBytes) return [body];
  const portions = isUtf8(body) ? cut(body, body.toString('utf8').replace(/^\ufeff/, '')) : [body];
  if ('status' in portions) return portions;
  if (portions.some(({ length }) => length > mostValueBytes)) {
    return { status: 413, message: `A single value of the body has more than ${mostValueBytes} bytes` };
  }
  return portions;
}

function cut(body: Buffer, text: string): readonly Buffer[] | Refusal {
  const isSmall = body.length <= mostValueBytes;
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
  // Two stretches that are none could together be read as a value that nobody sent.
  return [...arraysOf(textsWhere(true)), ...textsWhere(false).map((stretch) => Buffer.from(stretch))];
}

/** Puts values together, as many as fit a portion; one that alone is larger stays alone. */
function* arraysOf(values: readonly string[]): Generator<Buffer> {
  let portion: string[] = [];
  let bytes = 1;
  for (const value of values) {
    const more = Buffer.byteLength(value) + 1;
    if (portion.length > 0 && bytes + more > portionBytes) {
      yield Buffer.from(`[${portion.join(',')}]`);
      portion = [];
      bytes = 1;
    }
    portion.push(value);
    bytes += more;
  }
  if (portion.length > 0) yield Buffer.from(`[${portion.join(',')}]`);
}
