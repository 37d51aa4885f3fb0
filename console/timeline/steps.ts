import { type Extent, placeRange, type TimeScale } from './scale.ts';
import { day, hour, minute, type TimeWindow } from './window.ts';

/** Usage as steps: bytes of each record, or of each period where records stand too close together to be told apart. */

/** A usage record, or a sum of several, as it is drawn. */
export interface Volume extends TimeWindow {
  readonly bytes: number;
}

/** One step. */
export interface Step extends Extent {
  readonly from: number;
  readonly to: number;
  readonly bytes: number;
  /** Positions of its records in what was laid out; at least one. */
  readonly members: readonly number[];
}

/** Steps of one height scale. */
export interface LaidSteps {
  readonly steps: readonly Step[];
  /** Length of the period that a step adds up, in milliseconds; undefined where each record has a step of its own. */
  readonly period: number | undefined;
  /** Bytes of the highest step, at least 1. */
  readonly top: number;
}

/** Periods by which records are added up. All divide a UTC day or are days. */
const periods = [...[minute, 5 * minute, 15 * minute, hour, 3 * hour, 6 * hour], ...[day, 7 * day, 14 * day]];

/** The narrowest step, in CSS pixels. */
const minStepWidth = 4;

/**
 * Lays usage out as steps. A record counts wholly at its beginning, as the API's sums by hour and day do, so the steps of a
 * window add up to the records that began in it.
 *
 * @param unit what a volume sums up, in milliseconds: no step is of a shorter period. 0 of single records.
 */
export function laySteps(volumes: readonly Volume[], scale: TimeScale, unit = 0): LaidSteps {
  const { window } = scale;
  const seen = volumes.flatMap(({ from }, index) => (from >= window.from && from < window.to ? [index] : []));
  if (seen.length === 0) return { steps: [], period: undefined, top: 1 };
  const isEachSeen = areApart(volumes, seen, scale);
  const period = isEachSeen ? undefined : choosePeriod(scale, unit);
  const steps = period === undefined ? drawEach(volumes, seen, scale) : addUp(volumes, seen, scale, period);
  return { steps, period, top: steps.reduce((top, { bytes }) => Math.max(top, bytes), 1) };
}

/** Whether each record can be drawn by itself: none is narrower than a step, and none overlaps the next. */
function areApart(volumes: readonly Volume[], seen: readonly number[], scale: TimeScale): boolean {
  if (seen.length * minStepWidth > scale.width) return false;
  const ranges = seen.map((index) => volumes[index]!).sort((a, b) => a.from - b.from);
  const least = ((scale.window.to - scale.window.from) / scale.width) * minStepWidth;
  return ranges.every(({ from, to }, place) => {
    const next = ranges[place + 1];
    return to - from >= least && (next === undefined || next.from >= to);
  });
}

function choosePeriod({ window, width }: TimeScale, unit: number): number {
  const least = Math.max(unit, ((window.to - window.from) / width) * minStepWidth);
  return periods.find((period) => period >= least) ?? periods.at(-1)!;
}

function drawEach(volumes: readonly Volume[], seen: readonly number[], scale: TimeScale): Step[] {
  return seen.flatMap((index) => {
    const { from, to, bytes } = volumes[index]!;
    const extent = placeRange(scale, { from, to });
    return extent === undefined ? [] : [{ ...extent, from, to, bytes, members: [index] }];
  });
}

function addUp(
  volumes: readonly Volume[],
  seen: readonly number[],
  scale: TimeScale,
  period: number,
): Step[] {
  const sums = new Map<number, { bytes: number; readonly members: number[] }>();
  for (const index of seen) {
    const { from, bytes } = volumes[index]!;
    const begin = Math.floor(from / period) * period;
    const sum = sums.get(begin);
    if (sum === undefined) sums.set(begin, { bytes, members: [index] });
    else {
      sum.bytes += bytes;
      sum.members.push(index);
    }
  }
  return [...sums]
    .sort(([a], [b]) => a - b)
    .flatMap(([from, { bytes, members }]) => {
      const range = { from, to: from + period };
      const extent = placeRange(scale, range);
      return extent === undefined ? [] : [{ ...extent, ...range, bytes, members }];
    });
}
