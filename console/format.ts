import codes from 'i18n-iso-countries/codes.json' with { type: 'json' };
import { bytesText, formatDuration as secondsText } from '../cli/terminal/quantities.ts';

/** Values as people read them. */

/** A whole number that may be beyond 2^53, and then comes as text. */
export type Count = number | string | null;

/** Bytes with three digits and a decimal unit; a dash where nothing is stated. */
export function formatBytes(bytes: Count): string {
  return bytes === null ? '–' : bytesText(Number(bytes));
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
 * A time to the second, in UTC or in the browser's zone, without naming the zone.
 *
 * @param time ISO 8601.
 */
export function formatTime(time: string, zone: 'utc' | 'local'): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return time;
  if (zone === 'utc') return date.toISOString().slice(0, 19).replace('T', ' ');
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
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
