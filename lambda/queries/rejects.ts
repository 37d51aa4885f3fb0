import { rejectPrefix } from '../aws/names.ts';
import { formatTime } from '../ledger/time.ts';
import { readRejectKey } from '../store/quarantine.ts';
import type { Page, PageRequest } from './page.ts';

/** What is in quarantine, according to the names of its objects. Their content may name people and is not read. */

/** How often one page reads to find rejects with a code. */
const maxRounds = 8;

/** An object of the quarantine's bucket. */
export interface QuarantineObject {
  readonly key: string;
  readonly bytes: number;
  /** When it was written, in milliseconds since the epoch. */
  readonly keptAt: number;
}

/** Lists the quarantine's bucket. */
export interface QuarantineList {
  /**
   * The next objects in the order of their keys, at most `limit`, which must not exceed 1,000.
   *
   * @param after the key to continue after.
   */
  list(
    prefix: string,
    limit: number,
    after: string | undefined,
  ): Promise<{ readonly objects: readonly QuarantineObject[]; readonly isEnd: boolean }>;
}

/** What is needed to list rejects. */
export interface RejectPorts {
  /** Undefined if the environment names no quarantine. */
  readonly quarantine: QuarantineList | undefined;
}

/** Which rejects to list. An undefined member allows all. */
export interface RejectsQuery extends Omit<PageRequest<string>, 'include'> {
  readonly source: string | undefined;
  /** Why they were rejected; may be a code of a later version. */
  readonly code: string | undefined;
}

/** Rejects of one delivery with the same source and code, as a resource. */
export type ListedReject = NonNullable<ReturnType<typeof renderReject>>;

/** Lists what is in quarantine, by source and code. A page may have fewer than requested although more follow. */
export async function listRejects(
  { source, code, size, after: begin }: RejectsQuery,
  { quarantine }: RejectPorts,
): Promise<Page<ListedReject, string>> {
  if (quarantine === undefined) return { resources: [], next: undefined };
  const ofSource = source === undefined ? '' : `${source}/`;
  const ofCode = source === undefined || code === undefined ? '' : `${code}/`;
  const prefix = `${rejectPrefix}${ofSource}${ofCode}`;
  const resources: ListedReject[] = [];
  let after = begin;
  for (let round = 0; round < maxRounds; round += 1) {
    const { objects, isEnd } = await quarantine.list(prefix, size, after);
    for (const [index, object] of objects.entries()) {
      const reject = renderReject(object);
      if (reject === undefined || (code !== undefined && reject.code !== code)) continue;
      resources.push(reject);
      const isLast = isEnd && index === objects.length - 1;
      if (resources.length === size) return { resources, next: isLast ? undefined : object.key };
    }
    after = objects.at(-1)?.key ?? after;
    if (isEnd) return { resources, next: undefined };
  }
  return { resources, next: after };
}

/** A position in a list of rejects; undefined if the value is not one. */
export function readRejectsPosition(value: unknown): string | undefined {
  return typeof value === 'string' && value.startsWith(rejectPrefix) && value.length <= maxKeyLength
    ? value
    : undefined;
}

/** The most bytes of a key in S3. */
const maxKeyLength = 1024;

/** Undefined for an object without rejects, such as the copy of a whole file. */
function renderReject({ key, bytes, keptAt }: QuarantineObject) {
  const names = readRejectKey(key);
  if (names === undefined) return undefined;
  const { source, code, name } = names;
  return { id: name, source, code, bytes, kept: formatTime(keptAt) };
}
