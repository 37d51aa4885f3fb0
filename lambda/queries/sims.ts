import type { Session, Sim } from '../ledger/observation.ts';
import { formatTime } from '../ledger/time.ts';
import { isKey } from '../store/keys.ts';
import type { LedgerReader } from '../store/reader.ts';
import type { SimFilter } from '../store/sim-filter.ts';
import { convertCountry } from './country-code.ts';
import { type DataSession, readAccountSid, renderDataSessions } from './data-sessions.ts';
import type { Disclosure } from './disclosure.ts';
import { decideHeard, type Heard, readHeardMark } from './last-heard.ts';
import { estimateLocation } from './location-estimate.ts';
import type { Page, PageRequest } from './page.ts';
import type { QueryPorts } from './ports.ts';
import type { Volumes } from './session-totals.ts';
import { type FoundSim, makeUnknownSimError } from './sim-lookup.ts';
import { sumUsageWithin, UsageSum } from './usage-sum.ts';

/** How many of the latest sessions are searched for an open one. */
const latestSessions = 10;
const beginningOfTime = '0';
const endOfTime = '9999';

/** Which SIMs are listed. */
export interface SimsQuery extends PageRequest<string>, SimFilter {}

/** A SIM, and the key for its address. */
export interface ListedSim {
  readonly key: string;
  readonly fields: SimFields;
}

/** What is known about a SIM. */
export type SimFields = ReturnType<typeof renderSim>;

/** A SIM with the values that are read only for a single SIM. */
export interface SimDetails extends ListedSim {
  /** The latest session, while it is open. */
  readonly openSession: DataSession | null;
  /** Usage of the UTC month so far. */
  readonly usageThisMonth: Volumes & { readonly start: string; readonly end: string };
}

/** Lists the fleet in an arbitrary order that stays the same. */
export async function listSims(
  { status, online, source, fleet, name, size, after, include }: SimsQuery,
  { reader }: Pick<QueryPorts, 'reader'>,
): Promise<Page<ListedSim, string>> {
  const { sims, next } = await reader.scanSims({ status, online, source, fleet, name }, size, after);
  return { resources: sims.map((sim) => renderListedSim(sim, readHeardMark(sim), include)), next };
}

/** A SIM of a list: its item, and when its device was heard. */
export function renderListedSim(sim: Sim, heard: Heard, include: Disclosure): ListedSim {
  return { key: sim.sim, fields: renderSim(sim, findActivity(sim), heard, include) };
}

/** A position in the list of the fleet; undefined if the value is not one. */
export function readSimsPosition(value: unknown): string | undefined {
  return isKey(value, 'partition') ? value : undefined;
}

/**
 * Fetches what is currently known about a SIM.
 *
 * @throws NotFoundError if no record of it has arrived.
 */
export async function fetchSim(
  { sim: { sim }, include }: { readonly sim: FoundSim; readonly include: Disclosure },
  ports: QueryPorts,
): Promise<SimDetails> {
  const { reader } = ports;
  const month = findMonth(ports.now());
  const [known, latest, latestUsage, usage] = await Promise.all([
    reader.readSim(sim),
    readLatest(reader, sim),
    readLatestUsage(reader, sim),
    sumUsageWithin(reader, sim, month.start, month.end),
  ]);
  if (known === undefined) throw makeUnknownSimError(sim);
  const heard = await decideHeard(known, reader);
  const open = latest.sessions.find(({ terminal }) => terminal === undefined);
  const [openSession = null] =
    open === undefined ? [] : await renderDataSessions(ports, sim, { ...latest, sessions: [open] }, include);
  return {
    key: known.sim,
    fields: renderSim(
      known,
      findLastActivity(known, latest.sessions, [latestUsage, usage.latest]),
      heard,
      include,
    ),
    openSession,
    usageThisMonth: { ...month, ...usage.volumes },
  };
}

/** A SIM's latest sessions, and when the session after each of them started. */
async function readLatest(reader: LedgerReader, sim: string) {
  const keys = await reader.listSessionKeys({ sim, from: beginningOfTime, to: endOfTime }, latestSessions);
  const sessions = await reader.readSessions(
    sim,
    keys.map(({ sessionId }) => sessionId),
  );
  const starts = new Map(keys.map(({ sessionId }, at) => [sessionId, keys[at - 1]?.start]));
  return { sessions, findNextStart: (sessionId: string) => starts.get(sessionId) };
}

