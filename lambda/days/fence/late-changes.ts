import { isAccount } from '../../ledger/accounts.ts';
import { renderingDistance } from '../../ledger/counted.ts';
import type { Change, Changes } from '../../ledger/fold.ts';
import type { Session } from '../../ledger/observation.ts';
import { formatTime, toMilliseconds } from '../../ledger/time.ts';
import { findDay } from '../day.ts';

/**
 * Which changes belong to days that the fence has passed, and which markers they need.
 *
 * A usage record or event belongs to the day of its time. Of two renderings of a record that are up to a second apart
 * only one counts, so a record within a second of midnight concerns both days.
 *
 * A session belongs to the day of its `end`, which a change need not state. So the marker of a session names it: a
 * visit reads that session and finds its day. A change whose latest statement belongs to a day that is not closed needs
 * no marker, unless it ends the session on a closed day: the record that states the change has an item on that day, or
 * on a closed day that is marked, and the pass of a day reads each session that its records name.
 *
 * A SIM's item belongs to no day. Accounts have no item by which the pass of an open day would find their events, so
 * these are always marked.
 */

/** What a visit must read again: a SIM's day, or one of its sessions. */
export interface LateSubject {
  readonly sim: string;
  /** UTC day, for example `2026-11-02`. */
  readonly day: string;
  /** Set only for a session. */
  readonly sessionId?: string | undefined;
}

/** A text that identifies a subject. */
export function nameSubject({ sim, day, sessionId }: LateSubject): string {
  return JSON.stringify([sim, day, sessionId]);
}

/** The subjects of two lists, each once: of two equal subjects, the one in `later`. */
export function joinSubjects<Subject extends LateSubject>(
  earlier: readonly Subject[],
  later: readonly Subject[],
): Subject[] {
  return [...new Map([...earlier, ...later].map((subject) => [nameSubject(subject), subject])).values()];
}

/** Whether the fence has passed a day. */
function isClosed(day: string, closedThrough: string): boolean {
  return day <= closedThrough;
}

/** The subjects of a usage record or event whose days are closed. */
function listRecordSubjects(sim: string, time: string, closedThrough: string): LateSubject[] {
  const day = findDay(time);
  const isMarkedAlways = isAccount(sim);
  // Nearly every record belongs to an open day, and not to its first minute.
  if (!isMarkedAlways && !isClosed(day, closedThrough) && time.slice(11, 17) !== '00:00:') return [];
  const at = toMilliseconds(time);
  const days = [-renderingDistance, 0, renderingDistance].map((shift) => findDay(formatTime(at + shift)));
  return [...new Set(days)]
    .filter((one) => isMarkedAlways || isClosed(one, closedThrough))
    .map((one) => ({ sim, day: one }));
}

function listSessionSubjects(
  { sim, sessionId, origin, terminal }: Session,
  closedThrough: string,
): LateSubject[] {
  const days = [findDay(origin.at), ...(terminal === undefined ? [] : [findDay(terminal.end)])];
  const [day] = days.filter((one) => isClosed(one, closedThrough)).sort();
  return day === undefined ? [] : [{ sim, day, sessionId }];
}

/** A change, and what must be marked before it is written. */
export interface LateChange {
  readonly change: Change<unknown>;
  readonly subjects: readonly LateSubject[];
}

/** The changes that need a marker. */
export function findLateChanges({ sessions, usage, events }: Changes, closedThrough: string): LateChange[] {
  const late: LateChange[] = [];
  const add = (change: Change<unknown>, subjects: readonly LateSubject[]): void => {
    if (subjects.length > 0) late.push({ change, subjects });
  };
  for (const change of sessions) add(change, listSessionSubjects(change.state, closedThrough));
  for (const change of usage) {
    add(change, listRecordSubjects(change.state.sim, change.state.start, closedThrough));
  }
  for (const change of events) {
    add(change, listRecordSubjects(change.state.sim, change.state.time, closedThrough));
  }
  return late;
}
