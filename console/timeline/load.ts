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

/** Loads what a timeline shows, page by page. */

/** Usage as it was loaded: stored records, sums of hours, or sums of days by network and country. */
export type LoadedUsage = Schemas['RawUsageRecord'] | Schemas['UsageRecord'] | Schemas['FleetUsageRecord'];

/** Records with all that the API says of them. */
export type LoadedRecords = SimRecords<
  Schemas['DataSession'],
  LoadedUsage,
  Schemas['ConnectionEvent'],
  Schemas['Alert'],
  Schemas['Finding']
>;

/** The records of a time, and the requests that they came by. */
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

/** What loading works with. */
export interface LoadPorts {
  readonly send: <Path extends ApiPath>(request: ApiRequest<Path>, sending: Sending) => Promise<Answer<Path>>;
  readonly signal: AbortSignal;
  /** Called with how many records have arrived so far, after each page. */
  readonly onProgress: (records: number) => void;
}

/** Which records of a SIM are loaded. */
export interface LoadQuery {
  /** As a path names it. */
  readonly sim: string;
  readonly window: TimeWindow;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Personal values that are requested, as the parameter `Include` has them. */
  readonly include: string | undefined;
}

/** Resources in a page, and pages of one list: of more records, those before are loaded by zooming in. */
const pageSize = 1000;
const maxPages = 10;

/**
 * Loads the records of a window and of some time around it, five lists at once.
 *
 * @throws ApiError; AbortError when the signal ends it.
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

/** ISO 8601, to the second: what is loaded begins and ends at whole hours. */
function formatMoment(time: number): string {
  return new Date(time).toISOString();
}

/** What was read of a list. */
interface ReadRows<Row> {
  /** In the order of the list. */
  readonly rows: readonly Row[];
  /** Whether there are more. */
  readonly isCut: boolean;
}

interface ListPorts extends Pick<LoadPorts, 'send' | 'signal'> {
  readonly onPage: (records: number) => void;
}

/** Reads a list, page by page, to its end or until there are enough. */
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

/** Every list's answer says where it goes on. */
interface ListAnswer {
  readonly meta: { readonly next_page_url: string | null };
}

/** Parts of a time of which sessions are read at once. */
const concurrentParts = 4;

/** Loads sessions that go on in a time, those that started last first: the API lists them by their start, 30 days at a time. */
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
  // What started before the time is read as far as one page goes: a session rarely lasts longer than a thousand others.
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

/** Parts of a time have their ends in common, and so may have a session. */
function joinParts(sessions: readonly Schemas['DataSession'][]): Schemas['DataSession'][] {
  return [...new Map(sessions.map((session) => [session.sid, session])).values()];
}

/** Loads usage with as much detail as a window has. */
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
  // Each page says the same of the whole time.
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

/** The time before the first of the records that were read, where there are more. */
function findGap<Row>({ rows, isCut }: ReadRows<Row>, timeIn: (row: Row) => string, time: TimeWindow): Gap[] {
  const last = rows.at(-1);
  if (!isCut) return [];
  return [{ from: time.from, to: last === undefined ? time.to : Date.parse(timeIn(last)), kind: 'unread' }];
}
