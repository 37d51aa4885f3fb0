import { isUtf8 } from 'node:buffer';
import { interpreterOf, type RowInterpreter } from '../carriers/datastreamer-csv.ts';
import { type Fault, fault, isFault } from '../carriers/reading.ts';
import { BlockReader } from './blocks.ts';
import type { OpenedFile } from './file-store.ts';
import { type Delimiter, delimiterOf, parseRows, rowEnds } from './rows.ts';

/** A header longer than this is none. */
const longestHeader = 64 * 1024;

/** How a file's rows are read, by its header. */
export interface Layout {
  readonly header: string;
  /** Bytes that the header takes, when it was read just now. */
  readonly headerBytes: number;
  readonly delimiter: Delimiter;
  readonly interpretRow: RowInterpreter;
  /** The rows behind what was read. */
  readonly blocks: BlockReader;
}

/**
 * Reads a file's header.
 *
 * @param key the object's, whose name may tell what the file is about.
 * @param known the header, where the file was opened behind it.
 */
export async function readLayout(
  key: string,
  file: OpenedFile,
  known: string | undefined,
): Promise<Layout | Fault> {
  const begun = known === undefined ? await readHeader(file) : headerAgain(known, file);
  return isFault(begun) ? begun : layoutOf(begun, key);
}

interface Begun {
  readonly header: string;
  /** Bytes that the header takes, when it was read just now. */
  readonly headerBytes: number;
  /** The file's bytes behind what was read. */
  readonly rest: AsyncIterable<Uint8Array>;
}

/** Reads the first row that is not blank. What it finds depends on the file alone, not on how its bytes arrive. */
async function readHeader(file: OpenedFile): Promise<Begun | Fault> {
  const chunks = file.bytes[Symbol.asyncIterator]();
  let head: Buffer = Buffer.alloc(0);
  let ended = false;
  let end: number | undefined;
  while (!ended && end === undefined && head.length < longestHeader) {
    const chunk = await chunks.next();
    ended = chunk.done === true;
    if (chunk.done !== true) head = Buffer.concat([head, chunk.value]);
    end = headerEnd(head);
  }
  if (ended && head.toString('utf8').trim() === '') return fault('empty', 'The file is empty');
  if (ended) end ??= head.length;
  if (end === undefined || end > longestHeader)
    return fault('unknown-columns', `The first row is longer than ${longestHeader} bytes`);
  const header = head.subarray(blankBytes(head), end);
  // Zero bytes are UTF-8, but a header with them is UTF-16 without its mark.
  if (!isUtf8(header) || header.includes(0)) return fault('not-utf8', 'The file is not UTF-8 text');
  return {
    header: header
      .toString('utf8')
      .replace(/^\uFEFF/, '')
      .trimEnd(),
    headerBytes: end,
    rest: prepended(head.subarray(end), chunks),
  };
}

/** Where the first row ends, line breaks in its quotes being part of it; undefined where it goes on. */
function headerEnd(head: Buffer): number | undefined {
  const begin = blankBytes(head);
  const [length] = rowEnds(head.subarray(begin), ',');
  return length === undefined ? undefined : begin + length;
}

/** Bytes of the blanks and line breaks before the first row. */
function blankBytes(head: Buffer): number {
  const first = head.findIndex((byte) => byte > 0x20);
  return first === -1 ? head.length : first;
}

function headerAgain(header: string, file: OpenedFile): Begun {
  return { header, headerBytes: 0, rest: file.bytes };
}

async function* prepended(first: Buffer, chunks: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (first.length > 0) yield first;
  for (let chunk = await chunks.next(); chunk.done !== true; chunk = await chunks.next()) yield chunk.value;
}

function layoutOf({ header, headerBytes, rest }: Begun, key: string): Layout | Fault {
  const delimiter = delimiterOf(header);
  const bytes = Buffer.from(header);
  const [row] = parseRows(bytes, [bytes.length], delimiter);
  if (row?.fields === undefined) return fault('unknown-columns', 'The header is no CSV row');
  const interpretRow = interpreterOf(row.fields, key.slice(key.lastIndexOf('/') + 1));
  if (isFault(interpretRow)) return interpretRow;
  return { header, headerBytes, delimiter, interpretRow, blocks: new BlockReader(rest, delimiter) };
}
