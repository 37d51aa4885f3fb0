import { createHash } from 'node:crypto';
import type { Session } from '../ledger/observation.ts';
import { isKey } from '../store/keys.ts';
import type { SessionKey } from '../store/read-ranges.ts';
import type { LedgerReader } from '../store/reader.ts';
import type { sessionStatuses } from './parameters.ts';

/**
 * Lists a SIM's sessions, newest first, while records keep arriving.
 *
 * The index is sorted by start, and a start can move: a late record shows that a session began earlier, or a stated
 * start replaces an observed one. A list that only knew where it had stopped would repeat a session that moved back
 * across that place, and miss one that moved forward. So a list remembers the sessions that it has returned: each page
 * reads the keys from the top and takes the first that were not returned yet. Every session that stays within the
 * list's period is returned exactly once, whatever moves or is added. Keys are small: skipping a hundred returned ones
 * costs two read units, and the sessions of a page cost one for every two.
 *
 * The page token contains six bytes of a hash for each of the last {@link maxRemembered} sessions. Beyond that,
 * sessions that started after the oldest of these count as returned. Only a session that moves past that many others
 * during the list could be repeated or missed.
 */

/** How many sessions a token remembers: it then stays below the 8 KB that clients and gateways allow for a URL. */
export const maxRemembered = 900;

/** What a list has returned so far. */
export interface Returned {
  /** Hashes of sessions, of six bytes each. */
  readonly hashes: ReadonlySet<string>;
  /** Sessions that started at or after this one count as returned. */
  readonly floor: SessionKey | undefined;
}

/** The state at the beginning of a list. */
export const nothingReturned: Returned = { hashes: new Set(), floor: undefined };

/** Which sessions to list. */
export interface SessionSelection {
  readonly sim: string;
  readonly from: string;
  /** Undefined for an open end. */
  readonly to: string | undefined;
  readonly status: (typeof sessionStatuses)[number] | undefined;
}

/** A page of sessions. */
export interface SessionPage {
  readonly sessions: readonly Session[];
  /** Undefined at the end of the list. */
  readonly next: Returned | undefined;
  /** When the SIM's next session after one of the page started; undefined for its last. */
  findNextStart(sessionId: string): string | undefined;
}

/** What a list reads from. */
export type SessionSource = Pick<LedgerReader, 'listSessionKeys' | 'readSessions'>;

/** How many sessions one page reads to find those with a status. */
const maxExamined = 1_000;
const endOfTime = '9999';
const hashBytes = 6;

/** Reads a list's next page of up to `size` sessions. With a status there may be fewer although more follow. */
export async function readSessionPage(
  source: SessionSource,
  selection: SessionSelection,
  given: Returned,
  size: number,
): Promise<SessionPage> {
  const { sim, from, to, status } = selection;
  const wanted = status === undefined ? size : maxExamined;
  // One more than can be returned tells whether anything is left.
  const limit = given.hashes.size + wanted + 1;
  const keys = await source.listSessionKeys({ sim, from, to: to ?? endOfTime }, limit, {
    after: given.floor,
  });
  const open = keys.filter(({ sessionId }) => !given.hashes.has(hashSessionId(sessionId)));
  const { sessions, examined } = await take(source, selection, open.slice(0, wanted), size);
  const isLast = examined.length === open.length && keys.length < limit;
  return {
    sessions,
    next: isLast ? undefined : remember(given, examined, keys),
    findNextStart: await readNextStarts(source, selection, sessions, keys, given.floor),
  };
}

/** The first sessions with the status, and how many keys were read to find them. */
async function take(
  source: SessionSource,
  { sim, status }: SessionSelection,
  open: readonly SessionKey[],
  size: number,
): Promise<{ sessions: readonly Session[]; examined: readonly SessionKey[] }> {
  const sessions: Session[] = [];
  let examined = 0;
  while (examined < open.length && sessions.length < size) {
    const ids = open.slice(examined, examined + size).map(({ sessionId }) => sessionId);
    const found = new Map(
      (await source.readSessions(sim, ids)).map((session) => [session.sessionId, session]),
    );
    for (const id of ids) {
      if (sessions.length === size) break;
      examined += 1;
      const session = found.get(id);
      if (session !== undefined && (status === undefined || findStatus(session) === status))
        sessions.push(session);
    }
  }
  return { sessions, examined: open.slice(0, examined) };
}

/** A session's status, as its item states it. */
export function findStatus({ terminal }: Session): (typeof sessionStatuses)[number] {
  return terminal?.status ?? 'open';
}

/** What was returned after a page; the oldest session that is forgotten becomes the floor. */
function remember(given: Returned, examined: readonly SessionKey[], keys: readonly SessionKey[]): Returned {
  const hashes = new Set(given.hashes);
  for (const { sessionId } of examined) hashes.add(hashSessionId(sessionId));
  let { floor } = given;
  for (const key of keys) {
    // Sessions that were not returned stay below the floor, even if returned sessions have moved behind it.
    if (hashes.size <= maxRemembered || !hashes.delete(hashSessionId(key.sessionId))) break;
    floor = key;
  }
  return { hashes, floor };
}

/** When the sessions that follow those of a page started, from the neighbouring keys in the index, newest first. */
async function readNextStarts(
  source: SessionSource,
  { sim, to }: SessionSelection,
  sessions: readonly Session[],
  keys: readonly SessionKey[],
  floor: SessionKey | undefined,
): Promise<(sessionId: string) => string | undefined> {
  const starts = new Map(keys.map(({ sessionId }, at) => [sessionId, (keys[at - 1] ?? floor)?.start]));
  const [first] = keys;
  const isNewest = sessions.some(({ sessionId, terminal }) => sessionId === first?.sessionId && !terminal);
  if (first !== undefined && floor === undefined && to !== undefined && isNewest) {
    // The session that follows is beyond the list's end.
    const range = { sim, from: first.start, to: endOfTime };
    const [next] = await source.listSessionKeys(range, 1, { after: first, oldestFirst: true });
    starts.set(first.sessionId, next?.start);
  }
  return (sessionId) => starts.get(sessionId);
}

/** Encodes what a list has returned. */
export function encodeReturned({ hashes }: Returned): Uint8Array {
  return Buffer.concat([...hashes].map((hash) => Buffer.from(hash, 'hex')));
}

/**
 * Decodes what a list has returned; undefined if no list can have encoded it.
 *
 * @param range the period of the list: the floor is a session within it.
 */
export function decodeReturned(
  bytes: Uint8Array,
  floor: unknown,
  range: Pick<SessionSelection, 'from' | 'to'>,
): Returned | undefined {
  if (bytes.length > maxRemembered * hashBytes) return undefined;
  const key = floor === null ? undefined : readSessionKey(floor, range);
  if ((floor !== null && key === undefined) || bytes.length % hashBytes !== 0) return undefined;
  const text = Buffer.from(bytes).toString('hex');
  return { hashes: new Set(text.match(new RegExp(`.{${2 * hashBytes}}`, 'g'))), floor: key };
}

function readSessionKey(
  value: unknown,
  { from, to = endOfTime }: Pick<SessionSelection, 'from' | 'to'>,
): SessionKey | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { sessionId, start } = value as Readonly<Record<string, unknown>>;
  if (!isKey(sessionId, 'sort') || !isKey(start, 'sort')) return undefined;
  return start >= from && start <= to ? { sessionId, start } : undefined;
}

function hashSessionId(sessionId: string): string {
  return createHash('sha256')
    .update(sessionId)
    .digest('hex')
    .slice(0, 2 * hashBytes);
}
