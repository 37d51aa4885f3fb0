import { isUtf8 } from 'node:buffer';
import { CsvError, parse } from 'csv-parse/sync';

/**
 * CSV in blocks of whole rows: a file of any size is read in constant memory, and reading can resume at any block,
 * because the bounds of a block depend only on the file.
 */

/** A field separator of CSV files. */
export const delimiters = [',', ';', '\t', '|'] as const;
export type Delimiter = (typeof delimiters)[number];

/** One row: its fields, or undefined if its bytes are not a CSV row or not UTF-8. */
export interface ParsedRow {
  readonly fields: readonly string[] | undefined;
  /** Whether the bytes are UTF-8. */
  readonly isText: boolean;
  /** The original bytes, without the line break. */
  readonly bytes: Buffer;
}

const quote = 0x22;
const newline = 0x0a;
const carriageReturn = 0x0d;
const lineBreak = Buffer.from('\r\n');

/**
 * Where rows end: the positions after line breaks outside quotes. A quote counts only at the beginning of a field, so
 * a stray quote inside a field does not affect later rows.
 */
export function findRowEnds(bytes: Buffer, delimiter: Delimiter): number[] {
  return scanRows(bytes, delimiter, Number.POSITIVE_INFINITY).ends;
}

/** Where rows end, and whether a quote is open at the end of the bytes. */
export interface RowScan {
  readonly ends: number[];
  /** Not meaningful if `max` ends were found. */
  readonly isOpen: boolean;
}

/** As {@link findRowEnds}, for at most `max` rows. */
export function scanRows(bytes: Buffer, delimiter: Delimiter, max: number): RowScan {
  // Stryker disable next-line ConditionalExpression: only faster
  if (!bytes.includes(quote)) return { ends: findLineEnds(bytes, max), isOpen: false };
  const separator = delimiter.charCodeAt(0);
  const ends: number[] = [];
  let quoted = false;
  let atFieldStart = true;
  for (let index = measureMark(bytes, 0); index < bytes.length; index += 1) {
    const byte = bytes[index];
    if (quoted) {
      if (byte !== quote) continue;
      // A doubled quote is an escaped one: the first closes here, and the second reopens.
      if (bytes[index + 1] === quote) index += 1;
      else quoted = false;
      continue;
    }
    if (byte === quote && atFieldStart) quoted = true;
    else if (byte === newline) {
      ends.push(index + 1);
      if (ends.length === max) break;
      index += measureMark(bytes, index + 1);
    }
    atFieldStart = byte === separator || byte === newline;
  }
  return { ends, isOpen: quoted };
}

/** Bytes of a byte-order mark at the beginning of a row, as in concatenated files. */
function measureMark(bytes: Buffer, at: number): number {
  return bytes[at] === 0xef && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf ? 3 : 0;
}

/** Where lines end: the positions after their breaks, at most `max`. */
export function findLineEnds(bytes: Buffer, max: number): number[] {
  const ends: number[] = [];
  for (let at = bytes.indexOf(newline); at !== -1 && ends.length < max; at = bytes.indexOf(newline, at + 1)) {
    ends.push(at + 1);
  }
  return ends;
}

/**
 * Parses whole rows. Blank lines, rows of empty cells and a spreadsheet's `sep=;` are not rows.
 *
 * @param ends where the rows end, as {@link findRowEnds} found them; the last may lack its line break.
 */
export function parseRows(bytes: Buffer, ends: readonly number[], delimiter: Delimiter): ParsedRow[] {
  return parseLines(bytes, ends, delimiter).filter(({ fields }) => fields === undefined || !isBlank(fields));
}

/** Whether all cells of a row are empty, or it only states the separator. */
function isBlank(fields: readonly string[]): boolean {
  return fields.every((field) => field === '' || field.trim() === '') || isSeparatorLine(fields);
}

const separatorLine = /^sep=[,;\t|]*$/i;

/** Whether a row is the line in which a spreadsheet states its separator, whichever separator it was read with. */
function isSeparatorLine(fields: readonly string[]): boolean {
  return separatorLine.test(fields[0] ?? '') && fields.every((field, index) => index === 0 || field === '');
}

