import type { Session, Usage } from '../../ledger/observation.ts';
import { type Day, findDay, shiftDay } from '../day.ts';
import type { SessionRow } from '../rows.ts';
import type { Finding } from './finding.ts';
import { makeFinding, makeRecordFinding } from './make-finding.ts';

/** Days for which an open session may be without a record before its end counts as lost. */
export const orphanDays = 7;

/** The day on which an open session will have been without a record for {@link orphanDays}, if none comes. */
export function findWaitingDay({ origin }: Session): Day {
  return shiftDay(findDay(origin.at), orphanDays);
}

/** Whether a session lacks its end as of a day: it has been open without a record for {@link orphanDays}. */
export function lacksEnd(session: Session, day: Day): boolean {
  return session.terminal === undefined && findWaitingDay(session) === day;
}

/** Sessions of which no record tells when they began. */
export function checkStarts(sessions: readonly SessionRow[]): Finding[] {
  return sessions
    .filter(({ startStated }) => !startStated)
    .map((session) => describeSession(session, 'no-start', session.terminal.end));
}

/** Open sessions of which no record has arrived for {@link orphanDays}, as of a day. */
export function checkEnds(day: Day, sessions: readonly Session[]): Finding[] {
  return sessions
    .filter((session) => lacksEnd(session, day))
    .map((session) => describeSession(session, 'no-end', session.origin.at));
}

/**
 * Data records without a session, where other records of the SIM and source name one: a data streamer's file, for one,
 * has no session, so that a record that came by file only has none. Where no record names a session, none is missing.
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
