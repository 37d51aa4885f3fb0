import { earliestTime, formatTime, parseTime, toMilliseconds } from '../ledger/time.ts';

/** The period of a list. Times are ISO 8601 with milliseconds and `Z`. */
export interface Period {
  readonly from: string;
  /** Undefined for an open end, which includes records whose carrier's clock is slightly ahead. */
  readonly to: string | undefined;
}

/** Whether `to` is included in a list. Usage is added up, so a record must not be in two adjacent periods. */
export const includesEnd = {
  sessions: true,
  events: true,
  usage: false,
  alerts: true,
  findings: false,
} as const;

const dayMilliseconds = 86_400_000;
const defaultDays = 30;
/** How many days back alerts are listed by default, because an alert may have been open for long. */
export const defaultAlertDays = 400;

/** The default beginning of a period with only an end: a time for which carriers may have records. */
export function findDefaultStart(end: string, days = defaultDays): string {
  return parseTime(shiftTime(end, -days)) ?? earliestTime;
}

/** The time one calendar month earlier; if that month lacks the day, its last day. */
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