function parseLines(bytes: Buffer, ends: readonly number[], delimiter: Delimiter): ParsedRow[] {
  const lines = cutLines(bytes, ends);
  // Something is broken: parse row by row, so that only broken rows are rejected.
  if (!isUtf8(bytes)) return lines.flatMap((line) => parseAlone(line, delimiter));
  const simple = lines.map((line) => splitSimpleRow(dropMark(line).toString('utf8'), delimiter));
  const others = lines.filter((_, index) => simple[index] === undefined);
  const parsed = parseTogether(others, delimiter);
  let next = 0;
  return lines.flatMap((line, index): ParsedRow | ParsedRow[] => {
    const split = simple[index];
    if (split !== undefined) return { fields: split, isText: true, bytes: line };
    const fields = parsed?.[next];
    next += 1;
    return fields === undefined ? parseAlone(line, delimiter) : { fields, isText: true, bytes: line };
  });
}

/**
 * Splits a row at its separators and removes the quotes around fields. Most rows need no more, and it takes a quarter
 * of the library's CPU.
 *
 * @returns undefined for a broken row, or one with separators or quotes inside quoted fields.
 */
function splitSimpleRow(text: string, delimiter: Delimiter): string[] | undefined {
  const fields = text.split(delimiter);
  if (!text.includes('"')) return fields;
  for (let index = 0; index < fields.length; index += 1) {
    const field = fields[index] ?? '';
    const first = field.indexOf('"');
    if (first === -1) continue;
    const last = field.length - 1;
    if (first !== 0 || field.indexOf('"', 1) !== last) return undefined;
    fields[index] = field.slice(1, last);
  }
  return fields;
}

/** The fields of rows with quotes; undefined if one of them is broken. */
function parseTogether(rows: readonly Buffer[], delimiter: Delimiter): readonly string[][] | undefined {
  if (rows.length === 0) return [];
  const parsed = parseFields(Buffer.concat(rows.flatMap((row) => [dropMark(row), lineBreak])), delimiter);
  return parsed?.length === rows.length ? parsed : undefined;
}

/** One row, or the lines that an unclosed quote joined into one row. */
function parseAlone(row: Buffer, delimiter: Delimiter): ParsedRow[] {
  const whole = parseRow(row, delimiter);
  if (whole.fields !== undefined || !row.includes(newline)) return [whole];
  return cutLines(row, [...findLineEnds(row, Number.POSITIVE_INFINITY), row.length]).map((line) =>
    parseRow(line, delimiter),
  );
}

/** The separator that a header uses. */
export function detectDelimiter(header: string): Delimiter {
  const counts = delimiters.map((delimiter) => ({
    delimiter,
    count: header.split(delimiter).length,
  }));
  return counts.reduce((most, next) => (next.count > most.count ? next : most)).delimiter;
}

function dropMark(line: Buffer): Buffer {
  return line.subarray(measureMark(line, 0));
}

function cutLines(bytes: Buffer, ends: readonly number[]): Buffer[] {
  const lines: Buffer[] = [];
  let from = 0;
  for (const end of ends) {
    let to = end;
    if (bytes[to - 1] === newline) to -= 1;
    if (bytes[to - 1] === carriageReturn) to -= 1;
    if (to > from) lines.push(bytes.subarray(from, to));
    from = end;
  }
  return lines;
}

function parseRow(line: Buffer, delimiter: Delimiter): ParsedRow {
  const isText = isUtf8(line);
  // Checking that quotes are paired is far cheaper than letting the library fail.
  const parsed = isText && hasQuotesInPairs(line) ? parseFields(dropMark(line), delimiter) : undefined;
  return { fields: parsed?.length === 1 ? parsed[0] : undefined, isText, bytes: line };
}

function hasQuotesInPairs(line: Buffer): boolean {
  let quotes = 0;
  for (let at = line.indexOf(quote); at !== -1; at = line.indexOf(quote, at + 1)) quotes += 1;
  return quotes % 2 === 0;
}

/** The rows' fields, or undefined if the library finds the text broken. */
function parseFields(bytes: Buffer, delimiter: Delimiter): string[][] | undefined {
  try {
    return parse(bytes, {
      delimiter,
      relax_column_count: true,
      skip_empty_lines: true,
      record_delimiter: ['\r\n', '\n'],
    });
  } catch (error) {
    if (error instanceof CsvError) return undefined;
    throw error;
  }
}
