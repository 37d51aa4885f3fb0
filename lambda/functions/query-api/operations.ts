import { episodeStates } from '../../alerts/episode.ts';
import { severities } from '../../alerts/rules.ts';
import { checks } from '../../days/findings/finding.ts';
import { formatTime, toMilliseconds } from '../../ledger/time.ts';
import {
  type Alert,
  type AlertDetail,
  type AlertPorts,
  type EvidenceRecord,
  fetchAlert,
  listAlerts,
  readAlertsPosition,
} from '../../queries/alerts.ts';
import {
  type BillPorts,
  fetchBill,
  listBillLines,
  listBills,
  readBillsPosition,
  readLinesPosition,
} from '../../queries/bills.ts';
import { listConnectionEvents, readEventsPosition } from '../../queries/connection-events.ts';
import { listDataSessions } from '../../queries/data-sessions.ts';
import { NotFoundError, ParameterError, SlowSumError } from '../../queries/errors.ts';
import { fetchFile, listFiles, readFilesPosition } from '../../queries/files.ts';
import { type FindingsPorts, listFindings, readFindingsPosition } from '../../queries/findings.ts';
import { type FleetPorts, fetchFleet } from '../../queries/fleet.ts';
import { listFleetUsage, type ReportPorts, readFleetPosition } from '../../queries/fleet-usage.ts';
import type { Page } from '../../queries/page.ts';
import { fileStates, readDuration, sessionStatuses } from '../../queries/parameters.ts';
import type { QueryPorts } from '../../queries/ports.ts';
import { listRejects, type RejectPorts, readRejectsPosition } from '../../queries/rejects.ts';
import { decodeReturned, encodeReturned } from '../../queries/session-listing.ts';
import {
  listSilentSims,
  type NominationPorts,
  readSilentPosition,
  type SilentPosition,
} from '../../queries/silent-sims.ts';
import { findSim } from '../../queries/sim-lookup.ts';
import { fetchSim, type ListedSim, listSims, readSimsPosition } from '../../queries/sims.ts';
import { listUsageRecords, readUsagePosition } from '../../queries/usage-records.ts';
import { listWatermarks, type WatermarkPorts } from '../../queries/watermarks.ts';
import type { MutesTable } from '../../store/mutes.ts';
import { type Next, openListing, type PageBody, pageBody, readPosition } from './listing.ts';
import { readParameters } from './parameters.ts';
import {
  alertPeriodRule,
  eventPeriodRule,
  fillPeriod,
  findingPeriodRule,
  fleetUsagePeriodRules,
  sessionPeriodRule,
  usagePeriodRules,
} from './period.ts';
import { disclose, type PersonalData } from './personal-data.ts';
import { fillPath, type HttpRequest } from './request.ts';

/** The operations of the API: each reads a request's parameters, runs the query, and writes its result as a body. */

/** What the operations need. */
export interface ApiPorts extends QueryPorts, AlertPorts, ReportPorts, FindingsPorts, BillPorts, RejectPorts {
  readonly alerts:
    | (NonNullable<AlertPorts['alerts']> & { readonly mutes: Pick<MutesTable, 'put'> } & NonNullable<
          WatermarkPorts['alerts']
        > &
        NonNullable<NominationPorts['alerts']> &
        NonNullable<FleetPorts['alerts']>)
    | undefined;
  readonly days: ReportPorts['days'];
  readonly personalData: PersonalData;
  /** How many seconds a response may spend on adding up usage; undefined for no limit. */
  readonly maxSumSeconds?: number;
  /** Names of the configured sources, whose files are listed. */
  readonly sources: readonly string[];
}

type Answer<Body = object> = (request: HttpRequest, ports: ApiPorts) => Promise<Body>;

/** `GET /v1/Sims` */
export const answerSims: Answer<PageBody> = async (request, ports) => {
  const parameters = readParameters('listSims', request.query);
  const include = disclose(ports.personalData, parameters.Include);
  const { Status, Online, Source, Fleet, Name, Silent } = parameters;
  const given = { Status, Online: Online?.toString(), Source, Fleet, Name, Silent };
  const listing = openListing('listSims', 'Sims', parameters, given, (filters) => filters);
  const { filters, size } = listing;
  const filter = {
    status: filters['Status'],
    online: filters['Online'] === undefined ? undefined : filters['Online'] === 'true',
    source: filters['Source'],
    fleet: filters['Fleet'],
    name: filters['Name'],
  };
  const answer = ({ resources, next }: Page<ListedSim, string | SilentPosition>): PageBody => {
    const sims = resources.map((sim) => ({ ...sim.fields, ...makeSimAddresses(request.root, sim) }));
    return pageBody(request, listing, 'sims', sims, readNextKey(next));
  };
  const milliseconds = readDuration(filters['Silent'] ?? '');
  if (milliseconds === undefined) {
    const after = readPosition(listing, parameters, readSimsPosition);
    return answer(await listSims({ ...filter, size, include, after }, ports));
  }
  const silence = { milliseconds, filter, size, include };
  const after = readPosition(listing, parameters, readSilentPosition);
  const sources = filter.source === undefined ? ports.sources : [filter.source];
  const [page, watermarks] = await Promise.all([
    listSilentSims({ ...silence, after }, ports),
    listWatermarks(sources, ports),
  ]);
  const { list } = page;
  return {
    ...answer(page),
    watermarks,
    ...(list !== undefined && { list: { as_of: list.listedAt, is_complete: list.isComplete } }),
  };
};

