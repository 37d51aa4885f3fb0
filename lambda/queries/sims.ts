import { timeOf } from '../carriers/time.ts';
import type { Session, Sim } from '../ledger/observation.ts';
import { keyPosition, openListing, type PageBody, pageBody } from '../query-api/listing.ts';
import { readParameters } from '../query-api/parameters.ts';
import { type ApiRequest, filled } from '../query-api/request.ts';
import type { LedgerReader } from '../store/reader.ts';
import { threeLetterCountry } from './country-code.ts';
import { accountSid, dataSessions } from './data-sessions.ts';
import { type Disclosure, disclosureOf } from './disclosure.ts';
import { locationEstimate } from './location-estimate.ts';
import type { ApiPorts } from './ports.ts';
import { findSim, unknownSim } from './sim-lookup.ts';
import { UsageSum, usageWithin } from './usage-sum.ts';

/** Sessions among which the open one is looked for: the latest. */
const latestSessions = 10;
const beginningOfTime = '0';
const endOfTime = '9999';

/** `GET /v1/Sims` */
export async function listSims(request: ApiRequest, ports: ApiPorts): Promise<PageBody> {
  const parameters = readParameters('listSims', request.query);
  const disclosure = disclosureOf(ports.personalData, parameters.Include);
  const { Status, Online, Source, Fleet, Name } = parameters;
  const given = { Status, Online: Online?.toString(), Source, Fleet, Name };
  const listing = openListing('listSims', 'Sims', parameters, given, (filters) => filters);
  const { filters } = listing;
  const after = keyPosition(listing, parameters, 'partition');
  const { sims, next } = await ports.reader.scanSims(
    {
      status: filters['Status'],
      online: filters['Online'] === undefined ? undefined : filters['Online'] === 'true',
      source: filters['Source'],
      fleetSid: filters['Fleet'],
      name: filters['Name'],
    },
    listing.size,
    after,
  );
  const resources = sims.map((sim) =>
    simResource(request, sim, { at: sim.origin.at, precision: 'day' }, disclosure),
  );
  return pageBody(request, listing, 'sims', resources, next === undefined ? undefined : { position: next });
}

/** `GET /v1/Sims/{sim}` */
export async function fetchSim(request: ApiRequest, ports: ApiPorts): Promise<object> {
  const { reader } = ports;
  const parameters = readParameters('fetchSim', request.query);
  const disclosure = disclosureOf(ports.personalData, parameters.Include);
  const { sim } = await findSim(reader, request.pathParameters['sim'] ?? '');
  const month = monthOf(ports.now());
  const [known, latest, latestUsage, usage] = await Promise.all([
    reader.sim(sim),
    latestOf(reader, sim),
    latestUsageOf(reader, sim),
    usageWithin(reader, sim, month.start, month.end),
  ]);
  if (known === undefined) throw unknownSim(sim);
  const open = latest.sessions.find(({ terminal }) => terminal === undefined);
  const [openSession = null] =
    open === undefined ? [] : await dataSessions(ports, sim, { ...latest, sessions: [open] }, disclosure);
  const { uploaded, downloaded, total } = usage.volumes;
  return {
    ...simResource(
      request,
      known,
      lastActivity(known, latest.sessions, [latestUsage, usage.latest]),
      disclosure,
    ),
    open_session: openSession,
    usage_this_month: {
      period: { start_time: month.start, end_time: month.end },
      data_upload: uploaded,
      data_download: downloaded,
      data_total: total,
    },
  };
}

/** A SIM's latest sessions, and when the one after each of them started. */
async function latestOf(reader: LedgerReader, sim: string) {
  const keys = await reader.sessionKeys({ sim, from: beginningOfTime, to: endOfTime }, latestSessions);
  const sessions = await reader.sessions(
    sim,
    keys.map(({ sessionId }) => sessionId),
  );
  const starts = new Map(keys.map(({ sessionId }, at) => [sessionId, keys[at - 1]?.start]));
  return { sessions, nextStart: (sessionId: string) => starts.get(sessionId) };
}

/** The UTC month of a time. */
function monthOf(now: number): { start: string; end: string } {
  const date = new Date(now);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  return { start: timeOf(Date.UTC(year, month)), end: timeOf(Date.UTC(year, month + 1)) };
}

