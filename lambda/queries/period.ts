import { earliestTime, formatTime, parseTime, toMilliseconds } from '../ledger/time.ts';

/** The period of a list. Times are ISO 8601 with milliseconds and `Z`. */
export interface Period {
  readonly from: string;
  /** Undefined for an open end, which includes records that a carrier's clock dates slightly ahead. */
  readonly to: string | undefined;
}

/** Whether the moment of `to` is part of a list. Usage is added up, so that no record may be in two periods that touch. */
export const includesEnd = {
  sessions: true,
  events: true,
  usage: false,
  alerts: true,
  findings: false,
} as const;

const dayMilliseconds = 86_400_000;
const defaultDays = 30;
/** How far back alerts are listed where no beginning is given: one may have been open for long. */
export const defaultAlertDays = 400;

/** The beginning of a period of which only the end is given: a time of which carriers may have records. */
export function findDefaultStart(end: string, days = defaultDays): string {
  return parseTime(shiftTime(end, -days)) ?? earliestTime;
}

/** The time one calendar month earlier; of a day that the month before does not have, that month's last one. */
export function findMonthBefore(time: string): string {
  const date = new Date(time);
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() - 1);
  const last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(day, last));
  return parseTime(formatTime(date.getTime())) ?? earliestTime;
}

/** Shifts a time by days, forwards or backwards. */
export function shiftTime(time: string, days: number): string {
  return formatTime(toMilliseconds(time) + days * dayMilliseconds);
}
