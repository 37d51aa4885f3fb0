import { isUtf8 } from 'node:buffer';
import { isAggregate } from './aggregate.ts';
import { type Fault, makeFault } from './reading.ts';

/** Explains bytes that contain no JSON: what they most likely are, and what to do. */

/** What the bytes are, and what to do. */
type Verdict = readonly [what: string, remedy: string];

const sendAsIs = 'Send JSON as it is, or in gzip';
const fileRemedy = 'Put CSV files into the bucket of the source, and send JSON to the stream';

/** Formats by their first bytes, from the formats' own documents. */
const formats: readonly (readonly [begin: string, what: string, remedy: string])[] = [
  ['504b0304', 'a ZIP archive', sendAsIs],
  ['504b0506', 'an empty ZIP archive', sendAsIs],
  ['504b0708', 'a part of a ZIP archive', sendAsIs],
  ['28b52ffd', 'compressed with Zstandard', sendAsIs],
  ['425a68', 'compressed with bzip2', sendAsIs],
  ['fd377a585a00', 'compressed with xz', sendAsIs],
  ['04224d18', 'compressed with LZ4', sendAsIs],
  ['ff060000734e61507059', 'compressed with Snappy', sendAsIs],
  ['377abcaf271c', 'a 7z archive', sendAsIs],
  ['1f9d', 'compressed with compress (.Z)', sendAsIs],
  ['4f626a01', 'an Avro file', sendAsIs],
  ['c301', 'an Avro message', sendAsIs],
  ['50415231', 'a Parquet file', sendAsIs],
  ['4f5243', 'an ORC file', sendAsIs],
  ['e00100ea', 'Amazon Ion', sendAsIs],
  ['d9d9f7', 'CBOR', sendAsIs],
  ['d0cf11e0a1b11ae1', 'an Office file', fileRemedy],
  ['25504446', 'a PDF file', fileRemedy],
  ['89504e47', 'an image', fileRemedy],
  ['ffd8ff', 'an image', fileRemedy],
];

/**
 * Explains bytes that are not UTF-8; undefined if they are.
 *
 * @param name how the sentence refers to the bytes: `body`, `unpacked body` or `record`.
 */
export function explainBytes(bytes: Buffer, name: string): Fault | undefined {
  const isText = isUtf8(bytes);
  // Stryker disable next-line ConditionalExpression: what follows says the same, more slowly
  if (isText && !bytes.subarray(0, sampleBytes).includes(0)) return undefined;
  const utf16 = detectWideEncoding(bytes);
  if (utf16 !== undefined) return describeEncoding(name, utf16);
  if (isText) return undefined;
  const format = recogniseFormat(bytes);
  if (format !== undefined)
    return makeFault('not-text', `The ${name} is ${format[0]}, not text. ${format[1]}`);
  return explainUndecodable(bytes, name);
}

/**
 * Explains a text without any JSON.
 *
 * @returns undefined if nothing indicates what it is.
 */
export function explainText(text: string): Fault | undefined {
  const begin = text.slice(0, 2_000).trimStart();
  const verdict = judgeText(begin);
  return verdict && makeFault('broken-json', `This is ${verdict[0]}, not JSON. ${verdict[1]}`);
}

/**
 * Number of bytes to examine: at the beginning, and on both sides of the first byte that is not UTF-8. A few kilobytes of
 * gzip unpack to megabytes, and examining each of their characters would take seconds.
 */
const sampleBytes = 64 * 1024;

