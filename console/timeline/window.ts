/** The range of time that a timeline shows, and its movements. */

/** A range of time, in milliseconds since the epoch. Ends may be fractions while the user drags. */
export interface TimeWindow {
  readonly from: number;
  /** Later than `from`. */
  readonly to: number;
}

/** Milliseconds in a second, a minute, an hour and a day. */
export const second = 1000;
export const minute = 60 * second;
export const hour = 60 * minute;
export const day = 24 * hour;

/** The shortest and the longest window, in milliseconds. */
export const minSpan = minute;
export const maxSpan = 366 * day;

/** How long a window is, in milliseconds. */
export function measureSpan({ from, to }: TimeWindow): number {
  return to - from;
}

/**
 * Zooms a window around a time, which stays at its place on the screen.
 *
 * @param factor multiplies the span; below 1 shows more detail
 * @param anchor the time that stays, in milliseconds since the epoch
 */
export function zoomWindow(window: TimeWindow, factor: number, anchor: number): TimeWindow {
  const span = measureSpan(window);
  const wanted = Math.min(maxSpan, Math.max(minSpan, span * factor));
  const from = anchor - (anchor - window.from) * (wanted / span);
  return { from, to: from + wanted };
}

/** Moves a window by a fraction of its span: 1 is a whole window later, -0.1 a tenth of a window earlier. */
export function panWindow(window: TimeWindow, part: number): TimeWindow {
  const by = measureSpan(window) * part;
  return { from: window.from + by, to: window.to + by };
}

/** If a window ends after `latest`, moves it so that it ends there. The span stays. */
export function endBy(window: TimeWindow, latest: number): TimeWindow {
  return window.to <= latest ? window : { from: latest - measureSpan(window), to: latest };
}

/**
 * The window in which two times are at two places, as for fingers that pinch.
 *
 * @param places distances from the left edge as fractions of the width; they must differ
 */
export function pinchWindow(
  moments: readonly [number, number],
  places: readonly [number, number],
): TimeWindow {
  const apart = places[1] - places[0];
  const span = Math.min(maxSpan, Math.max(minSpan, Math.abs((moments[1] - moments[0]) / apart)));
  const middle = (moments[0] + moments[1]) / 2;
  const from = middle - ((places[0] + places[1]) / 2) * span;
  return { from, to: from + span };
}

/** Whether a window lies within another. */
export function isWithin(inner: TimeWindow, outer: TimeWindow): boolean {
  return inner.from >= outer.from && inner.to <= outer.to;
}

/** Reads a window from two ISO 8601 times; undefined if they are invalid, too close, or too far apart. */
export function readWindow(from: string | undefined, to: string | undefined): TimeWindow | undefined {
  const window = { from: Date.parse(from ?? ''), to: Date.parse(to ?? '') };
  const span = measureSpan(window);
  return span >= minSpan && span <= maxSpan ? window : undefined;
}

/**
 * Chooses the first window of a SIM's page: the last week, or more if the device was last heard before that, so that the
 * last sign of life and the silence after it are both visible.
 *
 * @param lastHeard milliseconds since the epoch; undefined if it never was
 */
export function chooseWindow(now: number, lastHeard: number | undefined): TimeWindow {
  const silence = lastHeard === undefined ? 0 : now - lastHeard;
  return { from: now - Math.min(maxSpan * 0.95, Math.max(7 * day, silence * 1.25)), to: now };
}
