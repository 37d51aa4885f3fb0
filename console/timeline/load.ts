import {
  type Answer,
  type ApiPath,
  type ApiRequest,
  addPageToken,
  findNextToken,
  makeRequest,
  type Schemas,
  type Sending,
} from '../api/client.ts';
import { chooseDetail, chooseLoadedTime, type Detail, splitSessionsTime } from './loading.ts';
import type { Gap, SimRecords } from './records.ts';
import { measureSpan, type TimeWindow } from './window.ts';

/** Loads a timeline's records, page by page. */

/** Loaded usage: stored records, hourly sums, or daily sums by network and country. */
export type LoadedUsage = Schemas['RawUsageRecord'] | Schemas['UsageRecord'] | Schemas['FleetUsageRecord'];

/** Records with all fields of the API. */
export type LoadedRecords = SimRecords<
  Schemas['DataSession'],
  LoadedUsage,
  Schemas['ConnectionEvent'],
  Schemas['Alert'],
  Schemas['Finding']
>;

/** The records of a range, and the requests that returned them. */
export interface LoadedTime {
  readonly time: TimeWindow;
  readonly detail: Detail;
  readonly records: LoadedRecords;
  /** The first request of each list. */
  readonly requests: {
    readonly sessions: ApiRequest;
    readonly usage: ApiRequest;
    readonly events: ApiRequest;
    readonly alerts: ApiRequest;
    readonly findings: ApiRequest;
  };
}

/** Dependencies of loading. */
export interface LoadPorts {
  readonly send: <Path extends ApiPath>(request: ApiRequest<Path>, sending: Sending) => Promise<Answer<Path>>;
  readonly signal: AbortSignal;
  /** Called after each page with the number of records so far. */
  readonly onProgress: (records: number) => void;
}

/** Which records to load. */
export interface LoadQuery {
  /** The SIM's key in paths. */
  readonly sim: string;
  readonly window: TimeWindow;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The parameter `Include`: personal fields to request. */
  readonly include: string | undefined;
}

/** Resources per page, and maximum pages of one list. If there are more records, zooming in loads the earlier ones. */
const pageSize = 1000;
const maxPages = 10;

/**
 * Loads the records of a window with a margin around it, five lists concurrently.
 *
 * @throws ApiError if a request fails; AbortError if the signal is aborted.
 */
export async function loadRecords(
  { sim, window, now, include }: LoadQuery,
  ports: LoadPorts,
): Promise<LoadedTime> {
  const detail = chooseDetail(measureSpan(window));
  const time = chooseLoadedTime(window, now);
  const range = { StartTime: formatMoment(time.from), EndTime: formatMoment(time.to), PageSize: pageSize };
  const personal = { ...range, Include: include };
  const requests = {
    events: makeRequest('/v1/Sims/{sim}/ConnectionEvents', { sim }, personal),
    alerts: makeRequest('/v1/Alerts', {}, { PageSize: pageSize, Sim: sim, EndTime: range.EndTime }),
    findings: makeRequest('/v1/Findings', {}, { ...range, Sim: sim }),
  };
  let count = 0;
  const counted: LoadPorts & { onPage: (records: number) => void } = {
    ...ports,
    onPage: (records) => {
      count += records;
      ports.onProgress(count);
    },
  };
  const [sessions, usage, events, alerts, findings] = await Promise.all([
    loadSessions(sim, time, include, counted),
    loadUsage(sim, range, detail, include, counted),
    readList(requests.events, (answer) => answer.connection_events, counted),
    readList(requests.alerts, (answer) => answer.alerts, counted),
    readList(requests.findings, (answer) => answer.findings, counted),
  ]);
  const gaps = [
    ...sessions.gaps,
    ...findGap(usage, (one) => one.period.start_time, time),
    ...findGap(events, (one) => one.timestamp, time),
    ...usage.expired.map(
      ({ start_time, end_time }): Gap => ({
        ...{ from: Date.parse(start_time), to: Date.parse(end_time), kind: 'expired' },
      }),
    ),
    ...usage.missing.map(
      ({ start_time, end_time }): Gap => ({
        ...{ from: Date.parse(start_time), to: Date.parse(end_time), kind: 'later' },
      }),
    ),
  ];
  return {
    ...{ time, detail },
    records: {
      ...{ sessions: sessions.rows, usage: usage.rows, events: events.rows },
      ...{ alerts: alerts.rows, findings: findings.rows, gaps },
    },
    requests: { ...requests, sessions: sessions.request, usage: usage.request },
  };
}

/** ISO 8601 to the second: loaded ranges begin and end at whole hours. */
function formatMoment(time: number): string {
  return new Date(time).toISOString();
}

/** Rows that were read from a list. */
interface ReadRows<Row> {
  /** In the list's order. */
  readonly rows: readonly Row[];
  /** Whether there are more rows. */
  readonly isCut: boolean;
}

interface ListPorts extends Pick<LoadPorts, 'send' | 'signal'> {
  readonly onPage: (records: number) => void;
}