function judgeText(begin: string): Verdict | undefined {
  if (/^<(?:!doctype html|html)/i.test(begin)) {
    return ['an HTML page', 'A proxy or a login page may have answered instead of the sender'];
  }
  if (/^<[?!a-z]/i.test(begin)) return ['XML', 'Send JSON'];
  // Tools break base64 into lines.
  if (/^(?:eyJ|W3si|WwogI|ewog|H4sI)[\w+/=\r\n-]*$/.test(begin)) {
    return ['base64', 'Decode it before sending'];
  }
  if (/^"?[a-z_]+"?(?:[,;\t]"?[a-z_]+"?){2,}\r?(?:\n|$)/i.test(begin)) return ['CSV', fileRemedy];
  if (/^[\w.-]+=(?:%7B|%5B|\{|\[)/i.test(begin)) return ['a form', 'Send only the JSON, as application/json'];
  if (/^[[{]\s*(?:\{\s*)?'/.test(begin)) {
    return ['written with single quotes', 'JSON needs double quotes around names and strings'];
  }
  return undefined;
}

/** The format of bytes that are not text, by their beginning; undefined if they are text or the format is unknown. */
export function nameFormat(bytes: Buffer): string | undefined {
  return isUtf8(bytes) && !bytes.includes(0) ? undefined : recogniseFormat(bytes)?.[0];
}

function recogniseFormat(bytes: Buffer): Verdict | undefined {
  if (isAggregate(bytes)) {
    return ['an aggregate of the Kinesis Producer Library inside another body', 'Aggregate records once'];
  }
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return ['gzip inside gzip', 'Compress it once'];
  // The second byte states the compression level; both bytes together are a multiple of 31 (RFC 1950).
  if (bytes[0] === 0x78 && [0x01, 0x5e, 0x9c, 0xda].includes(bytes[1] ?? 0)) {
    return ['compressed with zlib (deflate)', 'Compress it as gzip, or send it as it is'];
  }
  const begin = bytes.subarray(0, 16).toString('hex');
  const format = formats.find(([magic]) => begin.startsWith(magic));
  return format && [format[1], format[2]];
}

/** Recognises UTF-16 or UTF-32 by its byte order mark, or by a zero byte in each character of plain text. */
function detectWideEncoding(bytes: Buffer): string | undefined {
  const begin = bytes.subarray(0, 4).toString('hex');
  if (begin === 'fffe0000' || begin === '0000feff') return 'UTF-32';
  if (begin.startsWith('fffe') || begin.startsWith('feff')) return 'UTF-16';
  const sample = bytes.subarray(0, sampleBytes);
  const zeros = [0, 0, 0, 0];
  for (const [index, byte] of sample.entries()) {
    if (byte === 0) zeros[index % 4] = (zeros[index % 4] ?? 0) + 1;
  }
  const quarter = sample.length / 4;
  const [a = 0, b = 0, c = 0, d = 0] = zeros.map((count) => count / quarter);
  const isMostly = (share: number): boolean => share > 0.8;
  if (sample.length < 4) return undefined;
  if (
    (isMostly(b) && isMostly(c) && isMostly(d) && !isMostly(a)) ||
    (isMostly(a) && isMostly(b) && !isMostly(d))
  ) {
    return 'UTF-32';
  }
  if (isMostly(a) && isMostly(c) && b + d < 0.4) return 'UTF-16';
  return isMostly(b) && isMostly(d) && a + c < 0.4 ? 'UTF-16' : undefined;
}

function describeEncoding(name: string, encoding: string): Fault {
  return makeFault(
    'not-utf8',
    `The ${name} is text in ${encoding}, not in UTF-8. Convert it (iconv) and send it again`,
  );
}

/** Explains bytes that do not begin like any known format. */
function explainUndecodable(bytes: Buffer, name: string): Fault {
  const { first, size, invalid, valid, controls } = surveyText(bytes);
  const where = `byte ${first} is 0x${(bytes[first] ?? 0).toString(16)}`;
  if (controls > size / 1_000) {
    return makeFault(
      'not-text',
      `The ${name} is binary data, not text: ${where}. It was encrypted, compressed or serialized, or damaged. ${sendAsIs}`,
    );
  }
  if (valid >= invalid || isCutCharacter(bytes.subarray(first)) || isSurrogate(bytes, first)) {
    return makeFault(
      'not-utf8',
      `The ${name} is UTF-8 text that was damaged or cut short: ${where}. Repair it and send it again`,
    );
  }
  return makeFault(
    'not-utf8',
    `The ${name} is not UTF-8 text: ${where}. It is in another encoding, such as Latin-1 or Windows-1252, or was ` +
      'damaged. Convert it (iconv) and send it again',
  );
}

/** Whether bytes are the beginning of a single incomplete character. */
function isCutCharacter(bytes: Buffer): boolean {
  const [lead = 0] = bytes;
  // A two-byte character is cut after its first byte, so it need not be distinguished from one of three.
  const length = lead >= 0xf0 ? 4 : 3;
  return lead >= 0xc2 && bytes.length < length && bytes.subarray(1).every(isContinuation);
}

/** Whether a character is half of a UTF-16 surrogate pair that was cut. */
function isSurrogate(bytes: Buffer, at: number): boolean {
  return bytes[at] === 0xed && (bytes[at + 1] ?? 0) >= 0xa0;
}

interface TextSurvey {
  /** Index of the first byte that is not UTF-8. */
  readonly first: number;
  /** Number of bytes examined: those around the first that is not UTF-8. */
  readonly size: number;
  /** Number of bytes that are not UTF-8. */
  readonly invalid: number;
  /** Number of UTF-8 characters beyond ASCII. */
  readonly valid: number;
  /** Number of control characters that text does not contain. */
  readonly controls: number;
}

function surveyText(bytes: Buffer): TextSurvey {
  const first = findInvalidByte(bytes);
  const from = Math.max(0, first - sampleBytes);
  const to = Math.min(bytes.length, first + sampleBytes);
  let invalid = 0;
  let valid = 0;
  let controls = 0;
  for (let at = from; at < to; ) {
    const byte = bytes[at] ?? 0;
    const length = measureCharacter(bytes, at);
    if (length === 0) invalid += 1;
    else if (length > 1) valid += 1;
    else if (byte < 0x20 && !(byte >= 0x09 && byte <= 0x0d) && byte !== 0x1e) controls += 1;
    at += Math.max(1, length);
  }
  return { first, size: to - from, invalid, valid, controls };
}

/** The index of the first byte that is not UTF-8. Whole blocks are checked first: character by character is slow. */
function findInvalidByte(bytes: Buffer): number {
  let at = 0;
  while (at < bytes.length) {
    const end = findBlockEnd(bytes, at);
    if (!isUtf8(bytes.subarray(at, end))) break;
    at = end;
  }
  for (let length = measureCharacter(bytes, at); length > 0; length = measureCharacter(bytes, at))
    at += length;
  return at;
}

/** The index after a block of whole characters. */
function findBlockEnd(bytes: Buffer, from: number): number {
  let end = Math.min(bytes.length, from + sampleBytes);
  // Stryker disable next-line all: a block that ends within a character is only checked more slowly
  for (let cut = 0; cut < 3 && isContinuation(bytes[end]); cut += 1) end -= 1;
  return end;
}

/** Whether a byte continues a character of several bytes. */
function isContinuation(byte: number | undefined): boolean {
  // Stryker disable next-line ConditionalExpression: undefined continues no character either
  return byte !== undefined && byte >> 6 === 0b10;
}

/** The length in bytes of the UTF-8 character at an index; 0 if no character begins there. */
function measureCharacter(bytes: Buffer, at: number): number {
  const lead = bytes[at];
  if (lead === undefined) return 0;
  if (lead < 0x80) return 1;
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  return isUtf8(bytes.subarray(at, at + length)) ? length : 0;
}
