/** The part of time that a timeline shows, and how it moves. */

/** A range of time, in milliseconds since the epoch. Ends may be fractions while somebody drags. */
export interface TimeWindow {
  readonly from: number;
  /** Later than `from`. */
  readonly to: number;
}

/** Milliseconds of a second, a minute, an hour and a day. */
export const second = 1000;
export const minute = 60 * second;
export const hour = 60 * minute;
export const day = 24 * hour;

/** The shortest and the longest time that a timeline shows. */
export const minSpan = minute;
export const maxSpan = 366 * day;

/** How long a window is, in milliseconds. */
export function measureSpan({ from, to }: TimeWindow): number {
  return to - from;
}

/**
 * Makes a window shorter or longer around a moment, which stays where it is on the screen.
 *
 * @param factor what the span is multiplied by: below 1 shows more detail
 * @param anchor the moment, in milliseconds since the epoch
 */
export function zoomWindow(window: TimeWindow, factor: number, anchor: number): TimeWindow {
  const span = measureSpan(window);
  const wanted = Math.min(maxSpan, Math.max(minSpan, span * factor));
  const from = anchor - (anchor - window.from) * (wanted / span);
  return { from, to: from + wanted };
}

/** Moves a window by a part of its span: 1 is a whole window later, -0.1 a tenth of one earlier. */
export function panWindow(window: TimeWindow, part: number): TimeWindow {
  const by = measureSpan(window) * part;
  return { from: window.from + by, to: window.to + by };
}

/** Moves a window, as little as needed, so that it ends at `latest` or earlier; its span stays. */
export function endBy(window: TimeWindow, latest: number): TimeWindow {
  return window.to <= latest ? window : { from: latest - measureSpan(window), to: latest };
}

/**
 * The window in which two moments stand at two places, as fingers that pinch ask for.
 *
 * @param places their distances from the left edge, as parts of the width; they differ
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

/** Reads a window from two ISO 8601 times; undefined where they are not one, or one that is too short or too long. */
export function readWindow(from: string | undefined, to: string | undefined): TimeWindow | undefined {
  const window = { from: Date.parse(from ?? ''), to: Date.parse(to ?? '') };
  const span = measureSpan(window);
  return span >= minSpan && span <= maxSpan ? window : undefined;
}

/**
 * The window that a SIM's page opens with: the last week, and more where the device was last heard before it, so that the
 * last sign of life and the silence since are both seen.
 *
 * @param lastHeard milliseconds since the epoch; undefined where it never was
 */
export function chooseWindow(now: number, lastHeard: number | undefined): TimeWindow {
  const silence = lastHeard === undefined ? 0 : now - lastHeard;
  return { from: now - Math.min(maxSpan * 0.95, Math.max(7 * day, silence * 1.25)), to: now };
}
