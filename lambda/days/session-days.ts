import type { Session } from '../ledger/observation.ts';
import { type Day, findSessionDay } from './day.ts';
import { digest, printRow } from './digests.ts';
import type { SessionRow } from './rows.ts';

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

/** A session that is looked at while a day is read: its end is in the day, or a record of the day names it. */
export interface SessionVisit {
  /** The day that is read. */
  readonly day: Day;
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
  /** Days that have to be read again: the one that must take the session over, or leave it out. */
  readonly redo: readonly Day[];
}

/** Decides in which day's rows a session stands. */
export function placeSession({ day, session, row, note }: SessionVisit): SessionPlacement {
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
  // As long as no later day has it, the row stays where it is, as it is.
  const isTaken = note !== undefined && note.day > day;
  return { row: isTaken ? undefined : row, note: undefined, redo: isNoted ? [] : [ownDay] };
}

/** What a session's row says, in short. */
export function hashSession(session: SessionRow): string {
  return digest(printRow('sessions', session));
}

function isEnded(session: Session): session is SessionRow {
  return session.terminal !== undefined;
}
