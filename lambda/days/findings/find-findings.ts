import type { Session, Usage } from '../../ledger/observation.ts';
import { type Day, findDay } from '../day.ts';
import type { EventRow, SessionRow } from '../rows.ts';
import { checkChain } from './chain.ts';
import { checkClose } from './close.ts';
import { checkDuplicates } from './duplicate.ts';
import type { Finding } from './finding.ts';
import { isSuperSim } from './known-session.ts';
import { sortFindings } from './make-finding.ts';
import { checkEnds, checkSessions, checkStarts } from './orphan.ts';
import { checkEventPaths, checkUsagePaths, type FiledRows } from './path.ts';

/** What the findings of a SIM's day follow from. */
export interface FindingsBasis {
  readonly day: Day;
  /** The day's usage rows. */
  readonly usage: readonly Usage[];
  /** The day's session rows: sessions that ended on it. */
  readonly sessions: readonly SessionRow[];
  /** Sessions that were looked at and are open. */
  readonly openSessions: readonly Session[];
  /**
   * Usage rows of the days before, in the order of time, back to the start of each session that {@link needsFormerUsage};
   * undefined where they are not known any more, so that these sessions are not judged.
   */
  readonly formerUsage: readonly Usage[] | undefined;
  /** The day's events. */
  readonly events: readonly EventRow[];
  /** Those of the day's usage and events that came in a file; none where no file repeats a stream. */
  readonly filed: FiledRows;
}

/** The findings of a SIM's day, in the order of their rows. */
export function findFindings({
  day,
  usage,
  events,
  sessions,
  openSessions,
  formerUsage,
  filed,
}: FindingsBasis): Finding[] {
  const judged = sessions.filter(
    (session) =>
      findDay(session.start) >= day || (formerUsage !== undefined && needsFormerUsage(day, session, usage)),
  );
  const all = [...(formerUsage ?? []), ...usage];
  return sortFindings([
    ...judged.flatMap((session) => {
      const known = { session, usage: all.filter(({ start }) => findDay(start) >= findDay(session.start)) };
      return [...checkChain(known), ...checkClose(known)];
    }),
    ...checkStarts(sessions),
    ...checkEnds(day, openSessions),
    ...checkSessions(usage),
    ...checkDuplicates(usage),
    ...checkUsagePaths(usage, filed.usage),
    ...checkEventPaths(events, filed.events),
  ]);
}

/**
 * Whether a session that ended on a day is judged by usage of the days before: it began before, and its records state what
 * is compared. Of a data streamer whose usage of the day names no session, nothing is compared.
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
