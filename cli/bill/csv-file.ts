import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { parse as parseText } from 'csv-parse/sync';
import { UsageError } from '../../lambda/errors.ts';

/**
 * Reads CSV as carriers and spreadsheets write it: with any of the usual delimiters and encodings, and with lines above the
 * header. One row is held at a time, so that a file may have any size.
 */

/** A row of a CSV file by the names of its columns, with the line in which it ends. */
export interface CsvRow {
  readonly line: number;
  readonly cells: Readonly<Record<string, string>>;
  /** Whether it has fewer cells than the header; the missing ones are empty. */
  readonly isShort: boolean;
}

export const delimiters = [',', ';', '\t', '|'] as const;
export type Delimiter = (typeof delimiters)[number];

/** How to read a file. */
export interface CsvOptions {
  /** Names that identify the header; without names, the first row is the header. */
  readonly columns?: readonly string[];
  /** Undefined to detect it. */
  readonly delimiter?: Delimiter | undefined;
}

/** A file whose header was found. */
export interface CsvFile {
  readonly header: readonly string[];
  /** The rows after the header, without empty rows and repeated headers. Each call reads the file again. */
  walk(): AsyncGenerator<CsvRow>;
}

/** The header must be within these bytes. */
const headBytes = 65_536;

/** The header must be within these rows. */
const headRows = 30;

/** First bytes of files that are not text, in hexadecimal. */
const otherFiles: readonly (readonly [start: string, kind: string])[] = [
  ['504b0304', 'a spreadsheet or archive'],
  ['d0cf11e0', 'a spreadsheet'],
  ['25504446', 'a PDF'],
  ['1f8b', 'compressed'],
];

/**
 * Opens a CSV file.
 *
 * @throws UsageError if it is not CSV, or has no row with all the columns; what Node.js throws if it cannot be read.
 */
export async function openCsv(file: string, { columns = [], delimiter }: CsvOptions = {}): Promise<CsvFile> {
  const head = await readHead(file);
  const encoding = await findEncoding(file, head);
  const text = cutHead(new TextDecoder(encoding).decode(head), head.length);
  const candidates = (delimiter === undefined ? delimiters : [delimiter]).map((one) => readRows(text, one));
  const found =
    candidates.find(({ rows }) => columns.length > 0 && findHeader(rows, columns) !== -1) ??
    candidates.toSorted((a, b) => (b.rows[0]?.length ?? 0) - (a.rows[0]?.length ?? 0))[0];
  const rows = found?.rows ?? [];
  const index = columns.length === 0 ? 0 : findHeader(rows, columns);
  if (index === -1 && found?.error !== undefined) throw refuse(file, found.error);
  if (index === -1) throw new UsageError(describeMissing(file, rows, columns));
  const header = rows[index];
  if (header === undefined) throw new UsageError(`${file} has no row: give a file with a header`);
  const repeated = columns.find((name) => header.filter((one) => one === name).length > 1);
  if (repeated !== undefined)
    throw new UsageError(
      `${file} has several columns with the name ${repeated}: rename all but the one that counts`,
    );
  return {
    header,
    walk: () => walkRows({ file, encoding, delimiter: found?.delimiter ?? ',', header, skipped: index + 1 }),
  };
}

