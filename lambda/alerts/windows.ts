import {
  findFirst,
  type Known,
  type KnownUsage,
  type RecordReference,
  referToEvent,
  referToSession,
  referToUsage,
  sortByRecord,
  sortRecords,
} from './known.ts';
import type { CountRule, SlidingUsageRule } from './rules.ts';
import { type Span, uniteSpans } from './span.ts';

/**
 * Rules that count within a sliding window.
 *
 * A window of length w that begins with a record at u contains what is in [u, u + w): the record that begins it is
 * included, a record exactly w later is not.
 */

/** A record and the amount that it adds: whole numbers of any size, so that sums are exact. */
interface Weighed {
  readonly record: RecordReference;
  readonly weight: bigint;
}

/** The events of a device that attaches to a network. */
const attachments: ReadonlySet<string> = new Set([
  'attachment.accepted',
  'attachment.rejected',
  'attachment.failed',
  'location.updated',
  'gprs-location.updated',
]);

/** The events of a session that failed to begin. */
const failures: ReadonlySet<string> = new Set(['data-session.failed', 'pdp-context.refused']);

/**
 * When too much happened: all windows that begin with a record and contain at least the rule's number, joined if they
 * overlap or touch. The record that reaches the number meets the condition, which ends when no such window remains.
 */
export function findCounted(rule: CountRule, known: Known, watermark: number): Span[] {
  const counted = listCounted(rule.kind, known).map((record) => ({ record, weight: 1n }));
  return findDense(counted, BigInt(rule.count), rule.within, watermark);
}

function listCounted(kind: CountRule['kind'], known: Known): RecordReference[] {
  if (kind === 'zero-byte-sessions') return listEmptySessions(known);
  const types = kind === 'attach-loop' ? attachments : failures;
  return known.events.filter(({ type }) => types.has(type)).map(referToEvent);
}

/**
 * The ends of the sessions that moved no byte, according to both their totals and the usage that names them. A session
 * whose bytes are not stated does not count.
 */
function listEmptySessions({ sessions, usage }: Known): RecordReference[] {
  const withUsage = new Map<string, boolean>();
  for (const { sessionId, dataTotal } of usage) {
    if (sessionId !== undefined) {
      withUsage.set(sessionId, (withUsage.get(sessionId) ?? false) || dataTotal > 0);
    }
  }
  return sessions.flatMap((session) => {
    const { terminal, sessionId } = session;
    if (terminal?.status !== 'ended') return [];
    const total = session.groups.totals?.group.dataTotal;
    const hasUsage = withUsage.get(sessionId);
    const isEmpty =
      (total ?? 0) === 0 && hasUsage !== true && (total !== undefined || hasUsage !== undefined);
    return isEmpty ? [referToSession(session, terminal.end)] : [];
  });
}

/** When a SIM moved more, or less, bytes than the rule says. A usage record counts at the end of its window. */
export function findUsage(rule: SlidingUsageRule, known: Known, watermark: number): Span[] {
  const weighed = known.usage.map(weighUsage);
  if (rule.compare === 'more') return findDense(weighed, BigInt(rule.bytes) + 1n, rule.within, watermark);
  return findSparse(weighed, listAllRecords(known), BigInt(rule.bytes), rule.within, watermark);
}

function weighUsage(usage: KnownUsage): Weighed {
  return { record: referToUsage(usage), weight: BigInt(usage.dataTotal) };
}

/** When windows of a length, each of which begins with a record, contain at least a given amount. */
function findDense(items: readonly Weighed[], enough: bigint, within: number, watermark: number): Span[] {
  const sorted = sortByRecord(items).filter(({ record, weight }) => record.at <= watermark && weight > 0n);
  const windows: Span[] = [];
  let sum = 0n;
  let next = 0;
  for (const { record: begin, weight } of sorted) {
    const to = begin.at + within;
    for (
      let item = sorted[next];
      sum < enough && item !== undefined && item.record.at < to;
      item = sorted[next]
    ) {
      sum += item.weight;
      next += 1;
    }
    const met = sorted[next - 1]?.record;
    if (sum >= enough && met !== undefined) {
      const evidence = { begin, before: undefined, last: met, end: undefined, count: 0 };
      windows.push({ from: begin.at, metAt: met.at, to, evidence });
    }
    sum -= weight;
  }
  const records = sorted.map(({ record }) => record);
  return uniteSpans(windows).map((span) => describeDense(span, records, watermark));
}

/** A span of windows and its records. It lasts as long as the watermark is in one of them. */
function describeDense(span: Span, records: readonly RecordReference[], watermark: number): Span {
  const to = span.to === undefined || span.to > watermark ? undefined : span.to;
  const first = findFirst(records, span.evidence.begin.at);
  const behind = to === undefined ? records.length : findFirst(records, to);
  const last = records[behind - 1] ?? span.evidence.last;
  return { ...span, to, evidence: { ...span.evidence, last, count: behind - first } };
}

/**
 * When windows of a length contained less than a given amount. A window that begins at u contains what came after u up
 * to and including its end, and only windows that begin with the SIM's first record or later count. A record that
 * restores the amount is believed immediately.
 */
function findSparse(
  items: readonly Weighed[],
  records: readonly RecordReference[],
  enough: bigint,
  within: number,
  watermark: number,
): Span[] {
  const [first] = sortRecords(records);
  if (first === undefined) return [];
  const sorted = sortByRecord(items).filter(({ weight }) => weight > 0n);
  const spans: Span[] = [];
  let begin: RecordReference | undefined;
  let sum = 0n;
  let entering = 0;
  let leaving = 0;
  // Between two of these times, all windows have the same content.
  const changes = sorted.flatMap(({ record: { at } }) => [at, at - within]).filter((at) => at > first.at);
  for (const at of new Set([first.at, ...changes.sort((a, b) => a - b)])) {
    for (
      let item = sorted[entering];
      item !== undefined && item.record.at <= at + within;
      item = sorted[entering]
    ) {
      sum += item.weight;
      entering += 1;
    }
    let left: RecordReference | undefined;
    for (let item = sorted[leaving]; item !== undefined && item.record.at <= at; item = sorted[leaving]) {
      sum -= item.weight;
      left = item.record;
      leaving += 1;
    }
    if (sum < enough) {
      begin ??= at === first.at ? first : left;
    } else if (begin !== undefined) {
      const end = sorted[entering - 1]?.record;
      addSparse(spans, begin, end, within, watermark);
      begin = undefined;
    }
  }
  if (begin !== undefined) addSparse(spans, begin, undefined, within, watermark);
  return uniteSpans(spans);
}

function addSparse(
  spans: Span[],
  begin: RecordReference,
  end: RecordReference | undefined,
  within: number,
  watermark: number,
): void {
  const metAt = begin.at + within;
  if (metAt > watermark) return;
  const evidence = { begin, before: undefined, last: begin, end, count: 1 };
  spans.push({ from: begin.at, metAt, to: end?.at, evidence });
}

function listAllRecords({ sessions, usage, events, signs }: Known): RecordReference[] {
  return [
    ...sessions.flatMap((session) =>
      [session.start, session.origin.at].map((at) => referToSession(session, at)),
    ),
    ...usage.map(referToUsage),
    ...events.map(referToEvent),
    ...signs.map(({ record }) => record),
  ];
}
