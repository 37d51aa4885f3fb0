import { type Extent, placeRange, type TimeScale } from './scale.ts';
import type { TimeWindow } from './window.ts';

/** Bars and ticks: what has a beginning and an end, drawn so that any number of them can be told from none. */

/** The width below which things are not drawn one by one, in CSS pixels: what stands so close together is one mark. */
export const minWidth = 3;

/** What one mark on the screen stands for. Each member begins in it, or before the screen does. */
export interface Mark extends Extent {
  /** From the top, 0 for the first. */
  readonly lane: number;
  /** The time that its members take up together. */
  readonly from: number;
  readonly to: number;
  /** Positions of its members in what was laid out, in their order; at least one. */
  readonly members: readonly number[];
}

/** Marks in lanes: of one lane none overlap by {@link minWidth} or more, but in the last one of {@link maxLanes}. */
export interface LaidMarks {
  readonly marks: readonly Mark[];
  readonly lanes: number;
}

/** Lanes of one row. What overlaps more often is drawn over the last. */
export const maxLanes = 5;

interface Cluster {
  from: number;
  to: number;
  x: number;
  end: number;
  readonly members: number[];
}

/**
 * Lays ranges out as marks. A range that is narrower than {@link minWidth} shares a mark with others that begin at the same
 * place; all others have marks of their own. Nothing outside of the window is laid out, and nothing in it is left out.
 */
export function layMarks(ranges: readonly TimeWindow[], scale: TimeScale): LaidMarks {
  const clusters = formClusters(ranges, scale).sort((a, b) => a.x - b.x || b.end - a.end);
  const ends: number[] = [];
  const marks = clusters.map(({ from, to, x, end, members }): Mark => {
    const free = ends.findIndex((taken) => taken < x + minWidth);
    const lane = free !== -1 ? free : Math.min(ends.length, maxLanes - 1);
    ends[lane] = Math.max(ends[lane] ?? 0, end);
    return { x, width: end - x, lane, from, to, members };
  });
  return { marks, lanes: Math.max(1, ends.length) };
}

function formClusters(ranges: readonly TimeWindow[], scale: TimeScale): Cluster[] {
  const wide: Cluster[] = [];
  const narrow = new Map<number, Cluster>();
  ranges.forEach((range, index) => {
    const extent = placeRange(scale, range);
    if (extent === undefined) return;
    const { from, to } = range;
    if (extent.width >= minWidth) {
      wide.push({ from, to, x: extent.x, end: extent.x + extent.width, members: [index] });
      return;
    }
    const cell = Math.floor(Math.min(extent.x, Math.max(0, scale.width - minWidth)) / minWidth);
    const cluster = narrow.get(cell);
    if (cluster === undefined) {
      const x = cell * minWidth;
      narrow.set(cell, { from, to, x, end: Math.min(scale.width, x + minWidth), members: [index] });
      return;
    }
    cluster.from = Math.min(cluster.from, from);
    cluster.to = Math.max(cluster.to, to);
    cluster.members.push(index);
  });
  return [...wide, ...narrow.values()];
}