/** `GET /v1/Fleet`: the SIMs by country, as the last sweep counted them. */
export const answerFleet: Answer = async (request, ports) => {
  readParameters('fetchFleet', request.query);
  return fetchFleet(ports);
};

/** `GET /v1/Sims/{sim}` */
export const answerSim: Answer = async (request, ports) => {
  const parameters = readParameters('fetchSim', request.query);
  const include = disclose(ports.personalData, parameters.Include);
  const named = await nameSim(request, ports);
  const [sim, watermarks] = await Promise.all([
    fetchSim({ sim: named, include }, ports),
    listWatermarks(ports.sources, ports),
  ]);
  const { source } = sim.fields;
  const { start, end, uploaded, downloaded, total } = sim.usageThisMonth;
  return {
    ...sim.fields,
    ...makeSimAddresses(request.root, sim),
    open_session: sim.openSession,
    usage_this_month: {
      period: { start_time: start, end_time: end },
      data_upload: uploaded,
      data_download: downloaded,
      data_total: total,
    },
    // A source that is no longer configured is not judged.
    source_watermark: watermarks.find((one) => one.source === source) ?? {
      ...{ source, watermark: null, swept: null },
    },
  };
};

/** `GET /v1/Sims/{sim}/DataSessions` */
export const answerDataSessions: Answer<PageBody> = async (request, ports) => {
  const parameters = readParameters('listDataSessions', request.query);
  const include = disclose(ports.personalData, parameters.Include);
  const { StartTime, EndTime, Status } = parameters;
  const sim = await nameSim(request, ports);
  const listing = openListing(
    'listDataSessions',
    `DataSessions ${sim.sim}`,
    parameters,
    { StartTime, EndTime, Status },
    (given, isFirstPage) => ({
      ...fillPeriod(given, ports.now(), sessionPeriodRule, isFirstPage),
      Status: given['Status'],
    }),
  );
  const { filters, size } = listing;
  const period = { from: filters['StartTime'] ?? '', to: filters['EndTime'] };
  const status = sessionStatuses.find((known) => known === filters['Status']);
  const after = readPosition(listing, parameters, (floor, bytes) => decodeReturned(bytes, floor, period));
  const page = await listDataSessions({ sim, period, status, size, after, include }, ports);
  const next = page.next && { position: page.next.floor ?? null, bytes: encodeReturned(page.next) };
  return pageBody(request, listing, 'data_sessions', page.resources, next);
};

/** `GET /v1/Sims/{sim}/UsageRecords` */
export const answerUsageRecords: Answer<PageBody> = async (request, ports) => {
  const parameters = readParameters('listUsageRecords', request.query);
  const include = disclose(ports.personalData, parameters.Include);
  const { StartTime, EndTime, Granularity: granularity = 'all' } = parameters;
  const sim = await nameSim(request, ports);
  const listing = openListing(
    'listUsageRecords',
    `UsageRecords/${granularity} ${sim.sim}`,
    parameters,
    { StartTime, EndTime },
    (given, isFirstPage) => {
      const now = ports.now();
      const period = fillPeriod(given, now, usagePeriodRules[granularity], isFirstPage);
      return { ...period, EndTime: period.EndTime ?? formatTime(now) };
    },
  );
  const { StartTime: from = '', EndTime: to = '' } = listing.filters;
  const period = { from, to };
  const after = readPosition(listing, parameters, (value) => readUsagePosition(value, granularity, period));
  const { size } = listing;
  const { maxSumSeconds } = ports;
  const query = { sim, period, granularity, size, after, include, maxSumSeconds };
  const page = await listUsageRecords(query, ports).catch((error: unknown) => {
    throw error instanceof SlowSumError ? makeTooSlowError(period, maxSumSeconds) : error;
  });
  return pageBody(request, listing, 'usage_records', page.resources, readNextKey(page.next));
};

