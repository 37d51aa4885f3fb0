import type { Session } from '../ledger/observation.ts';
import type { StoredUsage } from '../store/records.ts';
import { convertCountry } from './country-code.ts';
import type { Disclosure } from './disclosure.ts';
import { estimateLocation } from './location-estimate.ts';
import type { Page, PageRequest } from './page.ts';
import type { sessionStatuses } from './parameters.ts';
import type { Period } from './period.ts';
import type { QueryPorts } from './ports.ts';
import { readRefreshedSessions } from './refreshed-sessions.ts';
import {
  findStatus,
  nothingReturned,
  type Returned,
  readSessionPage,
  type SessionPage,
} from './session-listing.ts';
import { noVolumes, sumVolumes, type Volumes } from './session-totals.ts';
import { type FoundSim, requireKnown } from './sim-lookup.ts';

/** Which of a SIM's data sessions to list. */
export interface SessionsQuery extends PageRequest<Returned> {
  readonly sim: FoundSim;
  /** When they started; both ends included. */
  readonly period: Period;
  /** Only sessions with this status. */
  readonly status: (typeof sessionStatuses)[number] | undefined;
}

/** A data session as a resource. */
export type DataSession = ReturnType<typeof renderDataSession>;

/**
 * Lists a SIM's data sessions, newest first.
 *
 * @throws NotFoundError if no record of the SIM has arrived.
 */
export async function listDataSessions(
  { sim, period, status, size, after, include }: SessionsQuery,
  ports: Pick<QueryPorts, 'reader' | 'sessionRefresh'>,
): Promise<Page<DataSession, Returned>> {
  const selection = { sim: sim.sim, ...period, status };
  const page = await readSessionPage(ports.reader, selection, after ?? nothingReturned, size);
  if (page.sessions.length === 0) await requireKnown(ports.reader, sim);
  return { resources: await renderDataSessions(ports, sim.sim, page, include), next: page.next };
}

/** What is needed to complete sessions. */
export interface SessionPorts extends Pick<QueryPorts, 'sessionRefresh'> {
  readonly reader: Pick<QueryPorts['reader'], 'readUsage'>;
}

/** Sessions of one SIM as resources: up to date, with their volumes added up if these are not stated. */
export async function renderDataSessions(
  { reader, sessionRefresh }: SessionPorts,
  sim: string,
  { sessions: stored, findNextStart }: Pick<SessionPage, 'sessions' | 'findNextStart'>,
  disclosure: Disclosure,
): Promise<DataSession[]> {
  const readUsageBetween = (from: string, to: string): AsyncIterable<readonly StoredUsage[]> =>
    reader.readUsage({ sim, from, to: `${to}$` });
  const readRenderingsBetween = (from: string, to: string): AsyncIterable<readonly StoredUsage[]> =>
    reader.readUsage({ sim, from, to: `${to}$` }, { everyRendering: true });
  const sessions =
    sessionRefresh === 'hourly'
      ? await readRefreshedSessions(stored, findNextStart, readRenderingsBetween)
      : stored;
  const volumes = await sumVolumes(sessions, findNextStart, readUsageBetween);
  return sessions.map((session) =>
    renderDataSession(session, volumes.get(session.sessionId) ?? noVolumes, disclosure),
  );
}

/**
 * A session as the DataSession resource of Twilio and KORE, followed by simledger's own fields. Undisclosed fields are
 * null.
 */
function renderDataSession(session: Session, volumes: Volumes, disclosure: Disclosure) {
  const { sim, sessionId, origin, start, terminal, groups } = session;
  const { network, cell, device, address, subscriber, ids, trouble } = groups;
  const { radio, ratType, mcc, mnc, operatorName, country } = network?.group ?? {};
  return {
    sid: sessionId,
    sim_sid: ids?.group.simSid ?? sim,
    account_sid: readAccountSid(ids?.group.accountId),
    radio_link: radio ?? ratType ?? null,
    operator_mcc: mcc ?? null,
    operator_mnc: mnc ?? null,
    operator_country: convertCountry(country, mcc),
    operator_name: operatorName ?? null,
    cell_id: cell?.group.cellId ?? null,
    cell_location_estimate: estimateLocation(cell?.group),
    // Streams do not count packets; the documented default is 0.
    packets_uploaded: 0,
    packets_downloaded: 0,
    last_updated: origin.at,
    start,
    end: terminal?.end ?? null,
    imei: device?.group.imei ?? null,
    data_uploaded: volumes.uploaded,
    data_downloaded: volumes.downloaded,
    data_total: volumes.total,
    apn: address?.group.apn ?? null,
    ip_address: disclosure.has('ip_address') ? (address?.group.ipAddress ?? null) : null,
    imsi: disclosure.has('imsi') ? (subscriber?.group.imsi ?? null) : null,
    status: findStatus(session),
    source: origin.group.source,
    error: trouble?.group.error ?? null,
  };
}

/** An account's id if it is a SID; other carriers number their organisations. */
export function readAccountSid(accountId: string | undefined): string | null {
  return accountId !== undefined && /^AC[0-9a-f]{32}$/i.test(accountId) ? accountId : null;
}
