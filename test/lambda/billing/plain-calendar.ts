import type { PlainTariff } from './plain-tariff.ts';

/** Days and periods of the slow rater. */

/** The day of a moment in a time zone. */
export function readDay(time: string, timeZone: string): string {
  return new Date(time).toLocaleString('sv-SE', { timeZone }).slice(0, 10);
}

/** Days as numbers since 1970, which are easily added to. */
export const countDay = (day: string): number => Date.parse(`${day}T00:00:00Z`) / 86_400_000;
export const nameDay = (count: number): string => new Date(count * 86_400_000).toISOString().slice(0, 10);

/** The day a number of months later; the last day of the month if it is too short. */
export function addMonths(day: string, months: number): string {
  const number = Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7)) - 1 + months;
  const month = `${Math.floor(number / 12)}-${String((number % 12) + 1).padStart(2, '0')}`;
  for (let date = Number(day.slice(8)); ; date -= 1) {
    const found = `${month}-${String(date).padStart(2, '0')}`;
    if (!Number.isNaN(Date.parse(found)) && nameDay(countDay(found)) === found) return found;
  }
}

export type Span = readonly [from: string, to: string];

/** All periods of some years, oldest first; undefined where nobody said when the SIM was activated. */
export function listSpans({ period }: PlainTariff, activated: string | undefined): Span[] | undefined {
  const anchor =
    period.kind === 'month'
      ? `2025-01-${String(period.startDay).padStart(2, '0')}`
      : period.kind === 'days' && period.from !== 'activation'
        ? period.from
        : activated;
  if (anchor === undefined) return undefined;
  const step = (index: number): string =>
    period.kind === 'days' ? nameDay(countDay(anchor) + index * period.days) : addMonths(anchor, index);
  const count = period.kind === 'days' ? 100 : 36;
  return Array.from({ length: count }, (_, index): Span => [step(index), step(index + 1)]);
}

/** The year of a SIM in which a day is: it begins with an anniversary of the activation, or on 1 January. */
export function findYear(activated: string | undefined, day: string): string {
  const first = activated ?? '2020-01-01';
  let year = addMonths(first, -120);
  for (let months = -108; addMonths(first, months) <= day; months += 12) year = addMonths(first, months);
  return year;
}
