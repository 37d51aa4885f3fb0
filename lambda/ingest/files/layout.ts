import { isUtf8 } from 'node:buffer';
import {
  findIdColumn,
  isHeaderRow,
  makeRowInterpreter,
  type RowInterpreter,
} from '../../carriers/datastreamer/csv.ts';
import { type Fault, isFault, makeFault } from '../../carriers/reading.ts';
import { BlockReader } from './blocks.ts';
import { formatBytes, recogniseFormat } from './formats.ts';
import { type Delimiter, detectDelimiter, type ParsedRow, parseRows, scanRows } from './rows.ts';
import { prependBytes } from './unpacking.ts';

/** The maximum length of a header. */
const maxHeaderBytes = 64 * 1024;

/** How to read the rows under a header. */
export interface Layout {
  readonly header: string;
  readonly delimiter: Delimiter;
  /** The column with the ids of rows; -1 if the header has none. */
  readonly idColumn: number;
  /** What is wrong with the header; undefined if it can be used. */
  readonly fault: Fault | undefined;
  /** Interprets a row. If the header is unusable, every row gets the header's fault. */
  readonly interpretRow: RowInterpreter;
}

/** A file whose header is known. */
export interface ReadableFile {
  readonly layout: Layout;
  /** Bytes of the header, if it was just read. */
  readonly headerBytes: number;
  /** The rows after the header. */
  readonly blocks: BlockReader;
}

/**
 * Reads a file's header.
 *
 * @param key the object's key, whose name may say what the file is about.
 * @param bytes the file's bytes from where it was opened.
 * @param known the header in force, if the file was opened after it.
 * @param blockBytes bytes of a block of rows.
 */
export async function readLayout(
  key: string,
  bytes: AsyncIterable<Uint8Array>,
  known: string | undefined,
  blockBytes?: number,
): Promise<ReadableFile | Fault> {
  if (known !== undefined) {
    return { layout: parseLayout(known, key), headerBytes: 0, blocks: new BlockReader(bytes, blockBytes) };
  }
  const started = await readHeader(bytes);
  if (isFault(started)) return started;
  const { header, headerBytes, rest } = started;
  const layout = parseLayout(header, key);
  return layout.fault ?? { layout, headerBytes, blocks: new BlockReader(rest, blockBytes) };
}

/**
 * The layout under a header, which is the file's first or in the middle of it.
 *
 * @param header without a byte-order mark.
 */
export function parseLayout(header: string, key: string): Layout {
  const delimiter = detectDelimiter(header);
  const fields = parseHeader(header, delimiter);
  const common = { header, delimiter, idColumn: findIdColumn(fields ?? []) };
  const read = readColumns(header, fields, key);
  return isFault(read)
    ? { ...common, fault: read, interpretRow: () => read }
    : { ...common, fault: undefined, interpretRow: read };
}

/**
 * Whether a header contains rows, because a quote is not closed or lines end with a carriage return only. A quoted
 * name may contain a line break, but rarely also a separator.
 */
export function swallowsRows(header: string): boolean {
  if (!/[\r\n]/.test(header)) return false;
  const delimiter = detectDelimiter(header);
  const fields = parseHeader(header, delimiter) ?? [header];
  return fields.some((name) => /\r(?!\n)/.test(name) || (name.includes('\n') && name.includes(delimiter)));
}

const brokenHeader = makeFault(
  'unknown-columns',
  'The header contains a line break: a quote is not closed, or lines end with a carriage return only. End lines with a line feed',
);

/** The header for the next rows, if a row is a header; otherwise undefined. */
export function takeHeader(row: ParsedRow, { idColumn, header }: Layout): string | undefined {
  // Almost every row has a numeric id: checking that first is cheaper.
  const id = row.fields?.[idColumn];
  if (id !== undefined && isDigit(id.charCodeAt(0))) return undefined;
  if (!row.isText || row.bytes.length > maxHeaderBytes) return undefined;
  const text = decodeHeader(row.bytes);
  if (text === header) return text;
  const fields = parseHeader(text, detectDelimiter(text));
  return fields !== undefined && isHeaderRow(fields) ? text : undefined;
}

