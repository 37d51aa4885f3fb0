import type { TimeWindow } from './window.ts';

/** Maps times to horizontal positions. */
export interface TimeScale {
  readonly window: TimeWindow;
  /** In CSS pixels. */
  readonly width: number;
}

/** The position of a time, in CSS pixels from the left edge. A time outside the window is outside the screen. */
export function placeTime({ window, width }: TimeScale, time: number): number {
  return ((time - window.from) / (window.to - window.from)) * width;
}

/** The time at a position. */
export function readTime({ window, width }: TimeScale, x: number): number {
  return window.from + (x / width) * (window.to - window.from);
}

/** A horizontal part of the screen, in CSS pixels. */
export interface Extent {
  readonly x: number;
  readonly width: number;
}

/** The visible part of a range; undefined if it is outside the window. A range without length has a width of 0. */
export function placeRange(scale: TimeScale, { from, to }: TimeWindow): Extent | undefined {
  if (to < scale.window.from || from > scale.window.to) return undefined;
  const x = Math.max(0, placeTime(scale, from));
  return { x, width: Math.min(scale.width, placeTime(scale, to)) - x };
}