/** `GET /v1/UsageRecords`: usage of the fleet. */
export const answerFleetUsageRecords: Answer<PageBody> = async (request, ports) => {
  const parameters = readParameters('listFleetUsageRecords', request.query);
  const { StartTime, EndTime, Group = [], Granularity: granularity = 'all', Order: order } = parameters;
  const { Sim, Fleet, Network, IsoCountry } = parameters;
  const groups = [...Group];
  const listing = openListing(
    'listFleetUsageRecords',
    `UsageRecords/${granularity} ${groups.join(',')}/${order ?? ''}`,
    parameters,
    { StartTime, EndTime, Sim, Fleet, Network, IsoCountry },
    (given, isFirstPage) => {
      const now = ports.now();
      const period = fillPeriod(given, now, fleetUsagePeriodRules[granularity], isFirstPage);
      return { ...given, ...period, EndTime: period.EndTime ?? formatTime(now) };
    },
  );
  const { filters, size } = listing;
  const period = { from: filters['StartTime'] ?? '', to: filters['EndTime'] ?? '' };
  const name = filters['Sim'];
  const query = {
    ...{ groups, granularity, order, period, size, maxSeconds: ports.maxSumSeconds },
    sim: name === undefined ? undefined : await findSim(ports.reader, name),
    fleet: filters['Fleet'],
    network: filters['Network'],
    isoCountry: filters['IsoCountry'],
    after: readPosition(listing, parameters, readFleetPosition),
  };
  const page = await listFleetUsage(query, ports).catch((error: unknown) => {
    throw error instanceof SlowSumError ? makeTooSlowError(period, ports.maxSumSeconds) : error;
  });
  return {
    ...pageBody(request, listing, 'usage_records', page.resources, readNextKey(page.next)),
    coverage: page.coverage,
  };
};

/** The error for a period whose usage takes too long to add up. */
function makeTooSlowError(
  { from, to }: { readonly from: string; readonly to: string },
  seconds = 0,
): ParameterError {
  const accepted = `a later time, or an earlier EndTime: adding up all usage from then to ${to} takes more than ${seconds} seconds. Ask for shorter periods, and add up their answers`;
  return new ParameterError('StartTime', from, accepted);
}

/** `GET /v1/Sims/{sim}/ConnectionEvents` */
export const answerConnectionEvents: Answer<PageBody> = async (request, ports) => {
  const parameters = readParameters('listConnectionEvents', request.query);
  const include = disclose(ports.personalData, parameters.Include);
  const { StartTime, EndTime, EventType } = parameters;
  const sim = await nameSim(request, ports);
  const listing = openListing(
    'listConnectionEvents',
    `ConnectionEvents ${sim.sim}`,
    parameters,
    { StartTime, EndTime, EventType },
    (given, isFirstPage) => ({
      ...fillPeriod(given, ports.now(), eventPeriodRule, isFirstPage),
      EventType: given['EventType'],
    }),
  );
  const { filters, size } = listing;
  const period = { from: filters['StartTime'] ?? '', to: filters['EndTime'] };
  const after = readPosition(listing, parameters, (value) => readEventsPosition(value, period));
  const query = { sim, period, type: filters['EventType'], size, after, include };
  const { resources, next } = await listConnectionEvents(query, ports);
  return pageBody(request, listing, 'connection_events', resources, readNextKey(next));
};

/** `GET /v1/Files`: the files of all sources, latest delivery first. */
export const answerFiles: Answer<PageBody> = async (request, ports) => {
  const parameters = readParameters('listFiles', request.query);
  const { Source, State } = parameters;
  const listing = openListing('listFiles', 'Files', parameters, { Source, State }, (filters) => filters);
  const { filters, size } = listing;
  const sources = filters['Source'] === undefined ? [...ports.sources].sort() : [filters['Source']];
  const state = fileStates.find((known) => known === filters['State']);
  const after = readPosition(listing, parameters, readFilesPosition);
  const page = await listFiles({ sources, state, size, after }, ports);
  const files = page.resources.map((file) => ({ ...file, url: makeFileAddress(request.root, file.id) }));
  return pageBody(request, listing, 'files', files, readNextKey(page.next));
};

/** `GET /v1/Files/{id}` */
export const answerFile: Answer = async (request, ports) => {
  readParameters('fetchFile', request.query);
  const file = await fetchFile({ id: request.pathParameters['id'] ?? '' }, ports);
  return { ...file, url: makeFileAddress(request.root, file.id) };
};

