/**
 * Carriers' times. All are UTC, also those without a zone, which `Date` would read as local time.
 *
 * Accepts all forms of RFC 3339 and the carriers' own (docs/wire-formats.md): `2022-12-14T13:40:52Z`, `….000Z`,
 * `….5842087+00:00`, `….000+0000`, `2017-03-19 21:06:33`, `2021-08-09T12:00:27`.
 */

const spelling =
  /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2}):(\d{2})(?:[.,](\d+))?\s*(?:Z|UTC|([+-])(\d{2}):?(\d{2})?)?$/i;

/** The usual form, also with a blank or without `Z`: parsed on a fast path. */
const plain = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:[0-5]\dZ?$/;

/** No carrier sent records earlier: an earlier time comes from a broken clock. */
const earliestYear = 2000;
const latestYear = 9998;

/** The earliest accepted time. */
export const earliestTime = `${earliestYear}-01-01T00:00:00.000Z`;

const daysBeforeMonth = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
const daysInMonth = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Maximum length of the text. Within it, a time may have any number of fraction digits. */
const maxTextLength = 256;

let lastText = '';
let lastTime: string | undefined;

/**
 * Parses a carrier's time into ISO 8601 with milliseconds and `Z`; finer fractions are truncated. A leap second, which
 * that form cannot represent, becomes the last millisecond before it, so that it stays in its day and month.
 *
 * @returns undefined if the text is not a time, does not exist (February 30th, hour 25), or is before the year 2000.
 */
export function parseTime(text: string): string | undefined {
  // Most records repeat one time in several members.
  if (text === lastText) return lastTime;
  if (text.length > maxTextLength) return undefined;
  lastTime = plain.test(text) ? parsePlainTime(text) : parseSpelledTime(text.trim());
  lastText = text;
  return lastTime;
}

/** Milliseconds since the epoch of a time as {@link parseTime} returns it. */
export function toMilliseconds(time: string): number {
  return (
    countEpochDays(parseDigits(time, 0, 4), parseDigits(time, 5, 7), parseDigits(time, 8, 10)) * 86_400_000 +
    parseDigits(time, 11, 13) * 3_600_000 +
    parseDigits(time, 14, 16) * 60_000 +
    parseDigits(time, 17, 19) * 1_000 +
    parseDigits(time, 20, 23)
  );
}

let lastMilliseconds = 0;
let lastFormatted = '1970-01-01T00:00:00.000Z';

/** Formats milliseconds since the epoch as a time. */
export function formatTime(milliseconds: number): string {
  // Most groups of an item have the same time.
  if (milliseconds === lastMilliseconds) return lastFormatted;
  lastFormatted = new Date(milliseconds).toISOString();
  lastMilliseconds = milliseconds;
  return lastFormatted;
}

const earliestMilliseconds = Date.UTC(earliestYear, 0);

/** Like {@link formatTime}, but at least {@link earliestTime}. */
export function formatRecordTime(milliseconds: number): string {
  return milliseconds < earliestMilliseconds ? earliestTime : formatTime(milliseconds);
}

/**
 * Truncates a time to the second. Keys of records that arrive by several paths begin with it, because only one of the
 * paths states milliseconds.
 */
export function cutToSecond(time: string): string {
  return `${time.slice(0, 19)}.000Z`;
}

let lastDay = ' ';
let lastMidnight = '';

/** The beginning of a time's UTC day. */
export function startOfDay(time: string): string {
  // The records of a batch usually belong to one or two days.
  if (time.startsWith(lastDay)) return lastMidnight;
  lastDay = time.slice(0, 10);
  lastMidnight = `${lastDay}T00:00:00.000Z`;
  return lastMidnight;
}

function parsePlainTime(text: string): string | undefined {
  if (!exists(text)) return undefined;
  if (text.charCodeAt(10) === 0x54) return `${text.slice(0, 19)}.000Z`;
  return `${text.slice(0, 10)}T${text.slice(11, 19)}.000Z`;
}

function parseSpelledTime(text: string): string | undefined {
  const parts = spelling.exec(text);
  if (parts === null) return undefined;
  const isLeapSecond = parts[6] === '60';
  const second = isLeapSecond ? '59' : (parts[6] ?? '');
  const fraction = isLeapSecond ? '999' : (parts[7] ?? '').padEnd(3, '0').slice(0, 3);
  const time = `${text.slice(0, 10)}T${text.slice(11, 17)}${second}.${fraction}Z`;
  if (!exists(time)) return undefined;
  const utc = convertToUtc(time, parts[8] === '-', Number(parts[9] ?? 0), Number(parts[10] ?? 0));
  return isLeapSecond && utc !== undefined && !endsMonth(utc) ? undefined : utc;
}

/** Converts a time with an offset to UTC. */
function convertToUtc(time: string, isBehind: boolean, hours: number, minutes: number): string | undefined {
  if (hours > 23 || minutes > 59) return undefined;
  if (hours === 0 && minutes === 0) return time;
  const milliseconds = (hours * 60 + minutes) * 60_000;
  const utc = formatTime(toMilliseconds(time) + (isBehind ? milliseconds : -milliseconds));
  return exists(utc) ? utc : undefined;
}

/** Whether a time is in the last second of a month, the only place for a leap second. */
function endsMonth(utc: string): boolean {
  return utc.slice(11, 19) === '23:59:59' && formatTime(toMilliseconds(utc) + 1_000).slice(8, 10) === '01';
}

/** Whether the first 19 characters, with digits where digits belong, name an existing date and time. */
function exists(text: string): boolean {
  const year = parseDigits(text, 0, 4);
  const month = parseDigits(text, 5, 7);
  const day = parseDigits(text, 8, 10);
  if (year < earliestYear || year > latestYear || month < 1 || month > 12 || day < 1) return false;
  const days = month === 2 && isLeap(year) ? 29 : (daysInMonth[month - 1] ?? 0);
  return (
    day <= days &&
    parseDigits(text, 11, 13) < 24 &&
    parseDigits(text, 14, 16) < 60 &&
    parseDigits(text, 17, 19) < 60
  );
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

function countEpochDays(year: number, month: number, day: number): number {
  const before = year - 1;
  const leaps = Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400) - 477;
  const leapDay = month > 2 && isLeap(year) ? 1 : 0;
  return (year - 1970) * 365 + leaps + (daysBeforeMonth[month - 1] ?? 0) + leapDay + day - 1;
}

function parseDigits(text: string, from: number, to: number): number {
  let value = 0;
  for (let index = from; index < to; index += 1) value = value * 10 + text.charCodeAt(index) - 0x30;
  return value;
}
