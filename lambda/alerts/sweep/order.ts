import { hashText } from '../../ledger/hash-text.ts';

/** The order in which a sweep judges SIMs: round by their places, from where the last sweep had to stop. */

/** Places of SIMs are whole numbers from 0 to below this. */
const places = 2 ** 32;

/** The place of a SIM. */
export function findPlace(sim: string): number {
  return hashText(sim);
}

/** How far a place lies behind another one, going round. */
export function measureDistance(from: number, to: number): number {
  return (to - from + places) % places;
}

/** Up to when SIMs were judged. */
export interface JudgedMarks {
  /** The watermark by which they were judged; undefined where they never were. */
  readonly judgedThrough: number | undefined;
  /** When that sweep was, by its clock. */
  readonly sweptAt: number | undefined;
}

/** SIMs that were judged by sweeps that had to stop: those with places from `from` up to `to`, going round. */
export interface JudgedRange {
  readonly from: number;
  /** Not included; never the same as `from`. */
  readonly to: number;
  readonly judgedThrough: number;
  readonly sweptAt: number;
}

/** How far the SIMs of a source are judged. */
export interface Judged extends JudgedMarks {
  /** Where some are judged further than all. */
  readonly range?: JudgedRange | undefined;
  /** The place at which the next sweep begins; 0 where the last one judged all. */
  readonly resumeAt?: number | undefined;
}

/** What a sweep did of a source. */
export interface JudgedSweep {
  readonly watermark: number;
  readonly now: number;
  /** The place of the first SIM that it had to leave, in its order; undefined where it left none. */
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
 * How far a source is judged after a sweep. All of its SIMs are judged up to a watermark only once sweeps have gone all
 * the way round; a sweep that failed for some SIM, which may be any, says nothing of those that it judged.
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
  // A source's watermark may fall back.
  const through = Math.min(range.judgedThrough, watermark);
  if (done < measureDistance(start, range.from)) {
    const joined = { ...range, to: stoppedAt, judgedThrough: through };
    return { judgedThrough, sweptAt, range: joined, resumeAt: stoppedAt };
  }
  return { judgedThrough: through, sweptAt: range.sweptAt, range: swept, resumeAt: stoppedAt };
}
