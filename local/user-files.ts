import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { UsageError } from '../lambda/errors.ts';
import { parseObject, spellBytes, splitPieces } from '../lambda/json/json.ts';

/** The user's own files: CSV for a source's bucket, JSON for its stream. */

/** CSV files go into a source's bucket, JSON into its stream. */
export type FileKind = 'csv' | 'json';

/** A file that the user named. */
export interface UserFile {
  readonly path: string;
  /** Its name without folders, which becomes its key in the bucket. */
  readonly name: string;
  readonly kind: FileKind;
  readonly bytes: number;
}

/** Kinds of files, by the end of their names. */
export const fileKinds: ReadonlyMap<string, FileKind> = new Map([
  ['.csv', 'csv'],
  ['.csv.gz', 'csv'],
  ['.json', 'json'],
  ['.jsonl', 'json'],
  ['.ndjson', 'json'],
]);

/** A file's kind by the end of its name; undefined if that is unknown. */
export function parseFileKind(name: string): FileKind | undefined {
  const lower = name.toLowerCase();
  return [...fileKinds].find(([end]) => lower.endsWith(end))?.[1];
}

/**
 * Checks a file before anything is started.
 *
 * @throws UsageError if it does not exist, or its kind is unknown.
 */
export async function openUserFile(path: string): Promise<UserFile> {
  const kind = parseFileKind(path);
  if (kind === undefined) {
    throw new UsageError(`${path}: give files whose names end in ${[...fileKinds.keys()].join(', ')}`);
  }
  const found = await stat(path).catch((error: unknown) => {
    throw new UsageError(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  });
  if (!found.isFile()) throw new UsageError(`${path} is not a file`);
  return { path, name: basename(path), kind, bytes: found.size };
}

/** The most bytes of a file that is read into memory as a whole. Larger files must be JSON lines. */
const largestWhole = 256 * 1024 * 1024;

/** A JSON file, local or remote. */
export interface JsonFile {
  /** Its name in messages. */
  readonly name: string;
  readonly bytes: number;
  /** Reads it from its beginning. */
  readonly open: () => AsyncIterable<Uint8Array>;
}

/** The bodies in a JSON file: its lines if these are records, otherwise its records in any layout. */
export function readBodies({ path, bytes }: UserFile): AsyncGenerator<Buffer> {
  return splitBodies({ name: path, bytes, open: () => createReadStream(path) });
}

/**
 * The bodies in a JSON file, which may be on another machine.
 *
 * @throws UsageError if it is not JSON lines and too large to be read as a whole.
 */
export async function* splitBodies(file: JsonFile): AsyncGenerator<Buffer> {
  if (await beginsWithRecordLine(file)) {
    for await (const line of readLines(file.open())) {
      if (line.some((byte) => byte > blank)) yield line;
    }
    return;
  }
  if (file.bytes > largestWhole) {
    throw new UsageError(
      `${file.name} is larger than ${largestWhole} bytes: write it as JSON lines, one record per line`,
    );
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of file.open()) chunks.push(chunk);
  yield* readRecords(Buffer.concat(chunks));
}

/**
 * An array's elements, or the objects one after the other. A broken fragment is a body too, and will be rejected. If
 * the bytes are not UTF-8, each byte is treated as a character, so that a record keeps its bytes and does not affect
 * its neighbours.
 */
function* readRecords(bytes: Buffer): Generator<Buffer> {
  // A zero byte is valid UTF-8, but in UTF-16 text every second byte is one.
  const isText = isUtf8(bytes) && !bytes.includes(0);
  const text = isText
    ? bytes
        .toString('utf8')
        .replace(/^\uFEFF/, '')
        .trim()
    : spellBytes(bytes);
  const pieces = splitPieces(text) ?? [];
  if (!isText && !pieces.some(({ whole }) => whole)) yield bytes;
  else
    for (const { from, to } of pieces)
      yield isText ? Buffer.from(text.slice(from, to)) : bytes.subarray(from, to);
}

async function beginsWithRecordLine({ open }: JsonFile): Promise<boolean> {
  for await (const line of readLines(open())) {
    const content = line
      .toString('utf8')
      .replace(/^\uFEFF/, '')
      .trim();
    if (content !== '') return parseObject(content) !== undefined;
  }
  return true;
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
/** The greatest byte of white space: spaces, tabs, line breaks. */
const blank = 0x20;
/** The most bytes of a line. If one is longer, the file is read as a whole. */
const longestLine = largestWhole;

/** Lines without their line breaks, as bytes, because a record that is not text must be kept unchanged. */
async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let started: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(lineFeed); end !== -1; end = chunk.indexOf(lineFeed, from)) {
      yield stripReturn(Buffer.concat([...started, chunk.subarray(from, end)]));
      started = [];
      length = 0;
      from = end + 1;
    }
    started.push(chunk.subarray(from));
    length += chunk.length - from;
    if (length > longestLine) break;
  }
  if (length > 0) yield stripReturn(Buffer.concat(started));
}

function stripReturn(line: Buffer): Buffer {
  return line.at(-1) === carriageReturn ? line.subarray(0, -1) : line;
}
