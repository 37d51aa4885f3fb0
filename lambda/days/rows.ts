import { CountedItems } from '../ledger/counted.ts';
import { pickMoreComplete } from '../ledger/fold.ts';
import type { LedgerEvent, Session, Terminal, Usage } from '../ledger/observation.ts';
import { mergeSessions } from '../ledger/session.ts';
import { toMilliseconds } from '../ledger/time.ts';
import { type Day, findDay, findReadSpan, findSessionDay } from './day.ts';
import type { Finding } from './findings/finding.ts';

/**
 * The rows of a SIM's day, as a function of its records.
 *
 * A day is never replaced: its new version is what is sealed, merged with what the tables still have, by the same
 * functions with which the ledger merges records. So items that have expired since change nothing.
 */

/** An event without its time of arrival, which is not part of the record. */
export type EventRow = Omit<LedgerEvent, 'arrivedAt'>;

/** A session that has ended or failed. */
export type SessionRow = Session & { readonly terminal: Terminal };

/** What is known about one SIM, from tables or from rows. */
export interface SimItems {
  readonly usage: readonly Usage[];
  readonly events: readonly EventRow[];
  readonly sessions: readonly Session[];
}

/**
 * The rows of a SIM's day, each kind in the order of time and id.
 *
 * They include renderings that do not count: records of the day of which another item is more complete, and those
 * within a second of it. They are kept because they decide which records count when a late record arrives and the
 * tables no longer have them.
 */
export interface SimRows {
  readonly usage: readonly Usage[];
  readonly events: readonly EventRow[];
  readonly sessions: readonly SessionRow[];
  readonly usageRenderings: readonly Usage[];
  readonly eventRenderings: readonly EventRow[];
  /** What is missing according to the rows. Derived from the other rows, and from other days of the SIM. */
  readonly findings: readonly Finding[];
}

/** The kinds of rows. */
export type RowKind = keyof SimRows;

/** Nothing is known. */
export const noItems: SimItems = { usage: [], events: [], sessions: [] };

/** Merges what is known about one SIM from two sources: commutative, associative and idempotent. */
export function mergeItems(a: SimItems, b: SimItems): SimItems {
  return {
    usage: mergeByKey([a.usage, b.usage], ({ usageId }) => usageId, pickMoreComplete),
    events: mergeByKey([a.events, b.events], ({ eventKey }) => eventKey, pickMoreComplete),
    sessions: mergeByKey([a.sessions, b.sessions], ({ sessionId }) => sessionId, mergeSessions),
  };
}

/** The contents of rows, as {@link mergeItems} expects them. */
export function listItems(rows: SimRows): SimItems {
  return {
    usage: [...rows.usage, ...rows.usageRenderings],
    events: [...rows.events, ...rows.eventRenderings],
    sessions: rows.sessions,
  };
}

/**
 * The rows of a SIM's day. Usage and events belong to the day in their key, a session to the day of its end.
 *
 * @param items merged, so that no key occurs twice. Those of other days are left out.
 * @returns the rows without findings, which also depend on other days.
 */
export function makeRows(day: Day, items: SimItems): SimRows {
  const usage = separate(day, items.usage, usageRecords);
  const events = separate(day, items.events, eventRecords);
  const sessions = items.sessions.filter((session): session is SessionRow => findSessionDay(session) === day);
  return {
    usage: usage.counted,
    events: events.counted,
    sessions: sortSessions(sessions),
    usageRenderings: usage.others,
    eventRenderings: events.others,
    findings: [],
  };
}

/** Sessions as rows are ordered: by start and id. */
export function sortSessions(sessions: readonly SessionRow[]): SessionRow[] {
  return sessions.toSorted(
    (a, b) => compareTexts(a.start, b.start) || compareTexts(a.sessionId, b.sessionId),
  );
}

/** Orders texts by code unit; 0 if they are the same. */
export function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function mergeByKey<State>(
  lists: readonly (readonly State[])[],
  readKey: (state: State) => string,
  merge: (a: State, b: State) => State,
): State[] {
  const merged = new Map<string, State>();
  for (const state of lists.flat()) {
    const key = readKey(state);
    const before = merged.get(key);
    merged.set(key, before === undefined ? state : merge(before, state));
  }
  return [...merged.values()];
}

/** How the records of a kind are identified. */
interface RecordKind<Row> {
  readonly readKey: (row: Row) => string;
  readonly readTime: (row: Row) => string;
  readonly readId: (row: Row) => string;
  readonly isFuller: (row: Row, other: Row) => boolean;
}

const usageRecords: RecordKind<Usage> = {
  readKey: ({ usageId }) => usageId,
  readTime: ({ start }) => start,
  readId: ({ source, recordId }) => `${source}\n${recordId}`,
  isFuller: (row, other) => pickMoreComplete(row, other) === row,
};

const eventRecords: RecordKind<EventRow> = {
  readKey: ({ eventKey }) => eventKey,
  readTime: ({ time }) => time,
  readId: ({ source, eventId }) => `${source}\n${eventId}`,
  isFuller: (row, other) => pickMoreComplete(row, other) === row,
};

/** The length of the time that a key begins with. */
const timeLength = 24;

/** Separates a day's rows that count from other renderings. */
function separate<Row extends { readonly sim: string }>(
  day: Day,
  rows: readonly Row[],
  kind: RecordKind<Row>,
): { readonly counted: readonly Row[]; readonly others: readonly Row[] } {
  const { readKey, readTime, readId } = kind;
  const { from, to } = findReadSpan(day);
  const near = rows.filter((row) => readTime(row) >= from && readTime(row) < to);
  const inOrderOfKeys = near.toSorted((a, b) => compareTexts(readKey(a), readKey(b)));
  // Most SIMs have no record twice.
  const isRepeated = new Set(near.map(readId)).size < near.length;
  const counted = new Set(isRepeated ? pickCounted(inOrderOfKeys, kind) : near);
  const inOrderOfTime = inOrderOfKeys.toSorted((a, b) => compareTexts(readTime(a), readTime(b)));
  const isCounted = (row: Row): boolean => counted.has(row) && findDay(readTime(row)) === day;
  return {
    counted: inOrderOfTime.filter(isCounted),
    others: inOrderOfTime.filter((row) => !isCounted(row)),
  };
}

/** Those of a SIM's records that count, if several may be renderings of the same record. */
function pickCounted<Row extends { readonly sim: string }>(
  inOrderOfKeys: readonly Row[],
  { readKey, readTime, readId, isFuller }: RecordKind<Row>,
): Row[] {
  const counting = new CountedItems<Row>(
    (row) => ({
      sim: row.sim,
      record: readId(row),
      at: toMilliseconds(readTime(row)),
      keyAt: toMilliseconds(readKey(row).slice(0, timeLength)),
    }),
    isFuller,
  );
  return [...counting.add(inOrderOfKeys), ...counting.end()];
}
