import type { RowInterpreter } from '../../carriers/datastreamer/csv.ts';
import { type Arrival, type Fault, makeFault, type Reading } from '../../carriers/reading.ts';
import type { Manifest } from '../../store/manifest.ts';
import type { Entry } from '../ingest.ts';
import type { Block, BlockReader } from './blocks.ts';
import { type Layout, parseLayout, swallowsRows, takeHeader } from './layout.ts';
import { type Delimiter, type ParsedRow, parseRows } from './rows.ts';

/** The unit of an import: a header, or rows of a block under one header. */
export interface Part {
  readonly entries: readonly Entry[];
  /** Number of rows before it. */
  readonly rowsBefore: number;
  /** Its length in bytes. */
  readonly length: number;
  /** Name under which its rejects are kept together. */
  readonly rejectGroup: string;
  /** Whether another invocation can resume after it. */
  readonly isResumable: boolean;
  /** If it is a header: that header, and how many headers there were. */
  readonly headers: Pick<Manifest, 'header' | 'headers'>;
}

/** A file that is read part by part. */
export interface CsvFile extends Arrival {
  /** The object's key, whose name may say what the file is about. */
  readonly key: string;
  /** The rows that are not imported yet. */
  readonly blocks: BlockReader;
}

/**
 * Reads a file part by part, and interprets each row under its header.
 *
 * @param first the layout of the first rows.
 * @param begin how far the file was imported before.
 */
export async function* readParts(
  file: CsvFile,
  first: Layout,
  begin: Manifest,
): AsyncGenerator<Part, undefined> {
  const { blocks } = file;
  let layout = first;
  let { rows, position, headers = 1 } = begin;
  for (let block = await blocks.readNext(layout.delimiter); block !== undefined; ) {
    const { entries, length, restBytes, nextLayout } = cutSection(file, block, layout, {
      object: begin.object,
      rows,
      headers,
    });
    if (restBytes > 0) blocks.putBack(block.bytes.subarray(block.bytes.length - restBytes));
    if (nextLayout !== undefined) {
      layout = nextLayout;
      headers += 1;
    }
    const rowsBefore = rows;
    const rejectGroup = `${begin.object}#${position}`;
    rows += entries.length;
    position += length;
    yield {
      entries,
      rowsBefore,
      length,
      rejectGroup,
      isResumable: blocks.isResumable,
      headers: nextLayout === undefined ? {} : { header: layout.header, headers },
    };
    block = await blocks.readNext(layout.delimiter);
  }
}

/** Maximum bytes of the copies of a header that are kept with the rejects of a part. */
const maxHeaderCopies = 4 * 1024 * 1024;

/** The first rows of a block up to the next header, or only that header. An unusable header counts as a row. */
interface Section {
  readonly entries: readonly Entry[];
  /** Its length in bytes. */
  readonly length: number;
  /** Bytes of the block after it. */
  readonly restBytes: number;
  /** The layout of the following rows, if it is a header. */
  readonly nextLayout?: Layout;
}

/**
 * Cuts the rows up to the next header. The header applies to the rows after it, wherever it is in the file; repeating
 * the same header, as concatenated files do, changes nothing.
 *
 * Each row is interpreted immediately after it is parsed, so that its fields are garbage-collected young. Keeping the
 * fields of all rows of a block cost a fifth of the CPU.
 */
function cutSection(file: CsvFile, { bytes, ends }: Block, layout: Layout, place: Place): Section {
  const entries: Entry[] = [];
  const maxRows = place.headers > 1 ? maxHeaderCopies / layout.header.length : Number.POSITIVE_INFINITY;
  let index = -1;
  for (const row of walkRows({ bytes, ends }, layout.delimiter)) {
    index += 1;
    const header = takeHeader(row, layout);
    if (header === layout.header && !swallowsRows(header)) continue;
    const begin = row.bytes.byteOffset - bytes.byteOffset;
    const isFull = entries.length >= maxRows && ends.includes(begin);
    if (index > 0 && (header !== undefined || isFull)) {
      return { entries, length: begin, restBytes: bytes.length - begin };
    }
    if (header === undefined) {
      entries.push(readEntry(file, row, layout, place, entries.length));
      continue;
    }
    // A row that is broken by its quotes may end before the bytes that were cut as one row.
    const lineBreak = bytes.indexOf(newline, begin + row.bytes.length);
    const length = lineBreak === -1 ? bytes.length : lineBreak + 1;
    const nextLayout = parseLayout(header, file.key);
    const own = { ...place, headers: place.headers + 1 };
    const swallowed = swallowsRows(header) ? [readEntry(file, row, nextLayout, own, 0)] : [];
    return { entries: swallowed, length, restBytes: bytes.length - length, nextLayout };
  }
  return { entries, length: bytes.length, restBytes: 0 };
}

const newline = 0x0a;

/** Rows that are parsed first; the number then doubles each time. */
const firstRows = 32;

/** Parses the rows of a block in growing chunks, because rows after a header must be parsed again. */
function* walkRows({ bytes, ends }: Block, delimiter: Delimiter): Generator<ParsedRow> {
  let count = firstRows;
  for (let from = 0; from < ends.length; from += count, count *= 2) {
    const begin = ends[from - 1] ?? 0;
    const some = ends.slice(from, from + count);
    yield* parseRows(
      bytes.subarray(begin, some.at(-1)),
      some.map((end) => end - begin),
      delimiter,
    );
  }
}

/** The position of rows in their file. */
interface Place {
  /** The file's name. */
  readonly object: string;
  /** Number of rows before them. */
  readonly rows: number;
  /** Number of headers up to them. */
  readonly headers: number;
}

/** @param index the row's index within its part. */
function readEntry(
  { source, arrivedAt }: Arrival,
  row: ParsedRow,
  layout: Layout,
  place: Place,
  index: number,
): Entry {
  const { bytes } = row;
  return {
    // The first header is at the beginning of the file; a later one is kept with the rows that need it.
    ...(place.headers > 1 && { header: layout.header }),
    reading: interpretParsedRow(row, layout.interpretRow, { source, arrivedAt }),
    delivery: index,
    position: `${place.object}#${place.rows + index + 1}`,
    source,
    arrivedAt,
    isRow: true,
    readBytes: () => bytes,
  };
}

/** Interprets a row under its header. */
export function interpretParsedRow(row: ParsedRow, interpretRow: RowInterpreter, arrival: Arrival): Reading {
  return row.fields === undefined ? makeBrokenRow(row.isText) : interpretRow(row.fields, arrival);
}

function makeBrokenRow(isText: boolean): Fault {
  return isText
    ? makeFault('broken-row', 'The row is not CSV: a quote is not closed, or characters follow a closed one')
    : makeFault('not-utf8', 'The row is not UTF-8 text');
}
