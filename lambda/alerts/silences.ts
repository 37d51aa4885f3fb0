import type { Session } from '../ledger/observation.ts';
import { toMilliseconds } from '../ledger/time.ts';
import {
  findFirst,
  type Known,
  type RecordReference,
  referToEvent,
  referToSession,
  referToUsage,
  type Sign,
  sortByRecord,
  sortRecords,
} from './known.ts';
import type { SilentRule, StaleSessionRule } from './rules.ts';
import { type Span, uniteSpans } from './span.ts';

/** Rules about something that did not arrive. */

/**
 * The silences of a SIM: from a sign of life to the next one, if that is at least as long as the rule says.
 *
 * A SIM lacks only sessions, or only bytes, if it gave another sign of life after that time. The span is met by this
 * sign, and lasts until there is a session, or bytes, again. If there was none before, it begins with the first of the
 * other signs.
 */
export function findSilences({ after, missing }: SilentRule, known: Known, watermark: number): Span[] {
  const sorted = sortByRecord([...known.signs, ...recallSigns(known, missing)]);
  if (missing === 'everything') {
    return findGaps(listRecords(sorted.filter(isSignOfLife)), after, watermark);
  }
  const isEnd = missing === 'bytes' ? ({ hasBytes }: Sign) => hasBytes : hasSession;
  const isOther = missing === 'bytes' ? ({ isSession }: Sign) => isSession : isSignOfLife;
  const spans: Span[] = [];
  let begin: RecordReference | undefined;
  let others: RecordReference[] = [];
  const close = (end: RecordReference | undefined): void => {
    const span = begin && describeLack(begin, others, end, after, watermark);
    if (span !== undefined) spans.push(span);
  };
  for (const sign of groupByMoment(sorted)) {
    if (sign.some(isEnd)) {
      const { record } = sign.find(isEnd) as Sign;
      close(record);
      begin = record;
      others = [];
      continue;
    }
    const other = sign.find(isOther)?.record;
    if (other === undefined) continue;
    if (begin === undefined) begin = other;
    else others.push(other);
  }
  close(undefined);
  return spans;
}

/** The signs with which a silence began that has not ended, and with which its condition was met. */
function recallSigns({ remembered = [] }: Known, missing: SilentRule['missing']): Sign[] {
  const all = { isSignal: true, hasBytes: true, isSession: true };
  const other = { isSignal: missing === 'session', hasBytes: false, isSession: missing === 'bytes' };
  return remembered.flatMap(({ record, metAt }) => {
    const begin = { record, ...all };
    return missing === 'everything' ? [begin] : [begin, { record: { ...record, at: metAt }, ...other }];
  });
}

/** A time without sessions, or without bytes, in which there were other signs. */
function describeLack(
  begin: RecordReference,
  others: readonly RecordReference[],
  end: RecordReference | undefined,
  after: number,
  watermark: number,
): Span | undefined {
  const met = others.find(({ at }) => at >= begin.at + after);
  if (met === undefined || met.at > watermark) return undefined;
  const known = others.filter(({ at }) => at <= watermark);
  return {
    from: begin.at,
    metAt: met.at,
    to: end?.at,
    evidence: { begin, before: undefined, last: known.at(-1) ?? met, end, count: known.length + 1 },
  };
}

function isSignOfLife({ isSignal, hasBytes }: Sign): boolean {
  return isSignal || hasBytes;
}

/** Bytes require a session, although not every record of bytes names one. */
function hasSession({ isSession, hasBytes }: Sign): boolean {
  return isSession || hasBytes;
}

/** Sorted signs, grouped by time. */
function groupByMoment(sorted: readonly Sign[]): Sign[][] {
  const groups: Sign[][] = [];
  for (const sign of sorted) {
    const last = groups.at(-1);
    if (last?.[0]?.record.at === sign.record.at) last.push(sign);
    else groups.push([sign]);
  }
  return groups;
}

function listRecords(signs: readonly Sign[]): RecordReference[] {
  return signs.map(({ record }) => record);
}

/**
 * Gaps of at least a given length between sorted records, and from the last one to the watermark. A gap is met when the
 * watermark has advanced so far; a record that ends it is believed immediately, because no later one can undo it.
 */
function findGaps(records: readonly RecordReference[], length: number, watermark: number): Span[] {
  return records.flatMap((begin, index) => {
    const end = records[index + 1];
    const metAt = begin.at + length;
    if (metAt > watermark || (end !== undefined && end.at <= metAt)) return [];
    const evidence = { begin, before: undefined, last: begin, end, count: 1 };
    return [{ from: begin.at, metAt, to: end?.at, evidence }];
  });
}

/**
 * When a session was open and not heard for at least the rule's time: from one of its records to the next one, its end,
 * or the beginning of the SIM's next session. Several such sessions make one span.
 */
export function findStaleSessions({ after }: StaleSessionRule, known: Known, watermark: number): Span[] {
  const bySession = new Map<string, RecordReference[]>();
  const add = (sessionId: string | undefined, record: RecordReference): void => {
    if (sessionId === undefined) return;
    const records = bySession.get(sessionId);
    if (records === undefined) bySession.set(sessionId, [record]);
    else records.push(record);
  };
  for (const usage of known.usage) add(usage.sessionId, referToUsage(usage));
  for (const event of known.events) add(event.sessionId, referToEvent(event));
  const sessions = [...new Map(known.sessions.map((session) => [session.sessionId, session])).values()];
  const starts = sortRecords(sessions.map((session) => referToSession(session, session.start)));
  const spans = sessions.flatMap((session) => {
    const records = listSessionRecords(session, bySession.get(session.sessionId) ?? []);
    return findStaleTimes(session, records, starts, after);
  });
  // Spans that are not met yet may continue one that is.
  return uniteSpans(spans).filter(({ metAt }) => metAt <= watermark);
}

/** The records of a session from its beginning to its end, in order. */
function listSessionRecords(session: Session, records: readonly RecordReference[]): RecordReference[] {
  const { start, origin, terminal } = session;
  const stated = [start, origin.at].map((time) => referToSession(session, time));
  const end = terminal === undefined ? Number.POSITIVE_INFINITY : toMilliseconds(terminal.end);
  const begin = toMilliseconds(start);
  const all = [...records, ...stated].filter(({ at }) => at >= begin && at < end);
  if (terminal !== undefined) all.push(referToSession(session, terminal.end));
  return sortRecords(all);
}

function findStaleTimes(
  { start, terminal }: Session,
  records: readonly RecordReference[],
  starts: readonly RecordReference[],
  after: number,
): Span[] {
  const open = terminal === undefined ? records : records.slice(0, -1);
  const earliestOther = toMilliseconds(start) + 1;
  return open.flatMap((begin, index) => {
    const next = records[index + 1];
    const other = starts[findFirst(starts, Math.max(begin.at, earliestOther))];
    const end = other !== undefined && (next === undefined || other.at < next.at) ? other : next;
    const metAt = begin.at + after;
    if (end !== undefined && end.at <= metAt) return [];
    const evidence = { begin, before: undefined, last: begin, end, count: 1 };
    return [{ from: begin.at, metAt, to: end?.at, evidence }];
  });
}