/** The latest time that the usage record tells of that started last; undefined for a SIM without usage. */
async function latestUsageOf(reader: LedgerReader, sim: string): Promise<string | undefined> {
  const sum = new UsageSum();
  for await (const records of reader.usage({ sim, from: beginningOfTime, to: endOfTime }, { limit: 1 })) {
    for (const record of records) sum.add(record);
    if (records.length > 0) break;
  }
  return sum.latest;
}

/** When a SIM's records last told of something. */
interface Activity {
  readonly at: string;
  /** With `day`, what happened later on the same UTC day is not told. */
  readonly precision: 'exact' | 'day';
}

/**
 * When a SIM's records last told of something, to the millisecond. The SIM's item takes usage and session updates in by
 * the day only, so the latest sessions and usage are asked. Where they tell less than the item (usage whose record
 * was deleted), the item's day stands.
 */
function lastActivity(
  { origin, groups }: Sim,
  sessions: readonly Session[],
  usage: readonly (string | undefined)[],
): Activity {
  const event = groups.lastEvent?.group.lastEventTime;
  const times = [event, ...usage, ...sessions.map((session) => session.origin.at)];
  const latest = times
    .filter((time) => time !== undefined)
    .sort()
    .at(-1);
  return latest === undefined || latest < origin.at
    ? { at: origin.at, precision: 'day' }
    : { at: latest, precision: 'exact' };
}

/** What is known of a SIM now. */
function simResource(request: ApiRequest, sim: Sim, activity: Activity, disclosure: Disclosure): object {
  const { origin, groups } = sim;
  const { ids, label, phone, device, subscriber, network, cell, connection, lifecycle, lastEvent } = groups;
  return {
    sid: ids?.group.simSid ?? sim.sim,
    unique_name: label?.group.simName ?? null,
    iccid: origin.group.iccid ?? null,
    sim_id: ids?.group.simId ?? null,
    msisdn: phone?.group.msisdn ?? null,
    imsi: disclosure.has('imsi') ? (subscriber?.group.imsi ?? null) : null,
    account_sid: accountSid(ids?.group.accountId),
    account_id: ids?.group.accountId ?? null,
    fleet_sid: ids?.group.fleetSid ?? null,
    source: origin.group.source,
    carrier: origin.group.carrier,
    status: lifecycle?.group.status ?? null,
    online: connection?.group.online ?? null,
    online_changed: connection?.group.onlineChanged ?? null,
    online_stated_at: connection?.at ?? null,
    last_activity: activity.at,
    last_activity_precision: activity.precision,
    last_event: lastEvent?.group.lastEvent ?? null,
    last_event_time: lastEvent?.group.lastEventTime ?? null,
    imei: device?.group.imei ?? null,
    network: network === undefined ? null : networkResource(network.group),
    cell: cell === undefined ? null : cellResource(cell.group),
    ...(request.root !== undefined && simAddresses(request.root, sim)),
  };
}

/** Where a SIM and its lists are asked for. */
function simAddresses(root: string, { sim }: Sim): object {
  const address = (path: string): string => `${root}${filled(path, { sim })}`;
  return {
    url: address('/v1/Sims/{sim}'),
    links: {
      data_sessions: address('/v1/Sims/{sim}/DataSessions'),
      usage_records: address('/v1/Sims/{sim}/UsageRecords'),
      connection_events: address('/v1/Sims/{sim}/ConnectionEvents'),
    },
  };
}

function networkResource({ radio, ratType, mcc, mnc, operatorName, country }: NetworkGroup): object {
  return {
    radio_link: radio ?? ratType ?? null,
    operator_mcc: mcc ?? null,
    operator_mnc: mnc ?? null,
    operator_country: threeLetterCountry(country, mcc),
    operator_name: operatorName ?? null,
  };
}

function cellResource(cell: CellGroup): object {
  return {
    cell_id: cell.cellId ?? null,
    lac: cell.lac ?? null,
    location_estimate: locationEstimate(cell),
  };
}

type NetworkGroup = NonNullable<Sim['groups']['network']>['group'];
type CellGroup = NonNullable<Sim['groups']['cell']>['group'];
