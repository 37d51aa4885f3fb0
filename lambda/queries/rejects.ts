import { rejectPrefix } from '../aws/names.ts';
import { formatTime } from '../ledger/time.ts';
import { readRejectKey } from '../store/quarantine.ts';
import type { Page, PageRequest } from './page.ts';

/** What is in quarantine, by the names of its objects: their content may name people, and is not read. */

/** How many times one page reads in search of rejects of a code. */
const maxRounds = 8;

/** An object of the quarantine's bucket. */
export interface QuarantineObject {
  readonly key: string;
  readonly bytes: number;
  /** When it was written, milliseconds since the epoch. */
  readonly keptAt: number;
}

/** Lists the quarantine's bucket. */
export interface QuarantineList {
  /**
   * The next objects in the order of their keys, at most as many as the limit, which is 1,000 at most.
   *
   * @param after the key after which to begin.
   */
  list(
    prefix: string,
    limit: number,
    after: string | undefined,
  ): Promise<{ readonly objects: readonly QuarantineObject[]; readonly isEnd: boolean }>;
}

/** Where rejects are listed. */
export interface RejectPorts {
  /** Undefined where the environment names no quarantine. */
  readonly quarantine: QuarantineList | undefined;
}

/** Which rejects are listed. Each member that is undefined asks for all. */
export interface RejectsQuery extends Omit<PageRequest<string>, 'include'> {
  readonly source: string | undefined;
  /** Why they were rejected, as a later version may word it too. */
  readonly code: string | undefined;
}

/** Rejects of one delivery, source and code, as a resource. */
export type ListedReject = NonNullable<ReturnType<typeof renderReject>>;

/** Lists what is in quarantine, by source and code. A page may hold fewer than requested, although more follow. */
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

/** A position in a list of rejects; undefined for anything else. */
export function readRejectsPosition(value: unknown): string | undefined {
  return typeof value === 'string' && value.startsWith(rejectPrefix) && value.length <= maxKeyLength
    ? value
    : undefined;
}

/** The longest key that S3 has, in bytes. */
const maxKeyLength = 1024;

/** Undefined for an object that holds no rejects, such as the copy of a whole file beside them. */
function renderReject({ key, bytes, keptAt }: QuarantineObject) {
  const names = readRejectKey(key);
  if (names === undefined) return undefined;
  const { source, code, name } = names;
  return { id: name, source, code, bytes, kept: formatTime(keptAt) };
}