/** `GET /v1/Rejects`: what is in quarantine, by source and code. */
export const answerRejects: Answer<PageBody> = async (request, ports) => {
  const parameters = readParameters('listRejects', request.query);
  const { Source, Code } = parameters;
  const listing = openListing('listRejects', 'Rejects', parameters, { Source, Code }, (filters) => filters);
  const { filters, size } = listing;
  const after = readPosition(listing, parameters, readRejectsPosition);
  const page = await listRejects({ source: filters['Source'], code: filters['Code'], size, after }, ports);
  return pageBody(request, listing, 'rejects', page.resources, readNextKey(page.next));
};

/** `GET /v1/Alerts`: alerts, latest start first. */
export const answerAlerts: Answer<PageBody> = async (request, ports) => {
  const parameters = readParameters('listAlerts', request.query);
  const { StartTime, EndTime, State, Severity, Rule, Sim, Source } = parameters;
  const listing = openListing(
    'listAlerts',
    'Alerts',
    parameters,
    { StartTime, EndTime, State, Severity, Rule, Sim, Source },
    (given, isFirstPage) => ({
      ...given,
      ...fillPeriod(given, ports.now(), alertPeriodRule, isFirstPage),
    }),
  );
  const { filters, size } = listing;
  const period = { from: filters['StartTime'] ?? '', to: filters['EndTime'] };
  const query = {
    ...{ period, size, rule: filters['Rule'], source: filters['Source'] },
    state: episodeStates.find((known) => known === filters['State']),
    severity: severities.find((known) => known === filters['Severity']),
    sim: filters['Sim'] === undefined ? undefined : await findFilteredSim(filters['Sim'], ports),
    after: readPosition(listing, parameters, (value) => readAlertsPosition(value, period)),
  };
  const { resources, next } = await listAlerts(query, ports);
  const alerts = resources.map((alert) => ({ ...alert, ...makeAlertAddresses(request.root, alert) }));
  return pageBody(request, listing, 'alerts', alerts, readNextKey(next));
};

/** `GET /v1/Alerts/{id}` */
export const answerAlert: Answer = async (request, ports) => {
  readParameters('fetchAlert', request.query);
  const alert = await fetchAlert({ id: request.pathParameters['id'] ?? '' }, ports);
  return {
    ...alert,
    evidence: alert.evidence && showEvidence(request.root, alert.sim ?? '', alert.evidence),
    members: alert.members.map((member) => ({
      ...member,
      url: makeAlertAddress(request.root, member.alert),
    })),
    ...makeAlertAddresses(request.root, alert),
  };
};

/** `GET /v1/Findings`: what carriers did not deliver, or delivered twice, latest day first. */
export const answerFindings: Answer<PageBody> = async (request, ports) => {
  const parameters = readParameters('listFindings', request.query);
  const { StartTime, EndTime, Check, Sim, Source } = parameters;
  const listing = openListing(
    'listFindings',
    'Findings',
    parameters,
    { StartTime, EndTime, Check, Sim, Source },
    (given, isFirstPage) => ({
      ...given,
      ...fillPeriod(given, ports.now(), findingPeriodRule, isFirstPage),
    }),
  );
  const { filters, size } = listing;
  const query = {
    period: { from: filters['StartTime'] ?? '', to: filters['EndTime'] },
    check: checks.find((known) => known === filters['Check']),
    sim: filters['Sim'] === undefined ? undefined : await findFilteredSim(filters['Sim'], ports),
    source: filters['Source'],
    size,
    after: readPosition(listing, parameters, readFindingsPosition),
  };
  const { resources, next } = await listFindings(query, ports);
  return pageBody(request, listing, 'findings', resources, readNextKey(next));
};

/** `GET /v1/Bills`: bills, latest month first. */
export const answerBills: Answer<PageBody> = async (request, ports) => {
  const parameters = readParameters('listBills', request.query);
  const listing = openListing('listBills', 'Bills', parameters, {}, (filters) => filters);
  const after = readPosition(listing, parameters, readBillsPosition);
  const { resources, next } = await listBills({ size: listing.size, after }, ports);
  const bills = resources.map((bill) => ({ ...bill, ...makeBillAddresses(request.root, bill.month) }));
  return pageBody(request, listing, 'bills', bills, readNextKey(next));
};

/** `GET /v1/Bills/{month}` */
export const answerBill: Answer = async (request, ports) => {
  readParameters('fetchBill', request.query);
  const bill = await fetchBill({ month: request.pathParameters['month'] ?? '' }, ports);
  return { ...bill, ...makeBillAddresses(request.root, bill.month) };
};