async function readHead(file: string): Promise<Uint8Array> {
  const handle = await open(file);
  try {
    // The file is read several times, which a pipe does not allow.
    if (!(await handle.stat()).isFile()) throw new UsageError(`${file} is not a file: give a CSV file`);
    const bytes = new Uint8Array(headBytes);
    const { bytesRead } = await handle.read(bytes, 0, headBytes, 0);
    if (bytesRead === 0) throw new UsageError(`${file} is empty: give a file with a header`);
    const start = Buffer.from(bytes.subarray(0, 4)).toString('hex');
    const other = otherFiles.find(([digits]) => start.startsWith(digits));
    if (other !== undefined) throw new UsageError(`${file} is ${other[1]}: save it as CSV`);
    return bytes.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** UTF-8 if the whole file is valid UTF-8; otherwise the encoding of older Western spreadsheets. */
async function findEncoding(file: string, head: Uint8Array): Promise<string> {
  const [first = 1, second = 1] = head;
  // A header in UTF-16 has a zero byte next to each letter, with or without a byte order mark.
  if ((first === 0xff && second === 0xfe) || second === 0) return 'utf-16le';
  if ((first === 0xfe && second === 0xff) || first === 0) return 'utf-16be';
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for await (const bytes of createReadStream(file)) decoder.decode(bytes as Buffer, { stream: true });
    decoder.decode();
    return 'utf-8';
  } catch (error) {
    if (error instanceof TypeError) return 'windows-1252';
    throw error;
  }
}

/** The whole lines of the beginning of a file. */
function cutHead(text: string, bytes: number): string {
  return bytes < headBytes ? text : text.slice(0, text.lastIndexOf('\n') + 1);
}

/** How to parse rows. Those above a header may have any form. */
const parserOptions = {
  relax_column_count: true,
  relax_quotes: true,
  skip_records_with_empty_values: true,
  trim: true,
} as const;

function readRows(text: string, delimiter: Delimiter) {
  try {
    const rows = parseText(text, { ...parserOptions, delimiter, to: headRows }) as string[][];
    return { delimiter, rows, error: undefined };
  } catch (error) {
    if (error instanceof CsvError) return { delimiter, rows: [], error };
    throw error;
  }
}

/** Index of the first row that has all columns; -1 if no row has them. */
function findHeader(rows: readonly (readonly string[])[], columns: readonly string[]): number {
  return rows.findIndex((row) => columns.every((name) => row.includes(name)));
}

/** Says which columns are missing, and shows the row that has most of them and the row after it. */
function describeMissing(
  file: string,
  rows: readonly (readonly string[])[],
  columns: readonly string[],
): string {
  const countFound = (row: readonly string[]): number => columns.filter((name) => row.includes(name)).length;
  const [index] = rows
    .map((row, position) => [position, countFound(row)] as const)
    .toSorted(([, a], [, b]) => b - a)[0] ?? [0];
  const header = rows[index] ?? [];
  const missing = columns.filter((name) => !header.includes(name));
  const preview = header.map((name, position) => `  ${name}: ${rows[index + 1]?.[position] ?? ''}`);
  return [
    `${file} does not have the columns ${missing.join(', ')}, which the map names: correct its columns. The first line has`,
    ...preview,
  ].join('\n');
}

/** How to read rows. */
interface CsvForm {
  readonly file: string;
  readonly encoding: string;
  readonly delimiter: Delimiter;
  readonly header: readonly string[];
  /** Rows up to and including the header. */
  readonly skipped: number;
}

async function* decodeFile({ file, encoding }: CsvForm): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding);
  for await (const bytes of createReadStream(file, { highWaterMark: 262_144 })) {
    const text = decoder.decode(bytes as Buffer, { stream: true });
    if (text !== '') yield text;
  }
  const rest = decoder.decode();
  if (rest !== '') yield rest;
}

async function* walkRows(form: CsvForm): AsyncGenerator<CsvRow> {
  const { file, delimiter, header, skipped } = form;
  const parser = parse({
    ...{ ...parserOptions, delimiter },
    // Only the line number of the parser's information is kept, after the cells.
    on_record: (cells: string[], { lines }) => [...cells, String(lines)],
  });
  // The loop that reads the rows throws the error.
  pipeline(decodeFile(form), parser, () => undefined);
  let row = 0;
  try {
    for await (const cells of parser as AsyncIterable<string[]>) {
      const line = Number(cells.pop());
      row += 1;
      if (row <= skipped || isSameRow(cells, header)) continue;
      yield nameCells(form, line, cells);
    }
  } catch (error) {
    throw error instanceof CsvError ? refuse(file, error) : error;
  }
}

function refuse(file: string, error: CsvError): UsageError {
  return new UsageError(`${file} is not CSV with a header: ${error.message}`, { cause: error });
}

/** Concatenated files repeat the header. */
function isSameRow(cells: readonly string[], header: readonly string[]): boolean {
  return (
    cells[0] === header[0] &&
    cells.length === header.length &&
    cells.every((cell, index) => cell === header[index])
  );
}

function nameCells({ file, header }: CsvForm, line: number, cells: readonly string[]): CsvRow {
  const more = cells.slice(header.length).find((cell) => cell !== '');
  if (more !== undefined)
    throw new UsageError(
      `${file}: line ${line} has ${cells.length} cells, and the header ${header.length}: put quotes around cells that contain the delimiter`,
    );
  // Assigning members one by one would lose a column `__proto__`.
  const named = Object.fromEntries(header.map((name, index) => [name, cells[index] ?? '']));
  return { line, cells: named, isShort: cells.length < header.length };
}
