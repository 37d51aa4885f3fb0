import { compareRecords, type RecordReference } from './known.ts';

/** The records that a span is based on. */
export interface Evidence {
  /** The record that began it: the last one before a silence, the first one of a loop, the first one of a new device. */
  readonly begin: RecordReference;
  /** The record that the beginning is compared with: the last one of the device or country before. */
  readonly before: RecordReference | undefined;
  /** The latest record of it; `begin` where it is the only one. */
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
  /** When it began: a silence with the last record before it. */
  readonly from: number;
  /** When the condition was met: of a silence, the rule's time later. */
  readonly metAt: number;
  /** When it was over, exclusively; undefined while it lasts. */
  readonly to: number | undefined;
  readonly evidence: Evidence;
}

/** Spans that make one episode, as the rule's pending and recovery times join them. */
export interface JoinedSpan extends Span {
  /** Whether the recovery time has passed since the last of them. */
  readonly isOver: boolean;
}

/**
 * Puts the spans that several windows or sessions give for one rule and SIM in sequence.
 *
 * Spans during which the condition was met without a break are one. Another one begins no earlier than the one before
 * it ended: so a span that is over is never changed by what happens later.
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

/** By when the condition was met, and at one moment by what began it. */
function compareSpans(a: Span, b: Span): number {
  return a.metAt - b.metAt || a.from - b.from || compareRecords(a.evidence.begin, b.evidence.begin);
}

/** Two spans as one; the first one begins earlier. */
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
 * Joins spans to what makes an episode each.
 *
 * - An episode begins with a span that has held for the pending time since its condition was met.
 * - A span whose condition is met within the recovery time after the one before continues the episode.
 * - It is over when the recovery time has passed without one, by the watermark.
 *
 * Judged at a later watermark by the same records, what was over stays so, and what was open is open or over.
 *
 * @param spans of one rule and SIM, in order, none overlapping another.
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
