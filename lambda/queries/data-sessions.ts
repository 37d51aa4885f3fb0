import type { Session } from '../ledger/observation.ts';
import { badToken, openListing, type PageBody, pageBody } from '../query-api/listing.ts';
import { readParameters, sessionStatuses } from '../query-api/parameters.ts';
import { completePeriod, type PeriodRule } from '../query-api/period.ts';
import type { ApiRequest } from '../query-api/request.ts';
import type { StoredUsage } from '../store/records.ts';
import { threeLetterCountry } from './country-code.ts';
import { type Disclosure, disclosureOf } from './disclosure.ts';
import { locationEstimate } from './location-estimate.ts';
import type { ApiPorts } from './ports.ts';
import { refreshedSessions } from './refreshed-sessions.ts';
import {
  bytesOf,
  givenOf,
  nothingGiven,
  type SessionPage,
  sessionPage,
  statusOf,
} from './session-listing.ts';
import { noVolumes, type Volumes, volumesOf } from './session-totals.ts';
import { findSim, requireKnown } from './sim-lookup.ts';

/** How much may be asked for at once: as much as Twilio keeps. */
export const sessionPeriodRule: PeriodRule = { maxDays: 30, defaultDays: 30, includesEnd: true };

/** `GET /v1/Sims/{sim}/DataSessions` */
export async function listDataSessions(request: ApiRequest, ports: ApiPorts): Promise<PageBody> {
  const { reader } = ports;
  const parameters = readParameters('listDataSessions', request.query);
  const disclosure = disclosureOf(ports.personalData, parameters.Include);
  const { StartTime, EndTime, Status } = parameters;
  const named = await findSim(reader, request.pathParameters['sim'] ?? '');
  const { sim } = named;
  const listing = openListing(
    'listDataSessions',
    `DataSessions ${sim}`,
    parameters,
    { StartTime, EndTime, Status },
    (given, isBegun) => ({
      ...completePeriod(given, ports.now(), sessionPeriodRule, isBegun),
      Status: given['Status'],
    }),
  );
  const { filters } = listing;
  const selection = {
    sim,
    from: filters['StartTime'] ?? '',
    to: filters['EndTime'],
    status: sessionStatuses.find((status) => status === filters['Status']),
  };
  const given =
    listing.from === undefined ? nothingGiven : givenOf(listing.from.bytes, listing.from.position, selection);
  if (given === undefined) throw badToken(parameters.PageToken ?? '');
  const page = await sessionPage(reader, selection, given, listing.size);
  if (page.sessions.length === 0) await requireKnown(reader, named);
  const resources = await dataSessions(ports, sim, page, disclosure);
  const next = page.next && { position: page.next.floor ?? null, bytes: bytesOf(page.next) };
  return pageBody(request, listing, 'data_sessions', resources, next);
}

/** What sessions are completed with. */
export interface SessionPorts extends Pick<ApiPorts, 'sessionRefresh'> {
  readonly reader: Pick<ApiPorts['reader'], 'usage'>;
}

/** Sessions of one SIM as resources: as they are by now, their volumes read where they are not stated. */
export async function dataSessions(
  { reader, sessionRefresh }: SessionPorts,
  sim: string,
  { sessions: stored, nextStart }: Pick<SessionPage, 'sessions' | 'nextStart'>,
  disclosure: Disclosure,
): Promise<object[]> {
  const usageBetween = (from: string, to: string): AsyncIterable<readonly StoredUsage[]> =>
    reader.usage({ sim, from, to: `${to}$` });
  const renderingsBetween = (from: string, to: string): AsyncIterable<readonly StoredUsage[]> =>
    reader.usage({ sim, from, to: `${to}$` }, { everyRendering: true });
  const sessions =
    sessionRefresh === 'hourly' ? await refreshedSessions(stored, nextStart, renderingsBetween) : stored;
  const volumes = await volumesOf(sessions, nextStart, usageBetween);
  return sessions.map((session) =>
    dataSession(session, volumes.get(session.sessionId) ?? noVolumes, disclosure),
  );
}

/**
 * A session as the DataSession resource of Twilio and KORE, and after its fields those that only simledger has.
 * Fields that are not disclosed are null.
 */
export function dataSession(session: Session, volumes: Volumes, disclosure: Disclosure): object {
  const { sim, sessionId, origin, start, terminal, groups } = session;
  const { network, cell, device, address, subscriber, ids, trouble } = groups;
  const { radio, ratType, mcc, mnc, operatorName, country } = network?.group ?? {};
  return {
    sid: sessionId,
    sim_sid: ids?.group.simSid ?? sim,
    account_sid: accountSid(ids?.group.accountId),
    radio_link: radio ?? ratType ?? null,
    operator_mcc: mcc ?? null,
    operator_mnc: mnc ?? null,
    operator_country: threeLetterCountry(country, mcc),
    operator_name: operatorName ?? null,
    cell_id: cell?.group.cellId ?? null,
    cell_location_estimate: locationEstimate(cell?.group),
    // No stream counts packets; 0 is the documented default.
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
    status: statusOf(session),
    source: origin.group.source,
    error: trouble?.group.error ?? null,
  };
}

/** An account's id where it is a SID; other carriers' organisations have numbers. */
export function accountSid(accountId: string | undefined): string | null {
  return accountId !== undefined && /^AC[0-9a-f]{32}$/i.test(accountId) ? accountId : null;
}
