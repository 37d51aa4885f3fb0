import { type Extent, placeRange, type TimeScale } from './scale.ts';
import { day, hour, minute, type TimeWindow } from './window.ts';

/** Lays out usage as steps: one for each record or, if records are too close together, one for each period. */

/** A usage record, or a sum of several. */
export interface Volume extends TimeWindow {
  readonly bytes: number;
}

/** One step. */
export interface Step extends Extent {
  readonly from: number;
  readonly to: number;
  readonly bytes: number;
  /** Positions of its records in the list that was laid out; at least one. */
  readonly members: readonly number[];
}

/** Steps with a common vertical scale. */
export interface LaidSteps {
  readonly steps: readonly Step[];
  /** The period that a step adds up, in milliseconds; undefined if each record has its own step. */
  readonly period: number | undefined;
  /** Bytes of the highest step, at least 1. */
  readonly top: number;
}

/** Periods of steps. Each one divides a UTC day or is a number of days. */
const periods = [...[minute, 5 * minute, 15 * minute, hour, 3 * hour, 6 * hour], ...[day, 7 * day, 14 * day]];

/** Minimum width of a step in CSS pixels. */
const minStepWidth = 4;

/**
 * Lays out usage as steps. All of a record's bytes count at its start, as in the API's hourly and daily sums. So the steps of
 * a window add up to the records that began in it.
 *
 * @param unit the period that a volume adds up, in milliseconds, which is the minimum period of steps; 0 for stored records.
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

/** Whether each record can have its own step: all are wide enough, and none overlaps the next. */
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
