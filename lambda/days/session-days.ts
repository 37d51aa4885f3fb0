import type { Session } from '../ledger/observation.ts';
import { type Day, findDay, findSessionDay, shiftDay } from './day.ts';
import { printRow } from './digests.ts';
import type { SessionRow } from './rows.ts';
import { digest } from './slots.ts';

/**
 * In which day's rows a session stands.
 *
 * A late record can move a session's end, and so the session to another day: a later one, since of two ends the later one
 * holds. A note beside each session says which day has it. The new day takes the session over first, with all that the
 * noted day's row says, and changes the note; then the old day, read again, leaves it out. So a session is never lost,
 * whatever stops in between.
 */

/** Which day has a session as a row, and what the row says. */
export interface SessionNote {
  readonly day: Day;
  readonly hash: string;
}

/** A session that is looked at while a day is read: a record or a marker of the day names it, or it began shortly before. */
export interface SessionVisit {
  /** The day that is read. */
  readonly day: Day;
  /** Whether the day that is read sees to it that a later day takes the session: see {@link announcesSession}. */
  readonly isAnnounced: boolean;
  /** All that is known: what is stored, the row of this day, and that of the noted day. */
  readonly session: Session;
  /** Its row of this day, as it was before. */
  readonly row: SessionRow | undefined;
  readonly note: SessionNote | undefined;
}

/** What becomes of a session when a day is read. */
export interface SessionPlacement {
  /** Its row of this day. */
  readonly row: SessionRow | undefined;
  /** The note to be written once the row is stored; undefined if it stays as it is. */
  readonly note: SessionNote | undefined;
  /** Days that must be read again: the one that must take the session over, or leave it out. */
  readonly redo: readonly Day[];
}

/** Decides in which day's rows a session stands. */
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
  // As long as no later day has it, the row stays where it is, as it is. A run that died may have left it without a note:
  // then the later day would not know that this one has it.
  const isKept = row !== undefined && (note === undefined || note.day <= day);
  const isMarked = !isNoted && (ownDay < day || isKept || note !== undefined || isAnnounced);
  return {
    row: isKept ? row : undefined,
    note: isKept && note === undefined ? { day, hash: hashSession(row) } : undefined,
    redo: isMarked ? [ownDay] : [],
  };
}

/** What is known when a day is read for the first time, of a session that ends on another day. */
export interface AnnouncedSession {
  readonly day: Day;
  readonly session: Session;
  /** Whether an event of the day ended it. */
  readonly isEndedByEvent: boolean;
  /** The last closed day. */
  readonly closedThrough: Day;
}

/**
 * Whether the first reading of a day must mark a session's later day. That day finds the session by itself, by the event
 * that ended it or by its start, unless
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

/** What a session's row says, in short. */
export function hashSession(session: SessionRow): string {
  return digest(printRow('sessions', session));
}

/** Whether a session is over, so that it is the row of a day. */
export function isEnded(session: Session): session is SessionRow {
  return session.terminal !== undefined;
}
