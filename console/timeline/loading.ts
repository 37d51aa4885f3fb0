import { day, measureSpan, type TimeWindow } from './window.ts';

/** Decides what to load for a window: the window and a margin, in as few requests as possible. */

/** The detail of a window. */
export interface Detail {
  /** The period that one usage record adds up; `day` also by network and country. */
  readonly granularity: 'raw' | 'hour' | 'day';
}

/** The longest windows with stored records and with hourly sums, in milliseconds. With margins, they are within API limits. */
const maxRawSpan = 3 * day;
const maxHourSpan = 14 * day;

/** Chooses the detail for a window's length in milliseconds. */
export function chooseDetail(span: number): Detail {
  return { granularity: span <= maxRawSpan ? 'raw' : span <= maxHourSpan ? 'hour' : 'day' };
}

/** The margin on each side, as a fraction of the window. */
const margin = 0.5;

/** Records later than this after now are not loaded. A carrier's clock may be ahead. */
const maxAhead = 2 * day;

/** The longest range that the API accepts for all lists except sessions. */
const maxListed = 400 * day;

/** The longest range that the API accepts for sessions. */
const maxSessionsListed = 30 * day;

/** Chooses the range to load for a window: with margins, and at whole hours so that small moves need no new requests. */
export function chooseLoadedTime(window: TimeWindow, now: number): TimeWindow {
  const by = Math.min(measureSpan(window) * margin, (maxListed - measureSpan(window)) / 2);
  const unit = measureSpan(window) > 2 * day ? day : 3_600_000;
  const to = Math.min(Math.ceil((window.to + by) / unit) * unit, now + maxAhead);
  const from = Math.floor((window.from - by) / unit) * unit;
  return { from: Math.max(Math.min(from, to - unit), to - maxListed), to };
}

/**
 * Splits a range into parts that are short enough for the list of sessions, latest first.
 *
 * The list finds sessions by their start. So the parts begin up to 30 days before the range, to find sessions that overlap it.
 */
export function splitSessionsTime({ from, to }: TimeWindow): TimeWindow[] {
  const parts: TimeWindow[] = [];
  for (let end = to; parts.length === 0 || end > from; end -= maxSessionsListed)
    parts.push({ from: end - maxSessionsListed, to: end });
  return parts;
}

/** Whether the loaded records suffice for a window. */
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
