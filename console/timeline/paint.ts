import type { Band } from './bands.ts';
import {
  findSelected,
  type Hatch,
  type MarkRow,
  type Selection,
  sizes,
  type TimelineLayout,
} from './layout.ts';
import type { Mark } from './marks.ts';
import { placeTime } from './scale.ts';
import type { LaidSteps } from './steps.ts';
import type { Tick } from './ticks.ts';

/** Draws a timeline on a canvas. */

/** CSS colours and the font. */
export interface TimelineTheme {
  readonly font: string;
  readonly background: string;
  readonly text: string;
  readonly muted: string;
  readonly line: string;
  readonly usage: string;
  readonly session: string;
  readonly open: string;
  readonly failed: string;
  readonly info: string;
  readonly warning: string;
  readonly critical: string;
  readonly hatch: string;
  readonly focus: string;
  /** Colours of bands, used in turn for each new value. */
  readonly bands: readonly string[];
}

/** The meaning of a colour. */
export type Tone = 'session' | 'open' | 'failed' | 'info' | 'warning' | 'critical' | 'muted';

/** What to draw in addition to the layout. */
export interface TimelinePicture {
  readonly layout: TimelineLayout;
  readonly ticks: readonly Tick[];
  /** Titles by row. */
  readonly titles: Readonly<Record<string, string>>;
  /** Chooses a mark's tone from its members. */
  readonly chooseTone: (row: MarkRow, members: readonly number[]) => Tone;
  /** The time of a session's last record, in milliseconds since the epoch. */
  readonly readStatedTo: (index: number) => number;
  readonly formatBytes: (bytes: number) => string;
  /** The title of usage for the steps' period in milliseconds; undefined if each record has its own step. */
  readonly describePeriod: (period: number | undefined) => string;
  /** The current time, in milliseconds since the epoch. */
  readonly now: number;
  readonly selected: Selection | undefined;
  /** The pointer's position in CSS pixels from the left; undefined without a pointer. */
  readonly pointer: number | undefined;
}

/** Draws the whole timeline. The context must be scaled so that its unit is a CSS pixel. */
export function paintTimeline(
  context: CanvasRenderingContext2D,
  picture: TimelinePicture,
  theme: TimelineTheme,
): void {
  const { layout } = picture;
  const { width } = layout.scale;
  context.fillStyle = theme.background;
  context.fillRect(0, 0, width, layout.height);
  context.font = theme.font;
  context.textBaseline = 'middle';
  paintAxis(context, picture, theme);
  paintHatches(context, layout, theme);
  for (const { name, top, height } of layout.rows) {
    const title =
      name === 'usage' ? picture.describePeriod(layout.usage.period) : (picture.titles[name] ?? name);
    paintTitle(context, title, top, theme);
    switch (name) {
      case 'usage':
        paintSteps(context, layout.usage, { top, height, width }, picture, theme);
        break;
      case 'networks':
      case 'countries':
      case 'devices':
        paintBands(context, layout.bands[name], top, theme);
        break;
      default:
        paintMarks(context, layout.marks[name].marks, { name, top, height }, picture, theme);
    }
  }
  paintSelection(context, picture, theme);
  paintPointer(context, picture, theme);
}

/** Writes a row's title above it, over a blank background that hides the axis lines. */
function paintTitle(
  context: CanvasRenderingContext2D,
  title: string,
  top: number,
  theme: TimelineTheme,
): void {
  context.fillStyle = theme.background;
  context.fillRect(0, top - sizes.title, context.measureText(title).width + 8, sizes.title - 1);
  context.fillStyle = theme.muted;
  context.textAlign = 'left';
  context.fillText(title, 4, top - sizes.title / 2);
}

function paintAxis(
  context: CanvasRenderingContext2D,
  { layout, ticks, now }: TimelinePicture,
  theme: TimelineTheme,
): void {
  const { width } = layout.scale;
  for (const { x, label, isMajor } of ticks) {
    context.fillStyle = theme.line;
    context.fillRect(Math.round(x), sizes.axis - 6, isMajor ? 1.5 : 1, layout.height - sizes.axis + 6);
    context.fillStyle = isMajor ? theme.text : theme.muted;
    const half = context.measureText(label).width / 2;
    if (x - half < 0 || x + half > width) continue;
    context.textAlign = 'center';
    context.fillText(label, x, 9);
  }
  const x = placeTime(layout.scale, now);
  if (x < 0 || x > width) return;
  context.fillStyle = theme.focus;
  context.fillRect(Math.min(width - 1, Math.round(x)), sizes.axis - 6, 1, layout.height);
}

/** The distance between hatching lines in CSS pixels, and their direction. */
const hatchings: Readonly<Record<Hatch['kind'], { readonly apart: number; readonly lean: 1 | -1 }>> = {
  missing: { apart: 6, lean: 1 },
  silent: { apart: 8, lean: 1 },
  later: { apart: 10, lean: -1 },
  unread: { apart: 16, lean: -1 },
  expired: { apart: 24, lean: 1 },
};

