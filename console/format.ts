import codes from 'i18n-iso-countries/codes.json' with { type: 'json' };
import { printBytes, formatDuration as secondsText } from '../cli/terminal/quantities.ts';

/** Values as people read them. */

/** A whole number that may be beyond 2^53, and then comes as text. */
export type Count = number | string | null;

/** Bytes with three digits and a decimal unit; a dash where nothing is stated. */
export function formatBytes(bytes: Count): string {
  return bytes === null ? '–' : printBytes(Number(bytes));
}

/** A whole number with its thousands apart. */
export function formatCount(count: Count): string {
  return count === null ? '–' : String(count).replace(/\B(?=(\d{3})+$)/g, ' ');
}

/** Milliseconds as a duration, in the largest unit that makes at least two. */
export function formatDuration(milliseconds: number): string {
  return secondsText(Math.max(0, milliseconds) / 1000);
}

/**
 * A time to the second, in UTC or in the browser's zone. The zone is not named, but where clocks are put back and show a
 * time twice: then it says how far they are from UTC.
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

/** How far a clock is from UTC then: `UTC−4`, `UTC+5:30`. */
function formatOffset(date: Date): string {
  const minutes = Math.abs(date.getTimezoneOffset());
  const rest = minutes % 60 === 0 ? '' : `:${String(minutes % 60).padStart(2, '0')}`;
  return `UTC${date.getTimezoneOffset() > 0 ? '−' : '+'}${Math.floor(minutes / 60)}${rest}`;
}

/** The zone's name beside times: `UTC`, or that of the browser. */
export function describeZone(zone: 'utc' | 'local'): string {
  return zone === 'utc' ? 'UTC' : Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** Money as the API states it, with its currency. */
export function formatMoney(amount: string | number | null, currency: string | null): string {
  return amount === null ? '–' : `${amount} ${currency ?? ''}`.trimEnd();
}

/** The name of a country by its two or three letters; the letters where there is no name. */
export function formatCountry(code: string | null): string {
  if (code === null) return 'unknown';
  const letters = findTwoLetters(code);
  return /^[A-Z]{2}$/.test(letters) ? (countryNames.of(letters) ?? code) : code;
}

/** The two letters of a country that is stated by two or three (ISO 3166-1); anything else as it is, in upper case. */
export function findTwoLetters(code: string): string {
  const letters = code.toUpperCase();
  return twoByThree.get(letters) ?? letters;
}

/** A number with what it counts: `1 SIM`, `2 000 SIMs`. */
export function countThings(number: number, one: string, several = `${one}s`): string {
  return `${formatCount(number)} ${number === 1 ? one : several}`;
}

const countryNames = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'code' });

/** ISO 3166-1 alpha-3 to alpha-2: sessions and events name countries by the former, usage by the latter. */
const twoByThree = new Map(codes.map(([two = '', three = '']) => [three, two]));
