import { type Extent, placeRange, type TimeScale } from './scale.ts';
import type { TimeWindow } from './window.ts';

/** Lays out sessions, events, alerts and findings as marks. Dense ranges share marks, and nothing becomes invisible. */

/** Minimum width of a mark in CSS pixels. Narrower ranges at the same place share a mark. */
export const minWidth = 3;

/** A mark on the screen, for one range or several. Each begins within the mark, or before the screen. */
export interface Mark extends Extent {
  /** Counted from the top, beginning with 0. */
  readonly lane: number;
  /** The range from the first start to the last end of its members. */
  readonly from: number;
  readonly to: number;
  /** Positions of its members in the list that was laid out, in that order; at least one. */
  readonly members: readonly number[];
}

/** Marks in lanes. In all but the last of {@link maxLanes}, marks overlap by less than {@link minWidth}. */
export interface LaidMarks {
  readonly marks: readonly Mark[];
  readonly lanes: number;
}

/** Maximum lanes of a row. Further marks are drawn in the last lane, over each other. */
export const maxLanes = 5;

interface Cluster {
  from: number;
  to: number;
  x: number;
  end: number;
  readonly members: number[];
}

/**
 * Lays out ranges as marks. Ranges narrower than {@link minWidth} that begin at the same place share a mark. Each other range
 * has its own. Every range in the window is part of a mark, and no others are.
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
