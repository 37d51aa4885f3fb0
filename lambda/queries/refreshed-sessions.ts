import type { Network, Session, Totals } from '../ledger/observation.ts';
import { mergeSessions } from '../ledger/session.ts';
import { formatTime, toMilliseconds } from '../ledger/time.ts';
import { divideIntoChunks } from '../store/concurrency.ts';
import type { StoredUsage } from '../store/records.ts';
import type { UsageBetween } from './session-totals.ts';

/** How many sessions' usage is read concurrently. */
const concurrentReads = 8;
/**
 * The window of an update that does not write its session is within one UTC hour, so it starts less than an hour before
 * it is observed; the margin allows for clocks that differ.
 */
const hourMilliseconds = 3_600_000;
const endOfTime = '9999';

/**
 * Brings sessions up to date if updates write them only once an hour: merges each with the statements of its usage
 * items.
 *
 * It merges the running totals that the carrier states, exactly as writing the updates would have. So the totals are
 * exact in any order of arrival, and even if a window never arrived. An ended session whose end states the totals needs
 * no read, because these totals are the last.
 *
 * Attributes that usage items do not have (cell, address) stay as of the session's last refresh.
 *
 * @param nextStart when the SIM's next session after one of them started; undefined for the last.
 */
export async function readRefreshedSessions(
  sessions: readonly Session[],
  nextStart: (sessionId: string) => string | undefined,
  usageBetween: UsageBetween,
): Promise<readonly Session[]> {
  const refreshed = new Map<string, Session>();
  for (const chunk of divideIntoChunks(sessions.filter(mayBeBehind), concurrentReads)) {
    await Promise.all(
      chunk.map(async (session) => {
        const { sessionId } = session;
        refreshed.set(sessionId, await refreshSession(session, nextStart(sessionId), usageBetween));
      }),
    );
  }
  return sessions.map((session) => refreshed.get(session.sessionId) ?? session);
}

/** Whether usage may contain more about a session than its item. */
function mayBeBehind({ terminal, origin, groups }: Session): boolean {
  return terminal === undefined || groups.totals?.at !== origin.at;
}

async function refreshSession(
  session: Session,
  nextStart: string | undefined,
  usageBetween: UsageBetween,
): Promise<Session> {
  const { sessionId, start, terminal, origin, groups } = session;
  const from = formatTime(toMilliseconds(groups.totals?.at ?? start) - hourMilliseconds);
  // A session whose end is unknown may overlap with the next one a little.
  const last = terminal?.end ?? nextStart;
  const to = last === undefined ? endOfTime : addHour(last, origin.at);
  let joined = session;
  for await (const records of usageBetween(from, to)) {
    for (const usage of records) {
      if (usage.sessionId !== sessionId || usage.observedAt === undefined) continue;
      joined = mergeSessions(joined, readStatement(usage, usage.observedAt, session));
    }
  }
  return joined;
}

/** What an update's usage item states about its session. */
function readStatement(
  usage: StoredUsage,
  at: string,
  { sim, sessionId, start, startStated }: Session,
): Session {
  const { source, carrier, iccid, dataModifier, imei, writtenImei, imsi } = usage;
  const totals = pickTotals(usage);
  const network = pickNetwork(usage);
  return {
    sim,
    sessionId,
    origin: { at, group: { source, carrier, iccid, dataModifier } },
    start,
    startStated,
    terminal: undefined,
    groups: {
      totals: totals && { at, group: totals },
      network: network && { at, group: network },
      cell: undefined,
      device: imei === undefined ? undefined : { at, group: { imei, writtenImei } },
      address: undefined,
      subscriber: imsi === undefined ? undefined : { at, group: { imsi } },
      ids: undefined,
      label: undefined,
      trouble: undefined,
    },
  };
}

function pickTotals({ sessionUploaded, sessionDownloaded, sessionTotal }: StoredUsage): Totals | undefined {
  if (sessionTotal === undefined) return undefined;
  return { dataUploaded: sessionUploaded, dataDownloaded: sessionDownloaded, dataTotal: sessionTotal };
}

function pickNetwork({ radio, mcc, mnc, operatorName, country }: StoredUsage): Network | undefined {
  const isStated = [radio, mcc, mnc, operatorName, country].some((value) => value !== undefined);
  return isStated ? { radio, ratType: undefined, mcc, mnc, operatorName, country } : undefined;
}

function addHour(...times: readonly string[]): string {
  return formatTime(Math.max(...times.map(toMilliseconds)) + hourMilliseconds);
}