/** `GET /v1/Bills/{month}/Lines`: what each SIM costs. */
export const answerBillLines: Answer<PageBody> = async (request, ports) => {
  const parameters = readParameters('listBillLines', request.query);
  const month = request.pathParameters['month'] ?? '';
  const { Sim } = parameters;
  const listing = openListing(
    'listBillLines',
    `Bills/${month}/Lines`,
    parameters,
    { Sim },
    (filters) => filters,
  );
  const { filters, size } = listing;
  const query = {
    ...{ month, size },
    sim: filters['Sim'] === undefined ? undefined : await findFilteredSim(filters['Sim'], ports),
    after: readPosition(listing, parameters, readLinesPosition),
  };
  const { resources, next } = await listBillLines(query, ports);
  return pageBody(request, listing, 'lines', resources, readNextKey(next));
};

/** The addresses of a bill and of its lines. */
function makeBillAddresses(root: string, month: string): object {
  const address = (path: string): string => `${root}${fillPath(path, { month })}`;
  return { url: address('/v1/Bills/{month}'), links: { lines: address('/v1/Bills/{month}/Lines') } };
}

/** The records of an alert, each with the address of a list that contains it. */
function showEvidence(
  root: string,
  sim: string,
  { begin, before, last, end }: NonNullable<AlertDetail['evidence']>,
): object {
  const address = (record: EvidenceRecord | null) => {
    if (record === null) return null;
    const { listed_at, ...shown } = record;
    return { ...shown, url: makeRecordAddress(root, sim, record) };
  };
  return { begin: address(begin), before: address(before), last: address(last), end: address(end) };
}

/** The key of the SIM that a filter names. */
async function findFilteredSim(name: string, { reader }: ApiPorts): Promise<string> {
  try {
    return (await findSim(reader, name)).sim;
  } catch (error) {
    if (error instanceof NotFoundError)
      throw new ParameterError('Sim', name, 'a SIM with at least one record');
    throw error;
  }
}

/** The addresses of an alert, of its SIM, and of the alerts that it refers to. */
function makeAlertAddresses(
  root: string,
  { id, sim, merged_into, group }: Pick<Alert, 'id' | 'sim' | 'merged_into' | 'group'>,
): object {
  return {
    url: makeAlertAddress(root, id),
    links: {
      sim: sim && `${root}${fillPath('/v1/Sims/{sim}', { sim })}`,
      merged_into: merged_into && makeAlertAddress(root, merged_into),
      group: group && makeAlertAddress(root, group),
    },
  };
}

function makeAlertAddress(root: string, id: string): string {
  return `${root}${fillPath('/v1/Alerts/{id}', { id })}`;
}

const recordLists = {
  data_session: 'DataSessions',
  usage_record: 'UsageRecords',
  connection_event: 'ConnectionEvents',
} as const;

/** The address of a list that contains a record; null if the record cannot be found by its time. */
function makeRecordAddress(
  root: string,
  sim: string,
  { type, listed_at: at }: EvidenceRecord,
): string | null {
  if (at === null) return null;
  const query = new URLSearchParams({ StartTime: at });
  if (type === 'finding') {
    // The list begins with the record's day; its end is excluded, so it must be after the day's beginning.
    query.set('EndTime', formatTime(toMilliseconds(at) + 1_000));
    query.set('Sim', sim);
    return `${root}/v1/Findings?${query}`;
  }
  // The end of a range of usage is excluded.
  query.set('EndTime', type === 'usage_record' ? formatTime(toMilliseconds(at) + 1_000) : at);
  if (type === 'usage_record') query.set('Granularity', 'raw');
  return `${root}${fillPath(`/v1/Sims/{sim}/${recordLists[type]}`, { sim })}?${query}`;
}

/** The SIM that a path names. */
function nameSim({ pathParameters }: HttpRequest, { reader }: ApiPorts): ReturnType<typeof findSim> {
  return findSim(reader, pathParameters['sim'] ?? '');
}

function readNextKey(position: unknown): Next {
  return position === undefined ? undefined : { position };
}

/** The addresses of a SIM and of its lists. */
function makeSimAddresses(root: string, { key: sim }: Pick<ListedSim, 'key'>): object {
  const address = (path: string): string => `${root}${fillPath(path, { sim })}`;
  return {
    url: address('/v1/Sims/{sim}'),
    links: {
      data_sessions: address('/v1/Sims/{sim}/DataSessions'),
      usage_records: address('/v1/Sims/{sim}/UsageRecords'),
      connection_events: address('/v1/Sims/{sim}/ConnectionEvents'),
    },
  };
}

function makeFileAddress(root: string, id: string): string {
  return `${root}${fillPath('/v1/Files/{id}', { id })}`;
}
