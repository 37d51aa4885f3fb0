import { day, measureSpan, type TimeWindow } from './window.ts';

/** What a timeline loads for a window: never more than is shown and a margin, in as few requests as possible. */

/** How much detail a window has. */
export interface Detail {
  /** What one usage record sums up; of `day` by network and country. */
  readonly granularity: 'raw' | 'hour' | 'day';
}

/** Windows up to which hours and records are loaded, in milliseconds. With margins they stay within what the API lists. */
const maxRawSpan = 3 * day;
const maxHourSpan = 14 * day;

/** Chooses what is loaded for a window of a length. */
export function chooseDetail(span: number): Detail {
  return { granularity: span <= maxRawSpan ? 'raw' : span <= maxHourSpan ? 'hour' : 'day' };
}

/** The margin on either side, as part of the window. */
const margin = 0.5;

/** How far ahead of now records are dated at most, where a carrier's clock is ahead. */
const maxAhead = 2 * day;

/** The longest time for which all lists but that of sessions answer. */
const maxListed = 400 * day;

/** The longest time for which sessions are listed. */
const maxSessionsListed = 30 * day;

/** The time that is loaded for a window: with a margin on either side, at whole hours, so that small steps ask for the same. */
export function chooseLoadedTime(window: TimeWindow, now: number): TimeWindow {
  const by = Math.min(measureSpan(window) * margin, (maxListed - measureSpan(window)) / 2);
  const unit = measureSpan(window) > 2 * day ? day : 3_600_000;
  const to = Math.min(Math.ceil((window.to + by) / unit) * unit, now + maxAhead);
  const from = Math.floor((window.from - by) / unit) * unit;
  return { from: Math.max(Math.min(from, to - unit), to - maxListed), to };
}

/**
 * Splits a time into parts that the list of sessions answers, the last first.
 *
 * A list finds sessions by their start, so the time begins up to 30 days earlier, for sessions that go on in the window.
 */
export function splitSessionsTime({ from, to }: TimeWindow): TimeWindow[] {
  const parts: TimeWindow[] = [];
  for (let end = to; parts.length === 0 || end > from; end -= maxSessionsListed)
    parts.push({ from: end - maxSessionsListed, to: end });
  return parts;
}

/** Whether what was loaded still serves a window, so that nothing is requested. */
export function serves(
  loaded: { readonly time: TimeWindow; readonly detail: Detail } | undefined,
  window: TimeWindow,
  now: number,
): boolean {
  if (loaded === undefined) return false;
  const detail = chooseDetail(measureSpan(window));
  return (
    loaded.detail.granularity === detail.granularity &&
    window.from >= loaded.time.from &&
    Math.min(window.to, now + maxAhead) <= loaded.time.to
  );
}
