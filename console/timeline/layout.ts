import { type Band, layBands } from './bands.ts';
import { type LaidMarks, layMarks, type Mark } from './marks.ts';
import type { Gap, TimelineRanges } from './records.ts';
import { type Extent, placeRange, type TimeScale } from './scale.ts';
import { type LaidSteps, laySteps, type Step } from './steps.ts';

/** The layout of a timeline. */

/** The rows, from top to bottom. */
export const rowNames = [
  'alerts',
  'findings',
  'sessions',
  'usage',
  'events',
  'networks',
  'countries',
  'devices',
] as const;

/** The name of a row. */
export type RowName = (typeof rowNames)[number];

/** Rows of marks. */
export type MarkRow = 'alerts' | 'findings' | 'sessions' | 'events';
/** Rows of bands. */
export type BandRow = 'networks' | 'countries' | 'devices';

/** The vertical position of a row, in CSS pixels from the top. The row's title is above `top`. */
export interface RowPlace {
  readonly name: RowName;
  readonly top: number;
  readonly height: number;
}

/** A hatched range, in which something is not known. */
export interface Hatch extends Extent {
  readonly kind: Gap['kind'];
}

/** Everything to draw, in CSS pixels. */
export interface TimelineLayout {
  readonly scale: TimeScale;
  /** The rows with content. Sessions, usage and events are always there. */
  readonly rows: readonly RowPlace[];
  readonly height: number;
  readonly marks: Readonly<Record<MarkRow, LaidMarks>>;
  readonly usage: LaidSteps;
  readonly bands: Readonly<Record<BandRow, readonly Band[]>>;
  readonly hatches: readonly Hatch[];
}

/** Heights in CSS pixels. */
export const sizes = {
  axis: 26,
  title: 16,
  lane: 12,
  laneGap: 2,
  usage: 72,
  events: 18,
  band: 16,
  rowGap: 8,
};

/** Lays out a timeline. The running time depends on the number of records, not on the window's length. */
export function layOut(ranges: TimelineRanges, scale: TimeScale): TimelineLayout {
  const marks = {
    alerts: layMarks(ranges.alerts, scale),
    findings: layMarks(ranges.findings, scale),
    sessions: layMarks(ranges.sessions, scale),
    events: layMarks(ranges.events, scale),
  };
  const bands = {
    networks: layBands(ranges.networks, scale),
    countries: layBands(ranges.countries, scale),
    devices: layBands(ranges.devices, scale),
  };
  const missing = ranges.findings.map(({ from, to }): Gap => ({ from, to, kind: 'missing' }));
  const hatches = [...missing, ...ranges.gaps].flatMap((gap) => {
    const extent = placeRange(scale, gap);
    return extent === undefined || extent.width < 1 ? [] : [{ ...extent, kind: gap.kind }];
  });
  const { rows, height } = placeRows(ranges, marks);
  return {
    scale,
    rows,
    height,
    marks,
    usage: laySteps(ranges.usage, scale, ranges.usageUnit),
    bands,
    hatches,
  };
}

/** Places the rows that have any loaded records, in the window or not, so that rows stay while the user pans. */
function placeRows(
  ranges: TimelineRanges,
  marks: TimelineLayout['marks'],
): Pick<TimelineLayout, 'rows' | 'height'> {
  const rows: RowPlace[] = [];
  let top = sizes.axis;
  for (const name of rowNames) {
    const isAlways = name === 'sessions' || name === 'usage' || name === 'events';
    if (!isAlways && ranges[name].length === 0) continue;
    const height = measureRow(name, marks);
    rows.push({ name, top: top + sizes.title, height });
    top += sizes.title + height + sizes.rowGap;
  }
  return { rows, height: top };
}

function measureRow(name: RowName, marks: TimelineLayout['marks']): number {
  switch (name) {
    case 'usage':
      return sizes.usage;
    case 'events':
      return sizes.events;
    case 'networks':
    case 'countries':
    case 'devices':
      return sizes.band;
    default:
      return marks[name].lanes * (sizes.lane + sizes.laneGap);
  }
}

/** What is at a point on the screen. */
export type Hit =
  | { readonly row: MarkRow; readonly mark: Mark }
  | { readonly row: 'usage'; readonly mark: Step }
  | { readonly row: BandRow; readonly mark: Band };

/** The selected record: its row, and its position in the ranges that were laid out. */
export interface Selection {
  readonly row: MarkRow | 'usage';
  readonly index: number;
}

/** Finds the mark or step of the selected record; undefined if it is not in view. */
export function findSelected(layout: TimelineLayout, { row, index }: Selection): Mark | Step | undefined {
  const marks: readonly (Mark | Step)[] = row === 'usage' ? layout.usage.steps : layout.marks[row].marks;
  return marks.find(({ members }) => members.includes(index));
}

/** How far from a mark a pointer still hits it, in CSS pixels. */
const reach = 4;

/** Finds what is at a point. Prefers the nearest mark, then the narrowest. */
export function findHit(layout: TimelineLayout, x: number, y: number): Hit | undefined {
  const row = layout.rows.find(({ top, height }) => y >= top - 2 && y < top + height + 2);
  if (row === undefined) return undefined;
  const { name } = row;
  switch (name) {
    case 'usage': {
      const mark = findNearest(layout.usage.steps, x);
      return mark && { row: name, mark };
    }
    case 'networks':
    case 'countries':
    case 'devices': {
      const mark = findNearest(layout.bands[name], x);
      return mark && { row: name, mark };
    }
    default: {
      const { marks, lanes } = layout.marks[name];
      const lane = name === 'events' ? undefined : Math.floor((y - row.top) / (sizes.lane + sizes.laneGap));
      const wanted = Math.max(0, Math.min(lanes - 1, lane ?? 0));
      const mark = findNearest(lane === undefined ? marks : marks.filter((one) => one.lane === wanted), x);
      return mark && { row: name, mark };
    }
  }
}

function findNearest<M extends Extent>(marks: readonly M[], x: number): M | undefined {
  let best: M | undefined;
  let least = reach;
  for (const mark of marks) {
    const distance = Math.max(mark.x - x, x - mark.x - mark.width, 0);
    if (distance < least || (distance === least && best !== undefined && mark.width < best.width)) {
      best = mark;
      least = distance;
    }
  }
  return best;
}
