import type { Session } from '../ledger/observation.ts';
import { type Day, findDay, findSessionDay, shiftDay } from './day.ts';
import { printRow } from './digests.ts';
import type { SessionRow } from './rows.ts';
import { digest } from './slots.ts';

/**
 * Which day's rows include a session.
 *
 * A late record can move a session's end, and so the session, to another day: a later one, because of two ends the
 * later one wins. A note of each session says which day has it. The new day first takes over the session, with the
 * whole content of the noted day's row, and changes the note; then the old day, when it is read again, leaves it out.
 * So a session is never lost, wherever a run stops.
 */

/** Which day has a session as a row, and a hash of the row. */
export interface SessionNote {
  readonly day: Day;
  readonly hash: string;
}

/** A session that is read with a day: a record or a marker of the day names it, or it began shortly before. */
export interface SessionVisit {
  /** The day that is read. */
  readonly day: Day;
  /** Whether the day that is read makes a later day take the session: see {@link announcesSession}. */
  readonly isAnnounced: boolean;
  /** Everything that is known: what is stored, the row of this day, and that of the noted day. */
  readonly session: Session;
  /** Its previous row of this day. */
  readonly row: SessionRow | undefined;
  readonly note: SessionNote | undefined;
}

/** The outcome for a session when a day is read. */
export interface SessionPlacement {
  /** Its row of this day. */
  readonly row: SessionRow | undefined;
  /** The note to write after the row is stored; undefined if it does not change. */
  readonly note: SessionNote | undefined;
  /** Days that must be read again: the one that must take over the session, or the one that must leave it out. */
  readonly redo: readonly Day[];
}

/** Decides which day's rows include a session. */
export function placeSession({ day, isAnnounced, session, row, note }: SessionVisit): SessionPlacement {
  const ownDay = findSessionDay(session);
  if (!isEnded(session) || ownDay === undefined) return { row, note: undefined, redo: [] };
  const hash = hashSession(session);
  const isNoted = note?.day === ownDay && note.hash === hash;
  if (ownDay === day) {
    return {
      row: session,
      note: isNoted ? undefined : { day, hash },
      redo: note === undefined || note.day === day ? [] : [note.day],
    };
  }
  // As long as no later day has it, the row stays as it is. A run that died may have left it without a note: then the
  // later day would not know that this one has it.
  const isKept = row !== undefined && (note === undefined || note.day <= day);
  const isMarked = !isNoted && (ownDay < day || isKept || note !== undefined || isAnnounced);
  return {
    row: isKept ? row : undefined,
    note: isKept && note === undefined ? { day, hash: hashSession(row) } : undefined,
    redo: isMarked ? [ownDay] : [],
  };
}

/** What is known about a session that ends on another day, when a day is read for the first time. */
export interface AnnouncedSession {
  readonly day: Day;
  readonly session: Session;
  /** Whether an event of the day ended it. */
  readonly isEndedByEvent: boolean;
  /** The last closed day. */
  readonly closedThrough: Day;
}

/**
 * Whether the first reading of a day must mark a session's later day. That day finds the session by itself, by the
 * event that ended it or by its start, unless
 *
 * - the event is on the day that is read,
 * - or the session began on it, more than a day before its end, which is closed already: the event may have expired.
 */
export function announcesSession({ day, session, isEndedByEvent, closedThrough }: AnnouncedSession): boolean {
  const ownDay = findSessionDay(session);
  if (ownDay === undefined) return false;
  return (
    isEndedByEvent || (findDay(session.start) === day && ownDay > shiftDay(day, 1) && ownDay <= closedThrough)
  );
}

/**
 * Whether a session contains everything that the noted day's row does, so that the row need not be read. A row is
 * stored before its note. A row that was stored later, by a run that died before it wrote the note, contains nothing
 * else than the session, because sessions do not expire.
 */
export function saysAll(session: Session, note: SessionNote): boolean {
  return isEnded(session) && hashSession(session) === note.hash;
}

/** A hash of a session's row. */
export function hashSession(session: SessionRow): string {
  return digest(printRow('sessions', session));
}

function isEnded(session: Session): session is SessionRow {
  return session.terminal !== undefined;
}
