import type { TimeWindow } from './window.ts';

/** Where moments stand across the screen. */
export interface TimeScale {
  readonly window: TimeWindow;
  /** CSS pixels. */
  readonly width: number;
}

/** Where a moment stands, in CSS pixels from the left edge; outside of the screen for one outside of the window. */
export function placeTime({ window, width }: TimeScale, time: number): number {
  return ((time - window.from) / (window.to - window.from)) * width;
}

/** Which moment stands at a place. */
export function readTime({ window, width }: TimeScale, x: number): number {
  return window.from + (x / width) * (window.to - window.from);
}

/** A part of the screen's width, within it. */
export interface Extent {
  readonly x: number;
  readonly width: number;
}

/** What of a range of time is seen; undefined where that is nothing. A moment is seen with a width of 0. */
export function placeRange(scale: TimeScale, { from, to }: TimeWindow): Extent | undefined {
  if (to < scale.window.from || from > scale.window.to) return undefined;
  const x = Math.max(0, placeTime(scale, from));
  return { x, width: Math.min(scale.width, placeTime(scale, to)) - x };
}
