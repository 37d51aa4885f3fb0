import codes from 'i18n-iso-countries/codes.json' with { type: 'json' };

/** Values as people read them. */

/** A whole number that may be beyond 2^53, and then comes as text. */
export type Count = number | string | null;

const byteUnits = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** Bytes with three digits and a decimal unit; a dash where nothing is stated. */
export function formatBytes(bytes: Count): string {
  if (bytes === null) return '–';
  let value = Number(bytes);
  let unit = 0;
  while (value >= 1000 && unit < byteUnits.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${byteUnits[unit]}`;
}

/** A whole number with its thousands apart. */
export function formatCount(count: Count): string {
  return count === null ? '–' : String(count).replace(/\B(?=(\d{3})+$)/g, ' ');
}

const timeUnits = [
  { name: 'd', seconds: 86_400 },
  { name: 'h', seconds: 3_600 },
  { name: 'min', seconds: 60 },
] as const;

/** Milliseconds as a duration, in the largest unit that makes at least two. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1000;
  const unit = timeUnits.find((one) => seconds >= 2 * one.seconds);
  return unit === undefined
    ? `${Math.floor(seconds)} s`
    : `${Math.floor(seconds / unit.seconds)} ${unit.name}`;
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
  const letters = code.toUpperCase();
  const twoLetters = twoByThree.get(letters) ?? letters;
  return twoLetters.length === 2 ? (countryNames.of(twoLetters) ?? code) : code;
}

const countryNames = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'code' });

/** ISO 3166-1 alpha-3 to alpha-2: sessions and events name countries by the former, usage by the latter. */
const twoByThree = new Map(codes.map(([two = '', three = '']) => [three, two]));
