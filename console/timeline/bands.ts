import { type Extent, placeRange, type TimeScale } from './scale.ts';
import type { TimeWindow } from './window.ts';

/** Bands show a SIM's network, country or device over time. */

/** A value that a record states for a range of time. */
export interface Statement extends TimeWindow {
  readonly value: string;
}

/** A run of one value on the screen. */
export interface Band extends Extent {
  readonly from: number;
  readonly to: number;
  readonly value: string;
  /** Index of the value by first occurrence in this row, which chooses the colour. */
  readonly place: number;
}

/**
 * Joins statements into runs of one value. A run lasts from its first statement to its last. A statement of another value
 * ends it.
 */
export function joinStatements(statements: readonly Statement[]): Statement[] {
  const runs: { from: number; to: number; readonly value: string }[] = [];
  for (const statement of [...statements].sort((a, b) => a.from - b.from || a.to - b.to)) {
    const last = runs.at(-1);
    if (last?.value === statement.value) last.to = Math.max(last.to, statement.to);
    else {
      if (last !== undefined && last.to > statement.from) last.to = statement.from;
      runs.push({ ...statement });
    }
  }
  return runs;
}

/** Lays out runs. Leaves out runs that are too narrow to see if another one is visible at their place. */
export function layBands(runs: readonly Statement[], scale: TimeScale): Band[] {
  const places = new Map<string, number>();
  const bands: Band[] = [];
  for (const { from, to, value } of runs) {
    const place = places.get(value) ?? places.size;
    places.set(value, place);
    const extent = placeRange(scale, { from, to });
    if (extent === undefined) continue;
    const x = Math.min(extent.x, Math.max(0, scale.width - 1));
    const width = Math.min(Math.max(extent.width, 1), scale.width - x);
    const last = bands.at(-1);
    if (extent.width < 1 && last !== undefined && x < last.x + last.width) continue;
    bands.push({ x, width, from, to, value, place });
  }
  return bands;
}
