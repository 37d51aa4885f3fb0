import type { EventRow } from '../../../../lambda/days/rows.ts';
import type { Session, Usage } from '../../../../lambda/ledger/observation.ts';

/**
 * The oracle of findings, written from the table of checks in docs/days.md: it applies each check to all records of a SIM and
 * to each pair of them. It shares only types with the checks.
 */

/** A finding, as far as the table defines it. */
export interface ExpectedFinding {
  readonly day: string;
  readonly check: string;
  readonly reason: string;
  readonly session: string | undefined;
  readonly records: string;
  readonly bytes: number | undefined;
  readonly cost: string | undefined;
}

/** The known records of a SIM, each one once, and those that came in a file. */
interface KnownRecords {
  readonly usage: readonly Usage[];
  readonly events: readonly EventRow[];
  readonly sessions: readonly Session[];
  readonly filed: ReadonlySet<Usage | EventRow>;
}

export function expectFindings({ usage, events, sessions, filed }: KnownRecords): ExpectedFinding[] {
  return [
    ...sessions.flatMap((session) => expectOfSession(session, usage)),
    ...usage.flatMap((record) => expectOfRecord(record, usage, filed)),
    ...events.flatMap((event) => expectOfEvent(event, events, filed)),
  ];
}

const dayBy = (time: string): string => time.slice(0, 10);
const isSuperSim = (carrier: string): boolean => carrier === 'twilio' || carrier === 'kore';
const hasLength = ({ start, end }: Usage): boolean => start !== end;
const add = (records: readonly Usage[]): number => records.reduce((sum, { dataTotal }) => sum + dataTotal, 0);

/** Whether a record repeats another one with a smaller id. */
function repeats(record: Usage, usage: readonly Usage[]): Usage | undefined {
  if (record.trafficType !== 'data' || record.dataTotal === 0 || !hasLength(record)) return undefined;
  const same = usage.filter(
    (other) =>
      record.sessionId !== undefined &&
      ['source', 'sessionId', 'start', 'end'].every(
        (name) => other[name as keyof Usage] === record[name as keyof Usage],
      ) &&
      other.trafficType === 'data' &&
      other.dataTotal !== 0 &&
      other.recordId < record.recordId,
  );
  return same.sort((a, b) => (a.recordId < b.recordId ? -1 : 1))[0];
}

function expectOfRecord(
  record: Usage,
  usage: readonly Usage[],
  filed: ReadonlySet<unknown>,
): ExpectedFinding[] {
  const { start, sessionId, recordId, dataTotal, source } = record;
  const day = dayBy(start);
  const about = { day, session: sessionId, bytes: dataTotal, cost: record.cost };
  const ofDay = usage.filter(
    (other) => dayBy(other.start) === day && other.source === source && other.trafficType === 'data',
  );
  const found: ExpectedFinding[] = [];
  const first = repeats(record, usage);
  if (first !== undefined) {
    const records = `${first.recordId} ${recordId}`;
    found.push({ ...about, check: 'duplicate', reason: 'same-window', records });
  }
  if (record.trafficType !== 'data') return found;
  if (sessionId === undefined && dataTotal > 0 && ofDay.some((other) => other.sessionId !== undefined))
    found.push({ ...about, check: 'orphan', reason: 'no-session', records: recordId });
  // 9 and more: a complete record from a stream; 8: from a file.
  const isRow = !isSuperSim(record.carrier) && record.completeness === 8;
  if (isRow && ofDay.some(({ completeness }) => completeness >= 9))
    found.push({ ...about, check: 'path', reason: 'not-by-stream', records: recordId });
  const byStream = ofDay.filter(({ completeness, carrier }) => completeness >= 9 && !isSuperSim(carrier));
  const byBoth = byStream.filter((one) => filed.has(one));
  const isUnfiled = byStream.includes(record) && !filed.has(record);
  const goesOn = ofDay.some((other) => filed.has(other) && other.start >= start);
  if (isUnfiled && goesOn && byBoth.length > byStream.length - byBoth.length)
    found.push({ ...about, check: 'path', reason: 'not-by-file', records: recordId });
  return found;
}

function expectOfEvent(
  event: EventRow,
  events: readonly EventRow[],
  filed: ReadonlySet<unknown>,
): ExpectedFinding[] {
  if (isSuperSim(event.carrier)) return [];
  const { time, source, sessionId: session, eventId: records } = event;
  const day = dayBy(time);
  const ofDay = events.filter((other) => dayBy(other.time) === day && other.source === source);
  const byStream = (one: EventRow): boolean => one.completeness >= 9;
  const byFile = (one: EventRow): boolean => filed.has(one);
  const both = ofDay.filter((one) => byStream(one) && byFile(one)).length;
  const likeIt = ofDay.filter((one) => byStream(one) === byStream(event) && byFile(one) === byFile(event));
  const about = { day, session, bytes: undefined, cost: undefined, check: 'path', records };
  if (likeIt.length >= both) return [];
  if (!byStream(event) && byFile(event)) return [{ ...about, reason: 'not-by-stream' }];
  const goesOn = ofDay.some((other) => byFile(other) && other.time >= time);
  return byStream(event) && !byFile(event) && goesOn ? [{ ...about, reason: 'not-by-file' }] : [];
}

