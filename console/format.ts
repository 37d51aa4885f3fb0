import codes from 'i18n-iso-countries/codes.json' with { type: 'json' };
import { printBytes, formatDuration as secondsText } from '../cli/terminal/quantities.ts';

/** Formats values for people. */

/** A whole number, which the API sends as a string above 2^53. */
export type Count = number | string | null;

/** Formats bytes with three digits and a decimal unit; a dash for null. */
export function formatBytes(bytes: Count): string {
  return bytes === null ? '–' : printBytes(Number(bytes));
}

/** Formats a whole number with separators between thousands. */
export function formatCount(count: Count): string {
  return count === null ? '–' : String(count).replace(/\B(?=(\d{3})+$)/g, ' ');
}

/** Formats milliseconds in the largest unit of which there are at least two. */
export function formatDuration(milliseconds: number): string {
  return secondsText(Math.max(0, milliseconds) / 1000);
}

/**
 * Formats a time to the second, in UTC or in the browser's time zone. It shows the offset from UTC only if the local time
 * occurs twice because clocks are put back.
 *
 * @param time ISO 8601.
 */
export function formatTime(time: string, zone: 'utc' | 'local'): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return time;
  if (zone === 'utc') return date.toISOString().slice(0, 19).replace('T', ' ');
  const two = (value: number): string => String(value).padStart(2, '0');
  const show = (at: Date): string => {
    const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
    return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  };
  const text = show(date);
  const isTwice = [-hour, hour].some((apart) => show(new Date(date.getTime() + apart)) === text);
  return isTwice ? `${text} ${formatOffset(date)}` : text;
}

const hour = 3_600_000;

/** The local offset from UTC at a time: `UTC−4`, `UTC+5:30`. */
function formatOffset(date: Date): string {
  const minutes = Math.abs(date.getTimezoneOffset());
  const rest = minutes % 60 === 0 ? '' : `:${String(minutes % 60).padStart(2, '0')}`;
  return `UTC${date.getTimezoneOffset() > 0 ? '−' : '+'}${Math.floor(minutes / 60)}${rest}`;
}

/** The name of the time zone: `UTC`, or the browser's zone. */
export function describeZone(zone: 'utc' | 'local'): string {
  return zone === 'utc' ? 'UTC' : Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** Formats money as the API states it, with its currency. */
export function formatMoney(amount: string | number | null, currency: string | null): string {
  return amount === null ? '–' : `${amount} ${currency ?? ''}`.trimEnd();
}

/** The name of a country by its two-letter or three-letter code; the code itself if there is no name. */
export function formatCountry(code: string | null): string {
  if (code === null) return 'unknown';
  const letters = findTwoLetters(code);
  return /^[A-Z]{2}$/.test(letters) ? (countryNames.of(letters) ?? code) : code;
}

/** The two-letter code for a two-letter or three-letter one (ISO 3166-1). Other text is returned in upper case. */
export function findTwoLetters(code: string): string {
  const letters = code.toUpperCase();
  return twoByThree.get(letters) ?? letters;
}

/** A number and the things that it counts: `1 SIM`, `2 000 SIMs`. */
export function countThings(number: number, one: string, several = `${one}s`): string {
  return `${formatCount(number)} ${number === 1 ? one : several}`;
}

const countryNames = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'code' });

/** ISO 3166-1 alpha-2 codes by alpha-3 code. Sessions and events have alpha-3 codes, usage has alpha-2 codes. */
const twoByThree = new Map(codes.map(([two = '', three = '']) => [three, two]));
