import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { createInterface } from 'node:readline';
import { elementsOf, isJson, parseObject, splitBody } from '../lambda/carriers/json.ts';
import { UsageError } from './options.ts';

/** The user's own files: CSV for a source's bucket, JSON for its stream. */

export type FileKind = 'csv' | 'json';

/** A file that was asked for. */
export interface UserFile {
  readonly path: string;
  /** Its name without folders, which is its key in the bucket. */
  readonly name: string;
  readonly kind: FileKind;
  readonly bytes: number;
}

const kinds: ReadonlyMap<string, FileKind> = new Map([
  ['.csv', 'csv'],
  ['.json', 'json'],
  ['.jsonl', 'json'],
  ['.ndjson', 'json'],
]);

/**
 * Finds out about a file before anything is started.
 *
 * @throws UsageError when it is not there, or is of no known kind.
 */
export async function userFile(path: string): Promise<UserFile> {
  const kind = kinds.get(extname(path).toLowerCase());
  if (kind === undefined) {
    throw new UsageError(`${path}: give files whose names end in ${[...kinds.keys()].join(', ')}`);
  }
  const found = await stat(path).catch((error: unknown) => {
    throw new UsageError(
      `${path} can not be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  });
  if (!found.isFile()) throw new UsageError(`${path} is no file`);
  return { path, name: basename(path), kind, bytes: found.size };
}

/** Files larger than this are not taken into memory whole: they have to be JSON lines. */
const largestWhole = 256 * 1024 * 1024;

/** The bodies in a JSON file: its lines where these are records, else its records however they are written. */
export async function* bodiesOf(file: UserFile): AsyncGenerator<Buffer> {
  if (!(await beginsWithRecordLine(file.path))) {
    if (file.bytes > largestWhole) {
      throw new UsageError(
        `${file.path} is larger than ${largestWhole} bytes: write it as JSON lines, a record a line`,
      );
    }
    const text = await readFile(file.path, 'utf8');
    for (const body of recordsIn(text)) yield Buffer.from(body);
    return;
  }
  for await (const line of createInterface({ input: createReadStream(file.path), crlfDelay: Infinity })) {
    if (line.trim() !== '') yield Buffer.from(line);
  }
}

/** An array's elements, or the objects one after the other; what is broken is a body too, and will be rejected. */
function recordsIn(text: string): readonly string[] {
  const content = text.replace(/^\uFEFF/, '').trim();
  if (content.startsWith('[') && isJson(content)) return elementsOf(content);
  return splitBody(content).map((piece) => piece.text);
}

async function beginsWithRecordLine(path: string): Promise<boolean> {
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Infinity });
  try {
    for await (const line of lines) {
      const content = line.replace(/^\uFEFF/, '').trim();
      if (content !== '') return parseObject(content) !== undefined;
    }
    return true;
  } finally {
    lines.close();
  }
}