/** Reads a list page by page, to its end or until there are enough rows. */
async function readList<Path extends ApiPath, Row>(
  request: ApiRequest<Path>,
  rowsIn: (answer: Answer<Path>) => readonly Row[],
  { send, signal, onPage }: ListPorts,
  isEnough: (rows: readonly Row[]) => boolean = () => false,
  pages = maxPages,
): Promise<ReadRows<Row>> {
  const rows: Row[] = [];
  let next: ApiRequest<Path> | undefined = request;
  for (let page = 0; next !== undefined && page < pages; page += 1) {
    const answer: Answer<Path> = await send(next, { signal });
    const found = rowsIn(answer);
    rows.push(...found);
    onPage(found.length);
    const token = findNextToken((answer as ListAnswer).meta);
    if (token === undefined || isEnough(rows)) return { rows, isCut: false };
    next = addPageToken(request, token);
  }
  return { rows, isCut: true };
}

/** The part of every list's answer that has the next page's URL. */
interface ListAnswer {
  readonly meta: { readonly next_page_url: string | null };
}

/** Parts of a range whose sessions are read concurrently. */
const concurrentParts = 4;

/** Loads sessions that overlap a range, newest start first. The API lists sessions by start, at most 30 days at a time. */
async function loadSessions(
  sim: string,
  time: TimeWindow,
  include: string | undefined,
  ports: ListPorts,
): Promise<{
  readonly rows: readonly Schemas['DataSession'][];
  readonly gaps: readonly Gap[];
  readonly request: ApiRequest;
}> {
  const requests = splitSessionsTime(time).map((part) => ({
    part,
    request: requestSessions(sim, part, include),
  }));
  const pages = Math.ceil(maxPages / Math.min(requests.length, concurrentParts));
  // Sessions that started before the range: one page of them is enough, since few sessions outlast a thousand others.
  const hasPassed = (found: readonly Schemas['DataSession'][]) =>
    Date.parse(found.at(-1)?.start ?? '') < time.from;
  const rows: Schemas['DataSession'][] = [];
  const gaps: Gap[] = [];
  for (let at = 0; at < requests.length; at += concurrentParts) {
    const read = await Promise.all(
      requests.slice(at, at + concurrentParts).map(async ({ part, request }) => ({
        part,
        found: await readList(request, (answer) => answer.data_sessions, ports, hasPassed, pages),
      })),
    );
    for (const { part, found } of read) {
      rows.push(...found.rows);
      gaps.push(...findGap(found, (one) => one.start, part));
    }
    const left = requests[at + concurrentParts];
    if (left === undefined || read.some(({ found }) => hasPassed(found.rows))) break;
    if (rows.length < maxPages * pageSize) continue;
    gaps.push({ from: time.from, to: left.part.to, kind: 'unread' });
    break;
  }
  const [first] = requests;
  return { rows: joinParts(rows), gaps, request: first!.request };
}

function requestSessions(sim: string, { from, to }: TimeWindow, include: string | undefined) {
  return makeRequest(
    '/v1/Sims/{sim}/DataSessions',
    { sim },
    {
      ...{ StartTime: formatMoment(from), EndTime: formatMoment(to) },
      ...{ PageSize: pageSize, Include: include },
    },
  );
}

/** Joins parts of a range. Parts share their ends, so a session may be in two of them. */
function joinParts(sessions: readonly Schemas['DataSession'][]): Schemas['DataSession'][] {
  return [...new Map(sessions.map((session) => [session.sid, session])).values()];
}

/** Loads usage with the detail for a window. */
async function loadUsage(
  sim: string,
  range: { readonly StartTime: string; readonly EndTime: string; readonly PageSize: number },
  { granularity }: Detail,
  include: string | undefined,
  ports: ListPorts,
): Promise<
  ReadRows<LoadedUsage> & { readonly request: ApiRequest } & Pick<Schemas['Coverage'], 'missing' | 'expired'>
> {
  if (granularity !== 'day') {
    const request = makeRequest(
      '/v1/Sims/{sim}/UsageRecords',
      { sim },
      {
        ...{ ...range, Granularity: granularity, Include: granularity === 'raw' ? include : undefined },
      },
    );
    const read = await readList<typeof request.path, LoadedUsage>(
      request,
      (answer) => answer.usage_records,
      ports,
    );
    return { ...read, request, missing: [], expired: [] };
  }
  const request = makeRequest(
    '/v1/UsageRecords',
    {},
    {
      ...{ ...range, Sim: sim, Granularity: granularity, Group: 'network,isoCountry' },
    },
  );
  // Each page has the coverage of the whole range.
  let covered: Pick<Schemas['Coverage'], 'missing' | 'expired'> = { missing: [], expired: [] };
  const read = await readList<typeof request.path, LoadedUsage>(
    request,
    ({ usage_records, coverage }) => {
      covered = coverage;
      return usage_records;
    },
    ports,
  );
  return { ...read, request, missing: covered.missing, expired: covered.expired };
}

/** If a list was cut, the range before the first record that was read. */
function findGap<Row>({ rows, isCut }: ReadRows<Row>, timeIn: (row: Row) => string, time: TimeWindow): Gap[] {
  const last = rows.at(-1);
  if (!isCut) return [];
  return [{ from: time.from, to: last === undefined ? time.to : Date.parse(timeIn(last)), kind: 'unread' }];
}