/** Minimum width of a hatched range in CSS pixels, so that short gaps are visible. */
const minHatch = 3;

function paintHatches(
  context: CanvasRenderingContext2D,
  { hatches, rows }: TimelineLayout,
  theme: TimelineTheme,
): void {
  const first = rows.find(({ name }) => name === 'sessions');
  const last = rows.find(({ name }) => name === 'events');
  if (first === undefined || last === undefined) return;
  const { top } = first;
  const height = last.top + last.height - top;
  for (const { x, width, kind } of hatches) {
    const { apart, lean } = hatchings[kind];
    const seen = Math.max(minHatch, width);
    context.save();
    context.beginPath();
    context.rect(x, top, seen, height);
    context.clip();
    context.strokeStyle = kind === 'missing' ? theme.warning : theme.hatch;
    context.globalAlpha = kind === 'missing' ? 1 : 0.35;
    context.beginPath();
    for (let at = Math.floor((x - height) / apart) * apart; at < x + seen + height; at += apart) {
      context.moveTo(at, top);
      context.lineTo(at + lean * height, top + height);
    }
    context.stroke();
    context.restore();
  }
}

function paintMarks(
  context: CanvasRenderingContext2D,
  marks: readonly Mark[],
  { name, top, height }: { readonly name: MarkRow; readonly top: number; readonly height: number },
  { layout, chooseTone, readStatedTo }: TimelinePicture,
  theme: TimelineTheme,
): void {
  const isTick = name === 'events';
  for (const { x, width, lane, members } of marks) {
    context.fillStyle = theme[chooseTone(name, members)];
    const y = isTick ? top : top + lane * (sizes.lane + sizes.laneGap);
    const seen = Math.max(2, width - 1);
    const [first] = members;
    if (name !== 'sessions' || members.length > 1 || first === undefined) {
      context.fillRect(x, y, seen, isTick ? height : sizes.lane);
      continue;
    }
    // After a session's last record, it is only assumed to go on.
    const stated = Math.min(seen, Math.max(2, placeTime(layout.scale, readStatedTo(first)) - x));
    context.fillRect(x, y, stated, sizes.lane);
    context.fillRect(x + stated, y + sizes.lane / 2 - 1, seen - stated, 2);
  }
}

function paintSteps(
  context: CanvasRenderingContext2D,
  { steps, top: most }: LaidSteps,
  { top, height, width }: { readonly top: number; readonly height: number; readonly width: number },
  { formatBytes }: TimelinePicture,
  theme: TimelineTheme,
): void {
  context.fillStyle = theme.line;
  context.fillRect(0, top + height, width, 1);
  context.fillStyle = theme.usage;
  for (const step of steps) {
    // A step with few bytes must be visible. A step with no bytes is a line.
    const tall = step.bytes === 0 ? 1 : Math.max(2, (step.bytes / most) * height);
    context.fillRect(step.x, top + height - tall, Math.max(1, step.width - 1), tall);
  }
  if (steps.length === 0) return;
  context.fillStyle = theme.muted;
  context.textAlign = 'right';
  context.fillText(formatBytes(most), width - 2, top - sizes.title / 2);
}

function paintBands(
  context: CanvasRenderingContext2D,
  bands: readonly Band[],
  top: number,
  theme: TimelineTheme,
): void {
  context.textAlign = 'left';
  for (const { x, width, value, place } of bands) {
    context.fillStyle = theme.bands[place % theme.bands.length] ?? theme.line;
    context.fillRect(x, top, Math.max(1, width - 1), sizes.band);
    if (width < 24) continue;
    context.fillStyle = theme.text;
    context.save();
    context.beginPath();
    context.rect(x, top, width - 2, sizes.band);
    context.clip();
    context.fillText(value, x + 5, top + sizes.band / 2 + 0.5);
    context.restore();
  }
}

function paintSelection(
  context: CanvasRenderingContext2D,
  { layout, selected }: TimelinePicture,
  theme: TimelineTheme,
): void {
  const row = layout.rows.find(({ name }) => name === selected?.row);
  const mark = selected && findSelected(layout, selected);
  if (mark === undefined || row === undefined) return;
  const { x, width } = mark;
  context.strokeStyle = theme.focus;
  context.lineWidth = 2;
  const lane = 'lane' in mark && row.name !== 'events' ? mark.lane : undefined;
  const top = lane === undefined ? row.top : row.top + lane * (sizes.lane + sizes.laneGap);
  const height = lane === undefined ? row.height : sizes.lane;
  context.strokeRect(x - 1, top - 1, Math.max(4, width + 1), height + 2);
  context.lineWidth = 1;
}

function paintPointer(
  context: CanvasRenderingContext2D,
  { layout, pointer }: TimelinePicture,
  theme: TimelineTheme,
): void {
  if (pointer === undefined) return;
  context.fillStyle = theme.muted;
  context.fillRect(Math.round(pointer), sizes.axis, 1, layout.height - sizes.axis);
}
