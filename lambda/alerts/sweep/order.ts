import { hashText } from '../../ledger/hash-text.ts';

/**
 * The order in which a sweep judges SIMs: by their places, which form a circle, from where the last sweep had to stop.
 */

/** Places are whole numbers from 0 to below this. */
const places = 2 ** 32;

/** The place of a SIM. */
export function findPlace(sim: string): number {
  return hashText(sim);
}

/** The distance from one place forward to another, around the circle. */
export function measureDistance(from: number, to: number): number {
  return (to - from + places) % places;
}

/** Up to when SIMs were judged. */
export interface JudgedMarks {
  /** The watermark by which they were judged; undefined if they never were. */
  readonly judgedThrough: number | undefined;
  /** When that sweep was, by its clock. */
  readonly sweptAt: number | undefined;
}

/** SIMs that were judged by sweeps that had to stop: those with places from `from` forward to `to`. */
export interface JudgedRange {
  readonly from: number;
  /** Excluded; never the same as `from`. */
  readonly to: number;
  readonly judgedThrough: number;
  readonly sweptAt: number;
}

/** How far the SIMs of a source are judged. */
export interface Judged extends JudgedMarks {
  /** The range that was judged further than the rest. */
  readonly range?: JudgedRange | undefined;
  /** The place where the next sweep begins; 0 if the last one judged all. */
  readonly resumeAt?: number | undefined;
}

/** What a sweep did for a source. */
export interface JudgedSweep {
  readonly watermark: number;
  readonly now: number;
  /** The place of the first SIM that it had to leave, in its order; undefined if it left none. */
  readonly stoppedAt: number | undefined;
  /** Whether a SIM could not be judged. */
  readonly hasFailed: boolean;
}

/** The marks up to which the SIM at a place was judged, at least. */
export function findJudgedMarks({ judgedThrough, sweptAt, range }: Judged, place: number): JudgedMarks {
  const isInRange =
    range !== undefined && measureDistance(range.from, place) < measureDistance(range.from, range.to);
  return isInRange ? range : { judgedThrough, sweptAt };
}

/**
 * How far a source is judged after a sweep. All of its SIMs are judged up to a watermark only when sweeps have gone
 * around the whole circle. If a sweep failed for a SIM, which may be any, nothing is known about those that it judged.
 */
export function noteJudged(before: Judged, { watermark, now, stoppedAt, hasFailed }: JudgedSweep): Judged {
  const { judgedThrough, sweptAt, range, resumeAt: start = 0 } = before;
  if (stoppedAt === undefined) {
    return hasFailed ? before : { judgedThrough: watermark, sweptAt: now };
  }
  const done = measureDistance(start, stoppedAt);
  if (hasFailed || done === 0) return { ...before, resumeAt: stoppedAt };
  const swept: JudgedRange = { from: start, to: stoppedAt, judgedThrough: watermark, sweptAt: now };
  if (range === undefined || range.to !== start) {
    return { judgedThrough, sweptAt, range: swept, resumeAt: stoppedAt };
  }
  // A source's watermark may go back.
  const through = Math.min(range.judgedThrough, watermark);
  if (done < measureDistance(start, range.from)) {
    const joined = { ...range, to: stoppedAt, judgedThrough: through };
    return { judgedThrough, sweptAt, range: joined, resumeAt: stoppedAt };
  }
  return { judgedThrough: through, sweptAt: range.sweptAt, range: swept, resumeAt: stoppedAt };
}
