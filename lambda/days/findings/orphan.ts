import type { Session, Usage } from '../../ledger/observation.ts';
import { type Day, findDay, shiftDay } from '../day.ts';
import type { SessionRow } from '../rows.ts';
import type { Finding } from './finding.ts';
import { makeFinding, makeRecordFinding } from './make-finding.ts';

/** How many days an open session may be without a record before its end counts as lost. */
export const orphanDays = 7;

/** The day on which an open session will have had no record for {@link orphanDays}, if none arrives. */
export function findWaitingDay({ origin }: Session): Day {
  return shiftDay(findDay(origin.at), orphanDays);
}

/** Whether a session lacks its end on a day: it has been open without a record for {@link orphanDays}. */
export function lacksEnd(session: Session, day: Day): boolean {
  return session.terminal === undefined && findWaitingDay(session) === day;
}

/** Finds sessions whose start no record states. */
export function checkStarts(sessions: readonly SessionRow[]): Finding[] {
  return sessions
    .filter(({ startStated }) => !startStated)
    .map((session) => describeSession(session, 'no-start', session.terminal.end));
}

/** Finds open sessions that have had no record for {@link orphanDays}, on a day. */
export function checkEnds(day: Day, sessions: readonly Session[]): Finding[] {
  return sessions
    .filter((session) => lacksEnd(session, day))
    .map((session) => describeSession(session, 'no-end', session.origin.at));
}

/**
 * Finds data records without a session, if other records of the SIM and source name one. For example, a data streamer's
 * file has no session, so a record that arrived only by file has none. If no record names a session, none is missing.
 *
 * @param usage a day's usage rows.
 */
export function checkSessions(usage: readonly Usage[]): Finding[] {
  const data = usage.filter(({ trafficType }) => trafficType === 'data');
  const naming = new Set(data.flatMap(({ source, sessionId }) => (sessionId === undefined ? [] : [source])));
  return data
    .filter(
      ({ source, sessionId, dataTotal }) => sessionId === undefined && dataTotal > 0 && naming.has(source),
    )
    .map((record) => makeRecordFinding(record, 'orphan', 'no-session'));
}

function describeSession(session: Session, reason: 'no-start' | 'no-end', end: string): Finding {
  const { source, carrier } = session.origin.group;
  return makeFinding({
    sim: session.sim,
    check: 'orphan',
    reason,
    ...{ source, carrier },
    sessionId: session.sessionId,
    start: session.start,
    end,
    subject: [session.sessionId],
    bytes: undefined,
    records: [],
  });
}
