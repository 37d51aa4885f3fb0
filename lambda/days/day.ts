import { renderingDistance } from '../ledger/counted.ts';
import type { Session } from '../ledger/observation.ts';
import { formatTime, toMilliseconds } from '../ledger/time.ts';

/** UTC days, and which of them a record belongs to. */

/** A UTC day, for example `2026-11-02`. */
export type Day = string;

const dayLength = 10;
/** Milliseconds of a UTC day. */
export const dayMilliseconds = 86_400_000;

/** The day of a time, or of a key that begins with a time. */
export function findDay(time: string): Day {
  return time.slice(0, dayLength);
}

/** The first moment of a day, as a time. */
export function startDay(day: Day): string {
  return `${day}T00:00:00.000Z`;
}

/** The day that is so many days later, or earlier if the number is negative. */
export function shiftDay(day: Day, days: number): Day {
  return findDay(formatTime(toMilliseconds(startDay(day)) + days * dayMilliseconds));
}

/** The days of a range, oldest first; both ends are included. */
export function listDays(from: Day, through: Day): Day[] {
  const days: Day[] = [];
  for (let day = from; day <= through; day = shiftDay(day, 1)) days.push(day);
  return days;
}

/** The day that a session belongs to as a whole: that of its end. Undefined while it is open. */
export function findSessionDay({ terminal }: Session): Day | undefined {
  return terminal === undefined ? undefined : findDay(terminal.end);
}

/** A time span; `to` is excluded. */
export interface TimeSpan {
  readonly from: string;
  readonly to: string;
}

/**
 * The times of all usage and events that determine a day's rows: those of the day, and those of a second before and
 * after it, which may be other renderings of the same records.
 */
export function findReadSpan(day: Day): TimeSpan {
  const start = toMilliseconds(startDay(day));
  return {
    from: formatTime(start - renderingDistance),
    to: formatTime(start + dayMilliseconds + renderingDistance),
  };
}

/**
 * The days whose rows a usage record or an event may change: its own and, within a second of midnight, the day on the
 * other side. A writer of an item of a closed day must have each of these read again.
 *
 * @param time the record's own time, not that of its key, which may be cut to the second.
 */
export function listTouchedDays(time: string): readonly Day[] {
  const day = findDay(time);
  const clock = time.slice('2026-11-02T'.length);
  if (clock > '00:01' && clock < '23:59') return [day];
  return [shiftDay(day, -1), day, shiftDay(day, 1)].filter((one) => {
    const { from, to } = findReadSpan(one);
    return time >= from && time < to;
  });
}