// Stryker disable BlockStatement,ConditionalExpression,EqualityOperator: a row that begins with a digit is not a header anyway
function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}
// Stryker restore BlockStatement,ConditionalExpression,EqualityOperator

function decodeHeader(bytes: Buffer): string {
  return bytes
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .trimEnd();
}

function parseHeader(header: string, delimiter: Delimiter): readonly string[] | undefined {
  const bytes = Buffer.from(header);
  return parseRows(bytes, [bytes.length], delimiter)[0]?.fields;
}

/** How to read rows under a header, or why they cannot be read. */
function readColumns(
  header: string,
  fields: readonly string[] | undefined,
  key: string,
): RowInterpreter | Fault {
  if (swallowsRows(header)) return brokenHeader;
  if (fields === undefined) return makeFault('unknown-columns', 'The header is not a CSV row');
  return makeRowInterpreter(fields, readFileName(key));
}

function readFileName(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1);
}

interface StartedLayout {
  readonly header: string;
  /** Bytes of the header, if it was just read. */
  readonly headerBytes: number;
  /** The file's bytes after the header. */
  readonly rest: AsyncIterable<Uint8Array>;
}

/**
 * Reads the first row that is not blank. The result depends only on the file, not on the chunks in which it arrives.
 */
async function readHeader(bytes: AsyncIterable<Uint8Array>): Promise<StartedLayout | Fault> {
  const chunks = bytes[Symbol.asyncIterator]();
  let head: Buffer = Buffer.alloc(0);
  let ended = false;
  let bounds: HeaderBounds | undefined;
  const isEnough = (): boolean => head.length >= formatBytes && bounds?.end !== undefined;
  while (!ended && !isEnough() && head.length < maxHeaderBytes) {
    const chunk = await chunks.next();
    ended = chunk.done === true;
    if (chunk.done !== true) head = Buffer.concat([head, chunk.value]);
    bounds = findHeader(head, ended);
  }
  if (ended && head.toString('utf8').trim() === '') return makeFault('empty', 'The file is empty');
  const format = recogniseFormat(head);
  if (format !== undefined) return format;
  const { begin = 0, end } = bounds ?? {};
  if (end === undefined || end > maxHeaderBytes)
    return makeFault('unknown-columns', `The first row is longer than ${maxHeaderBytes} bytes`);
  const header = head.subarray(begin, end);
  // Zero bytes are valid UTF-8, but a header with zero bytes is UTF-16 without a byte-order mark.
  if (header.includes(0)) {
    return makeFault(
      'not-utf8',
      'The file is not UTF-8 text, but UTF-16 or binary data: save it as UTF-8 and put it again',
    );
  }
  if (!isUtf8(header)) {
    return makeFault('not-utf8', 'The file is not UTF-8 text; save it as UTF-8 and put it again');
  }
  return { header: decodeHeader(header), headerBytes: end, rest: prependBytes(head.subarray(end), chunks) };
}

interface HeaderBounds {
  readonly begin: number;
  /** The position after its line break; undefined if the row continues. */
  readonly end: number | undefined;
}

/**
 * Finds the first row, which may contain line breaks in quotes. A line that only states the separator is not a row.
 */
function findHeader(head: Buffer, ended: boolean): HeaderBounds {
  for (let begin = skipBlanks(head, 0); ; ) {
    const [length] = scanRows(head.subarray(begin), ',', 1).ends;
    if (length === undefined) return { begin, end: ended ? head.length : undefined };
    const end = begin + length;
    const line = head.subarray(begin, end);
    const isBlank = line.length < 64 && parseRows(line, [line.length], ',').length === 0;
    if (!isBlank) return { begin, end };
    begin = skipBlanks(head, end);
  }
}

/** The position of the first byte that is neither a blank nor a line break. */
function skipBlanks(head: Buffer, from: number): number {
  let at = from;
  while (at < head.length && isWhiteSpace(head[at] ?? 0)) at += 1;
  return at;
}

function isWhiteSpace(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
}
