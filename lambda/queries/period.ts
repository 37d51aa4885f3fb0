import { earliestTime, epochMilliseconds, formatTime, parseTime } from '../ledger/time.ts';

/** The time that a list is about. Times are ISO 8601 with milliseconds and `Z`. */
export interface Period {
  readonly from: string;
  /** Undefined for an open end: what a carrier's clock dates a little ahead is in the list too. */
  readonly to: string | undefined;
}

/** Whether the moment of `to` is part of a list. Usage is added up, so that no record may be in two periods that touch. */
export const includesEnd = { sessions: true, events: true, usage: false } as const;

const dayMilliseconds = 86_400_000;
const defaultDays = 30;

/** Where a period begins of which only the end is given: at a time that carriers may have records of. */
export function findDefaultStart(end: string): string {
  return parseTime(shiftTime(end, -defaultDays)) ?? earliestTime;
}

/** A time some days later, or earlier. */
export function shiftTime(time: string, days: number): string {
  return formatTime(epochMilliseconds(time) + days * dayMilliseconds);
}
