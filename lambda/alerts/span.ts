import { compareRecords, type RecordReference } from './known.ts';

/** The records that a span is based on. */
export interface Evidence {
  /**
   * The record that began it: the last one before a silence, the first one of a loop, the first one of a new device.
   */
  readonly begin: RecordReference;
  /** The record that the beginning is compared with: the last one of the previous device or country. */
  readonly before: RecordReference | undefined;
  /** The latest record of it; `begin` if there is only one. */
  readonly last: RecordReference;
  /** The record that ended it; undefined while it lasts, and if only time passed. */
  readonly end: RecordReference | undefined;
  /** Number of records that it is based on, without `before` and `end`. */
  readonly count: number;
}

/**
 * A time range in which a rule's condition held for a SIM: a function of the SIM's records, the rule and the watermark.
 * A change of device or country is a span of length 0.
 */
export interface Span {
  /** When it began: a silence begins with the last record before it. */
  readonly from: number;
  /** When the condition was met: for a silence, the rule's time later. */
  readonly metAt: number;
  /** When it ended, exclusively; undefined while it lasts. */
  readonly to: number | undefined;
  readonly evidence: Evidence;
}

/** Spans that make one episode, joined by the rule's pending and recovery times. */
export interface JoinedSpan extends Span {
  /** Whether the recovery time has passed since the last of them. */
  readonly isOver: boolean;
}

/**
 * Orders the spans that several windows or sessions give for one rule and SIM.
 *
 * Spans during which the condition was met without interruption become one. Each span begins no earlier than the end of
 * the previous one, so a span that has ended is never changed by what happens later.
 */
export function uniteSpans(spans: readonly Span[]): Span[] {
  const united: Span[] = [];
  for (const span of spans.toSorted(compareSpans)) {
    const last = united.at(-1);
    if (last === undefined) united.push(span);
    else if (last.to === undefined || span.metAt <= last.to)
      united[united.length - 1] = mergeSpans(last, span);
    else united.push({ ...span, from: Math.max(span.from, last.to) });
  }
  return united;
}

/** By when the condition was met, then by what began it. */
function compareSpans(a: Span, b: Span): number {
  return a.metAt - b.metAt || a.from - b.from || compareRecords(a.evidence.begin, b.evidence.begin);
}

/** Two spans as one; `a` begins earlier. */
function mergeSpans(a: Span, b: Span): Span {
  const lastsLonger = a.to === undefined || (b.to !== undefined && b.to <= a.to);
  const { to, evidence } = lastsLonger ? a : b;
  const last = a.evidence.last.at > b.evidence.last.at ? a.evidence.last : b.evidence.last;
  return {
    from: a.from,
    metAt: Math.min(a.metAt, b.metAt),
    to,
    evidence: { ...a.evidence, last, end: evidence.end, count: a.evidence.count + b.evidence.count },
  };
}

/**
 * Joins the spans that belong to one episode.
 *
 * - An episode begins with a span that has held for the pending time since its condition was met.
 * - A span whose condition is met within the recovery time after the previous one continues the episode.
 * - The episode has ended if the recovery time has passed without a span, by the watermark.
 *
 * With the same records and a later watermark, ended episodes stay ended, and open ones are open or ended.
 *
 * @param spans those of one rule and SIM, in order, without overlaps.
 */
export function joinSpans(
  spans: readonly Span[],
  { pending, recovery }: { readonly pending: number; readonly recovery: number },
  watermark: number,
): JoinedSpan[] {
  const joined: JoinedSpan[] = [];
  for (const span of spans) {
    const last = joined.at(-1);
    if (last !== undefined && (last.to === undefined || span.metAt <= last.to + recovery)) {
      joined[joined.length - 1] = { ...mergeSpans(last, span), isOver: false };
      continue;
    }
    const heldUntil = Math.min(span.to ?? Number.POSITIVE_INFINITY, watermark);
    if (heldUntil >= span.metAt + pending) joined.push({ ...span, isOver: false });
  }
  return joined.map((span) => ({
    ...span,
    isOver: span.to !== undefined && (recovery === 0 || watermark > span.to + recovery),
  }));
}
