import { isStalled } from '../store/files.ts';
import { isKey } from '../store/keys.ts';
import type { Manifest } from '../store/manifest.ts';
import type { FileKey } from '../store/read-ranges.ts';
import type { LedgerReader } from '../store/reader.ts';
import { NotFoundError, shorten } from './errors.ts';
import type { Page, PageRequest } from './page.ts';
import type { QueryPorts } from './ports.ts';

/** How often one page reads to find files in a state. */
const maxRounds = 8;

/** Which imported files to list. */
export interface FilesQuery extends Omit<PageRequest<FileKey>, 'include'> {
  /** Names of the sources whose files to list. */
  readonly sources: readonly string[];
  /** Only files in this state. */
  readonly state: Manifest['state'] | undefined;
}

/** A file as a resource. */
export type ImportedFile = ReturnType<typeof renderFile>;

/** Lists the files of sources, latest delivery first. */
export async function listFiles(
  { sources, state, size, after }: FilesQuery,
  { reader, now }: Pick<QueryPorts, 'reader' | 'now'>,
): Promise<Page<ImportedFile, FileKey>> {
  const { files, next } = await readManifests(reader, sources, state, size, after);
  return { resources: files.map((file) => renderFile(file, now())), next };
}

/**
 * Fetches a file by its `id` in a list.
 *
 * @throws NotFoundError
 */
export async function fetchFile(
  { id }: { readonly id: string },
  { reader, now }: Pick<QueryPorts, 'reader' | 'now'>,
): Promise<ImportedFile> {
  const object = readObjectId(id);
  const [file] = object === undefined ? [] : await reader.readFiles([object]);
  if (file === undefined) throw new NotFoundError(`The file ${JSON.stringify(shorten(id))}`);
  return renderFile(file, now());
}

/** A position in a list of files; undefined if the value is not one. */
export function readFilesPosition(value: unknown): FileKey | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { object, source, delivered } = value as Readonly<Record<string, unknown>>;
  if (!isKey(object, 'partition') || !isKey(source, 'partition') || !isKey(delivered, 'sort')) {
    return undefined;
  }
  return { object, source, delivered };
}

interface FileRange {
  readonly files: readonly Manifest[];
  readonly next: FileKey | undefined;
}

async function readManifests(
  reader: LedgerReader,
  sources: readonly string[],
  state: Manifest['state'] | undefined,
  size: number,
  begin: FileKey | undefined,
): Promise<FileRange> {
  const files: Manifest[] = [];
  let after = begin;
  for (let round = 0; round < maxRounds; round += 1) {
    const keys = await listKeys(reader, sources, size + 1, after);
    const found = new Map(
      (await reader.readFiles(keys.slice(0, size).map(({ object }) => object))).map((file) => [
        file.object,
        file,
      ]),
    );
    for (const [at, key] of keys.slice(0, size).entries()) {
      const file = found.get(key.object);
      if (file !== undefined && (state === undefined || file.state === state)) files.push(file);
      after = key;
      if (files.length === size) return { files, next: keys[at + 1] === undefined ? undefined : key };
    }
    if (keys.length <= size) return { files, next: undefined };
  }
  return { files, next: after };
}

/** Merges the next keys of several sources: latest delivery first, then by source. */
async function listKeys(
  reader: LedgerReader,
  sources: readonly string[],
  limit: number,
  after: FileKey | undefined,
): Promise<FileKey[]> {
  const lists = await Promise.all(sources.map((source) => reader.fileKeys(source, limit, after)));
  // Sorting is stable: files of the same source and time stay in the index's order.
  return lists
    .flat()
    .sort((a, b) => compare(b.delivered, a.delivered) || compare(a.source, b.source))
    .slice(0, limit);
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

function renderFile(file: Manifest, now: number) {
  const id = Buffer.from(file.object).toString('base64url');
  const bucketEnd = file.object.indexOf('/');
  const keyEnd = file.object.lastIndexOf('@');
  return {
    id,
    bucket: file.object.slice(0, bucketEnd),
    key: file.object.slice(bucketEnd + 1, keyEnd),
    version: file.object.slice(keyEnd + 1),
    source: file.source,
    carrier: file.carrier,
    state: file.state,
    rows: file.rows,
    accepted: file.accepted,
    rejected: file.rejected,
    size: file.size,
    imported: file.position,
    delivered: file.delivered,
    noted: file.noted ?? null,
    stalled: isStalled(file, now),
    reason: file.reason ?? null,
  };
}

/** The name of the object with an id. */
function readObjectId(id: string): string | undefined {
  const object = Buffer.from(id, 'base64url');
  const name = object.toString('utf8');
  return object.toString('base64url') === id && isKey(name, 'partition') ? name : undefined;
}
