import type { Session } from '../../ledger/observation.ts';
import { mergeSessions } from '../../ledger/session.ts';
import { endsSession } from '../counted-events.ts';
import { type Day, findReadSpan, shiftDay, startDay } from '../day.ts';
import type { LateSubject } from '../fence/late-changes.ts';
import type { FiledRecords } from '../filed-records.ts';
import { listItems, makeRows, mergeItems, type SessionRow, type SimRows, sortSessions } from '../rows.ts';
import { announcesSession, placeSession, type SessionNote, saysAll } from '../session-days.ts';
import type { DayPorts } from './ports.ts';
import { readFindings } from './read-findings.ts';
import { readBucketCount, readSimRows } from './sim-rows.ts';

/** A note to write after a session's row is stored. */
export interface NoteChange {
  readonly sessionId: string;
  readonly note: SessionNote;
  readonly before: SessionNote | undefined;
}

/** A SIM's day, after it was read again. */
export interface ReadSim {
  readonly rows: SimRows;
  readonly notes: readonly NoteChange[];
  /** Other days of the SIM that must be read again, each for a session. */
  readonly redo: readonly LateSubject[];
  /** All sessions that were read, completely. */
  readonly sessions: readonly Session[];
}

/** What to read of a SIM. */
export interface SimReading {
  readonly sim: string;
  readonly day: Day;
  /** Whether the day is read for the first time. */
  readonly isFirst: boolean;
  /** The last closed day when the day was first read. */
  readonly closedThrough: Day;
  /** Sessions that markers of the day name. */
  readonly sessionIds: readonly string[];
  /** The rows that are in the lake. */
  readonly before: SimRows;
  /** Which records of the bucket arrived in files. */
  readonly filed: Pick<FiledRecords, 'pick'>;
}

/**
 * Reads a SIM's day: merges the rows in the lake with the tables, and decides which sessions are rows.
 *
 * Sessions are found through the records of the day that name them, markers, the rows in the lake, and their start on
 * the day or the day before. The event that ends a session names it, so the day of that event finds it, and marks the
 * day of its end if that is another day.
 */
export async function readSim(
  { tables, notes, lake }: Pick<DayPorts, 'tables' | 'notes' | 'lake'>,
  { sim, day, isFirst, closedThrough, sessionIds, before, filed }: SimReading,
): Promise<ReadSim> {
  const { usage, events } = await tables.readRecords(sim, findReadSpan(day));
  const named = [...usage, ...events, ...before.sessions].flatMap(({ sessionId }) => sessionId ?? []);
  const ids = [...new Set([...named, ...sessionIds])];
  const startedIn = { from: startDay(shiftDay(day, -1)), to: startDay(shiftDay(day, 1)) };
  const stored = await tables.readSessions(sim, startedIn, ids);
  const merged = mergeItems(listItems(before), { usage, events, sessions: stored });
  const known = await notes.read(
    sim,
    merged.sessions.map(({ sessionId }) => sessionId),
  );
  const notedRows = new NotedRows(sim, lake);
  const placed: SessionRow[] = [];
  const sessions: Session[] = [];
  const changes: NoteChange[] = [];
  const redo: LateSubject[] = [];
  const ended = new Set(merged.events.filter(endsSession).map(({ sessionId }) => sessionId));
  for (const session of merged.sessions) {
    const { sessionId } = session;
    const note = known.get(sessionId);
    const noted = note && note.day !== day ? await notedRows.find(session, note) : undefined;
    const row = before.sessions.find((one) => one.sessionId === sessionId);
    const all: Session = noted === undefined ? session : mergeSessions(session, noted);
    sessions.push(all);
    const isEndedByEvent = ended.has(sessionId);
    const isAnnounced = !isFirst || announcesSession({ day, session: all, isEndedByEvent, closedThrough });
    const placement = placeSession({ day, isAnnounced, session: all, row, note });
    if (placement.row !== undefined) placed.push(placement.row);
    if (placement.note !== undefined) changes.push({ sessionId, note: placement.note, before: note });
    for (const other of placement.redo) redo.push({ sim, day: other, sessionId });
  }
  const rows = { ...makeRows(day, { ...merged, sessions: [] }), sessions: sortSessions(placed) };
  const reading = { sim, day, closedThrough, rows, sessions, filed };
  const findings = await readFindings({ tables, lake }, reading);
  return { rows: { ...rows, findings }, notes: changes, redo, sessions };
}

/** The rows of a SIM's sessions on other days. */
class NotedRows {
  readonly #sim: string;
  readonly #lake: DayPorts['lake'];
  readonly #days = new Map<Day, readonly SessionRow[]>();

  constructor(sim: string, lake: DayPorts['lake']) {
    this.#sim = sim;
    this.#lake = lake;
  }

  /**
   * The row of a session that its note refers to. Also undefined if that row contains nothing else than what is already
   * known, as for nearly all sessions of the day before, so that the lake need not be read.
   */
  async find(session: Session, note: SessionNote): Promise<SessionRow | undefined> {
    if (saysAll(session, note)) return undefined;
    const { day } = note;
    const rows = this.#days.get(day) ?? (await this.#read(day));
    this.#days.set(day, rows);
    return rows.find(({ sessionId }) => sessionId === session.sessionId);
  }

  async #read(day: Day): Promise<readonly SessionRow[]> {
    const buckets = await readBucketCount(this.#lake, day);
    if (buckets === undefined) return [];
    return readSimRows(this.#lake, 'sessions', { sim: this.#sim, day, buckets });
  }
}
