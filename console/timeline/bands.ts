import { type Extent, placeRange, type TimeScale } from './scale.ts';
import type { TimeWindow } from './window.ts';

/** Bands: what a SIM's network, country or device was, over time. */

/** What a record states of a band. */
export interface Statement extends TimeWindow {
  readonly value: string;
}

/** A time over which records state one value. */
export interface Band extends Extent {
  readonly from: number;
  readonly to: number;
  readonly value: string;
  /** Of the values of this band in the order in which they first came, which one it is: its colour. */
  readonly place: number;
}

/**
 * Joins statements to runs of one value. A run goes from its first statement to its last, and is cut where another value is
 * stated: between two statements of the same value nothing else was known.
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

/** Lays runs out. Runs that are too narrow to be seen are left out where another one is seen at their place. */
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