function expectOfSession(session: Session, usage: readonly Usage[]): ExpectedFinding[] {
  const { terminal, sessionId } = session;
  const about = { session: sessionId, bytes: undefined, cost: undefined, records: '' };
  if (terminal === undefined) {
    const day = new Date(Date.parse(`${dayBy(session.origin.at)}T00:00Z`) + 7 * 86_400_000).toISOString();
    return [{ ...about, day: dayBy(day), check: 'orphan', reason: 'no-end' }];
  }
  const day = dayBy(terminal.end);
  const found: ExpectedFinding[] = [];
  if (!session.startStated) found.push({ ...about, day, check: 'orphan', reason: 'no-start' });
  const known = usage.filter(
    ({ start, trafficType }) =>
      trafficType === 'data' && dayBy(start) >= dayBy(session.start) && dayBy(start) <= day,
  );
  const own = known.filter((one) => one.sessionId === sessionId && repeats(one, known) === undefined);
  if (isSuperSim(session.origin.group.carrier)) found.push(...expectChain(session, day, own));
  return [...found, ...expectClose(session, day, own, known)];
}

function expectChain({ sessionId }: Session, day: string, own: readonly Usage[]): ExpectedFinding[] {
  const order = ({ end, sessionTotal = 0, start, recordId }: Usage): string =>
    `${end} ${String(sessionTotal).padStart(20, '0')} ${start} ${recordId}`;
  const windows = [...own].sort((a, b) => (order(a) < order(b) ? -1 : 1));
  const about = { day, session: sessionId, cost: undefined, check: 'chain', reason: 'missing-windows' };
  const isApart = (place: number): boolean => {
    const window = windows[place];
    if (window === undefined || place === 0 || window.start >= window.end) return false;
    const ends = windows.slice(0, place).map(({ end }) => Date.parse(end));
    return Date.parse(window.start) > Math.max(...ends) + 1_000;
  };
  const totals = windows.flatMap(({ sessionTotal }, place) => (sessionTotal === undefined ? [] : [place]));
  if (totals.length === 0) return [];
  const found: ExpectedFinding[] = [];
  for (const [index, place] of totals.entries()) {
    const before = totals[index - 1];
    const from = before === undefined ? undefined : windows[before];
    const between = windows.slice((before ?? -1) + 1, place + 1);
    const bytes = (windows[place]?.sessionTotal ?? 0) - (from?.sessionTotal ?? 0) - add(between);
    const isTorn = between.some((_, step) => isApart((before ?? -1) + 1 + step));
    const records = [from?.recordId, windows[place]?.recordId].filter((id) => id !== undefined).join(' ');
    if (bytes !== 0 || isTorn) found.push({ ...about, records, bytes });
  }
  const last = totals.at(-1) ?? 0;
  const torn = windows.findIndex((_, place) => place > last && isApart(place));
  if (torn !== -1) {
    const records = `${windows[last]?.recordId} ${windows[torn]?.recordId}`;
    found.push({ ...about, records, bytes: undefined });
  }
  return found;
}

function expectClose(
  session: Session,
  day: string,
  own: readonly Usage[],
  known: readonly Usage[],
): ExpectedFinding[] {
  const { sessionId, groups, terminal, start } = session;
  const { source, carrier } = session.origin.group;
  const stated = groups.totals?.group.dataTotal;
  if (stated === undefined || groups.totals === undefined || terminal === undefined) return [];
  if (Date.parse(groups.totals.at) + 1_000 < Date.parse(terminal.end)) return [];
  const about = { day, session: sessionId, cost: undefined, check: 'close', reason: 'total-differs' };
  if (isSuperSim(carrier)) {
    const bytes = stated - add(own);
    return bytes === 0 ? [] : [{ ...about, records: nameEnds(own), bytes }];
  }
  const ofSource = known.filter((one) => one.source === source);
  if (!ofSource.some((one) => one.sessionId !== undefined)) return [];
  // Only the day of its end decides whether a session that began before is judged.
  const ofLastDay = ofSource.filter((one) => dayBy(one.start) === day);
  if (dayBy(start) < day && ofLastDay.length > 0 && ofLastDay.every((one) => one.sessionId === undefined))
    return [];
  const within = ofSource.filter(
    (one) => one.sessionId === undefined && one.start >= start && one.start <= terminal.end,
  );
  const counted = [...own, ...within];
  const bytes = stated - add(counted);
  return Math.abs(bytes) <= Math.max(1_000, 2 * counted.length)
    ? []
    : [{ ...about, records: nameEnds(counted), bytes }];
}

function nameEnds(records: readonly Usage[]): string {
  const [first] = records;
  const ends = records.length > 1 ? [first, records.at(-1)] : [first];
  return ends.flatMap((one) => one?.recordId ?? []).join(' ');
}