/** The UTC month of a time. */
function findMonth(now: number): { start: string; end: string } {
  const date = new Date(now);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  return { start: formatTime(Date.UTC(year, month)), end: formatTime(Date.UTC(year, month + 1)) };
}

/** The latest time in the usage record that started last; undefined for a SIM without usage. */
async function readLatestUsage(reader: LedgerReader, sim: string): Promise<string | undefined> {
  const sum = new UsageSum();
  for await (const records of reader.readUsage({ sim, from: beginningOfTime, to: endOfTime }, { limit: 1 })) {
    for (const record of records) sum.add(record);
    if (records.length > 0) break;
  }
  return sum.latest;
}

/** The time of a SIM's latest activity. */
interface Activity {
  readonly at: string;
  /**
   * With `granule`, later activity in the same granule is not included; with `day`, later activity on the same UTC day.
   */
  readonly precision: 'exact' | 'granule' | 'day';
}

/** The time of a SIM's latest activity according to its item: to the granule, from its marks. */
function findActivity({ origin, groups: { signalled, bytes, session } }: Sim): Activity {
  const marks = [signalled, bytes, session].flatMap((mark) => mark?.at ?? []);
  const at = [origin.at, ...marks].sort().at(-1) ?? origin.at;
  return { at, precision: marks.length === 0 ? 'day' : 'granule' };
}

/**
 * The time of a SIM's latest activity, to the millisecond. The SIM's item states usage and session updates to the
 * granule only, so the latest sessions and usage are read as well. If they are older than the item (because usage was
 * deleted), the item's granule counts.
 */
function findLastActivity(
  sim: Sim,
  sessions: readonly Session[],
  usage: readonly (string | undefined)[],
): Activity {
  const event = sim.groups.lastEvent?.group.lastEventTime;
  const times = [event, ...usage, ...sessions.map((session) => session.origin.at)];
  const latest = times
    .filter((time) => time !== undefined)
    .sort()
    .at(-1);
  const stated = findActivity(sim);
  return latest === undefined || latest < stated.at ? stated : { at: latest, precision: 'exact' };
}

/** What is currently known about a SIM. */
function renderSim(sim: Sim, activity: Activity, heard: Heard, disclosure: Disclosure) {
  const { origin, groups } = sim;
  const { ids, label, phone, device, subscriber, network, cell, connection, lifecycle, lastEvent } = groups;
  return {
    sid: ids?.group.simSid ?? sim.sim,
    unique_name: label?.group.simName ?? null,
    iccid: origin.group.iccid ?? null,
    sim_id: ids?.group.simId ?? null,
    msisdn: phone?.group.msisdn ?? null,
    imsi: disclosure.has('imsi') ? (subscriber?.group.imsi ?? null) : null,
    account_sid: readAccountSid(ids?.group.accountId),
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
    last_heard: heard.at ?? null,
    last_heard_precision: heard.precision,
    last_event: lastEvent?.group.lastEvent ?? null,
    last_event_time: lastEvent?.group.lastEventTime ?? null,
    imei: device?.group.imei ?? null,
    network: network === undefined ? null : renderNetwork(network.group),
    cell: cell === undefined ? null : renderCell(cell.group),
  };
}

function renderNetwork({ radio, ratType, mcc, mnc, operatorName, country }: NetworkGroup) {
  return {
    radio_link: radio ?? ratType ?? null,
    operator_mcc: mcc ?? null,
    operator_mnc: mnc ?? null,
    operator_country: convertCountry(country, mcc),
    operator_name: operatorName ?? null,
  };
}

function renderCell(cell: CellGroup) {
  return {
    cell_id: cell.cellId ?? null,
    lac: cell.lac ?? null,
    location_estimate: estimateLocation(cell),
  };
}

type NetworkGroup = NonNullable<Sim['groups']['network']>['group'];
type CellGroup = NonNullable<Sim['groups']['cell']>['group'];
