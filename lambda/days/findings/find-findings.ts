import type { Session, Usage } from '../../ledger/observation.ts';
import { type Day, findDay } from '../day.ts';
import type { EventRow, SessionRow } from '../rows.ts';
import { checkChain } from './chain.ts';
import { checkClose } from './close.ts';
import { checkDuplicates } from './duplicate.ts';
import type { Finding } from './finding.ts';
import { isSuperSim, type KnownSession } from './known-session.ts';
import { sortFindings } from './make-finding.ts';
import { checkEnds, checkSessions, checkStarts } from './orphan.ts';
import { checkEventPaths, checkUsagePaths, type FiledRows } from './path.ts';
import { findUnknownBeginning, type UnknownBeginning } from './unknown-beginning.ts';

/** What the findings of a SIM's day depend on. */
export interface FindingsBasis {
  readonly day: Day;
  /** The day's usage rows. */
  readonly usage: readonly Usage[];
  /** The day's session rows: sessions that ended on it. */
  readonly sessions: readonly SessionRow[];
  /** Open sessions that were read. */
  readonly openSessions: readonly Session[];
  /**
   * Usage rows of earlier days, by time, back to the start of each session that {@link needsFormerUsage}; undefined if
   * they are no longer known, so that these sessions are not judged.
   */
  readonly formerUsage: readonly Usage[] | undefined;
  /** The day's events. */
  readonly events: readonly EventRow[];
  /**
   * Sessions without any record that shows that the ledger heard the SIM before their first usage: see {@link
   * listUnknownBeginnings}.
   */
  readonly unheard?: ReadonlySet<string>;
  /** The day's usage and events that arrived in a file; empty if no file repeats a stream. */
  readonly filed: FiledRows;
}

/** The findings of a SIM's day, in the order of their rows. */
export function findFindings(basis: FindingsBasis): Finding[] {
  const { day, usage, events, sessions, openSessions, filed } = basis;
  return sortFindings([
    ...listJudged(basis).flatMap((known) => [...checkChain(known), ...checkClose(known)]),
    ...checkStarts(sessions),
    ...checkEnds(day, openSessions),
    ...checkSessions(usage),
    ...checkDuplicates(usage),
    ...checkUsagePaths(usage, filed.usage),
    ...checkEventPaths(events, filed.events),
  ]);
}

/** The sessions whose usage is compared. */
function listJudged({
  day,
  usage,
  sessions,
  formerUsage,
  unheard,
}: Pick<FindingsBasis, 'day' | 'usage' | 'sessions' | 'formerUsage' | 'unheard'>): KnownSession[] {
  const judged = sessions.filter(
    (session) =>
      findDay(session.start) >= day || (formerUsage !== undefined && needsFormerUsage(day, session, usage)),
  );
  const all = [...(formerUsage ?? []), ...usage];
  return judged.map((session) => ({
    session,
    usage: all.filter(({ start }) => findDay(start) >= findDay(session.start)),
    isUnheard: unheard?.has(session.sessionId) === true,
  }));
}

/**
 * Sessions in which something is missing, and whose first usage is later than their beginning. It may have arrived
 * before the ledger began, unless a record shows that the ledger already heard the SIM then.
 */
export function listUnknownBeginnings(
  basis: Pick<FindingsBasis, 'day' | 'usage' | 'sessions' | 'formerUsage'>,
): UnknownBeginning[] {
  return listJudged(basis).flatMap((known) => {
    const beginning = findUnknownBeginning(known);
    if (beginning === undefined) return [];
    const isWhole = checkChain(known).length === 0 && checkClose(known).length === 0;
    return isWhole ? [] : [beginning];
  });
}

/**
 * Whether a session that ended on a day is judged by usage of earlier days: it began earlier, and its records state
 * what is compared. A data-streamer session is not compared if the day's usage names no session.
 *
 * @param usage the day's usage rows.
 */
export function needsFormerUsage(day: Day, session: SessionRow, usage: readonly Usage[]): boolean {
  if (findDay(session.start) >= day) return false;
  if (isSuperSim(session)) {
    const own = usage.filter(({ sessionId }) => sessionId === session.sessionId);
    return session.groups.totals !== undefined || own.some(({ sessionTotal }) => sessionTotal !== undefined);
  }
  if (session.groups.totals === undefined) return false;
  const { source } = session.origin.group;
  const data = usage.filter((record) => record.source === source && record.trafficType === 'data');
  return data.length === 0 || data.some(({ sessionId }) => sessionId !== undefined);
}
