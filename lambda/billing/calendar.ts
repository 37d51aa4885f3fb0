import { type Day, shiftDay, startDay as startUtcDay } from '../days/day.ts';
import { toMilliseconds } from '../ledger/time.ts';

/** Days and billing periods in a time zone. */

/** A calendar month: `2026-10`. */
export type Month = string;

const dayMilliseconds = 86_400_000;
const dayLength = 10;

/** The days of a time zone. Times are in milliseconds since the epoch. */
export class Calendar {
  readonly timeZone: string;
  readonly #format: Intl.DateTimeFormat | undefined;
  readonly #starts = new Map<Day, number>();
  /** The day that was found last: most records are on the same day as the one before. */
  #last: { readonly day: Day; readonly from: number; readonly to: number } | undefined;

  /** @throws RangeError if the time zone does not exist. */
  constructor(timeZone: string) {
    this.timeZone = timeZone;
    const format = new Intl.DateTimeFormat('en-US', {
      ...{ timeZone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric' },
      ...{ hour: 'numeric', minute: 'numeric', second: 'numeric' },
    });
    this.#format = timeZone === 'UTC' ? undefined : format;
  }

  /** When a day begins. */
  startDay(day: Day): number {
    const utc = toMilliseconds(startUtcDay(day));
    if (this.#format === undefined) return utc;
    const known = this.#starts.get(day);
    if (known !== undefined) return known;
    // If midnight is skipped or occurs twice, the offsets of the adjacent days differ.
    const candidates = [utc - dayMilliseconds, utc + dayMilliseconds].map((at) => utc - this.#readOffset(at));
    const start = Math.min(...candidates.filter((at) => this.#readDay(at) >= day));
    this.#starts.set(day, start);
    return start;
  }

  /** The day that a time belongs to. */
  findDay(time: number): Day {
    if (this.#last !== undefined && time >= this.#last.from && time < this.#last.to) return this.#last.day;
    const day = this.#searchDay(time);
    this.#last = { day, from: this.startDay(day), to: this.startDay(shiftDay(day, 1)) };
    return day;
  }

  #searchDay(time: number): Day {
    const day = formatDay(time);
    if (this.#format === undefined) return day;
    if (time < this.startDay(day)) return shiftDay(day, -1);
    const next = shiftDay(day, 1);
    return time < this.startDay(next) ? day : next;
  }

  #readDay(at: number): Day {
    return formatDay(at + this.#readOffset(at));
  }

  /** The offset of the time zone from UTC at a time, in milliseconds. */
  #readOffset(at: number): number {
    const parts = new Map(this.#format?.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
    const read = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
    const local = Date.UTC(
      ...([read('year'), read('month') - 1, read('day')] as const),
      ...([read('hour'), read('minute'), read('second')] as const),
    );
    return local - Math.floor(at / 1_000) * 1_000;
  }
}

function formatDay(time: number): Day {
  return new Date(time).toISOString().slice(0, dayLength);
}

/**
 * The billing periods of a SIM.
 *
 * - `month`: from a day of the month to the next such day; 1 for calendar months.
 * - `activation-month`: the same, from the day of the month on which the SIM was activated. In a shorter month it
 *   begins on the last day.
 * - `days`: of a fixed number of days each, from a given day or from the SIM's activation.
 */
export type PeriodRule =
  | { readonly kind: 'month'; readonly startDay: number }
  | { readonly kind: 'activation-month' }
  | { readonly kind: 'days'; readonly days: number; readonly from: Day | 'activation' };

/** A billing period in days; `to` is excluded. */
export interface BillingPeriod {
  readonly from: Day;
  readonly to: Day;
}

/** Whether periods differ from SIM to SIM. */
export function dependsOnActivation(rule: PeriodRule): boolean {
  return rule.kind === 'activation-month' || (rule.kind === 'days' && rule.from === 'activation');
}

/**
 * The periods whose last day is in a month, oldest first.
 *
 * @param activated the day on which the SIM was activated; undefined if not known.
 * @returns undefined if the rule needs the activation and it is not known.
 */
export function listPeriods(
  rule: PeriodRule,
  month: Month,
  activated: Day | undefined,
): readonly BillingPeriod[] | undefined {
  if (rule.kind === 'month') {
    // A period that begins on the first ends with the month before.
    const last = rule.startDay === 1 ? shiftMonth(month, 1) : month;
    return [
      { from: clampToMonth(shiftMonth(last, -1), rule.startDay), to: clampToMonth(last, rule.startDay) },
    ];
  }
  const anchor = rule.kind === 'days' && rule.from !== 'activation' ? rule.from : activated;
  if (anchor === undefined) return undefined;
  const boundaries =
    rule.kind === 'days' ? listDayBoundaries(anchor, rule.days, month) : listMonthBoundaries(anchor, month);
  return boundaries
    .map((to, index): BillingPeriod => ({ from: boundaries[index - 1] ?? to, to }))
    .filter(({ from, to }) => from < to && from >= anchor && shiftDay(to, -1).startsWith(month));
}

/**
 * The first day of the period that contains a day.
 *
 * @returns undefined before the first period, or if the rule needs the activation and it is not known.
 */
export function startPeriod(rule: PeriodRule, day: Day, activated: Day | undefined): Day | undefined {
  if (rule.kind === 'days') {
    const anchor = rule.from === 'activation' ? activated : rule.from;
    if (anchor === undefined || day < anchor) return undefined;
    return shiftDay(anchor, countDays(anchor, day) - (countDays(anchor, day) % rule.days));
  }
  const dayOfMonth = rule.kind === 'month' ? rule.startDay : Number(activated?.slice(8));
  if (rule.kind === 'activation-month' && (activated === undefined || day < activated)) return undefined;
  const month = day.slice(0, 7);
  const own = clampToMonth(month, dayOfMonth);
  return own <= day ? own : clampToMonth(shiftMonth(month, -1), dayOfMonth);
}

/** The possible bounds of periods that end in a month. */
function listMonthBoundaries(anchor: Day, month: Month): Day[] {
  const dayOfMonth = Number(anchor.slice(8));
  return [-2, -1, 0, 1].map((shift) => clampToMonth(shiftMonth(month, shift), dayOfMonth));
}

function listDayBoundaries(anchor: Day, days: number, month: Month): Day[] {
  const before = countDays(anchor, `${month}-01`);
  const first = Math.floor(before / days) - 1;
  const last = Math.ceil((before + 32) / days);
  return Array.from({ length: last - first + 1 }, (_, index) => shiftDay(anchor, (first + index) * days));
}

/** Number of days from one day to another. */
export function countDays(from: Day, to: Day): number {
  return (toMilliseconds(startUtcDay(to)) - toMilliseconds(startUtcDay(from))) / dayMilliseconds;
}

/** The month that is a number of months after another one. */
export function shiftMonth(month: Month, months: number): Month {
  const [year = 0, number = 1] = month.split('-').map(Number);
  return new Date(Date.UTC(year, number - 1 + months, 1)).toISOString().slice(0, 7);
}

/** A day of a month, or its last day if the month is shorter. */
function clampToMonth(month: Month, day: number): Day {
  const last = Number(shiftDay(`${shiftMonth(month, 1)}-01`, -1).slice(8));
  return `${month}-${String(Math.min(day, last)).padStart(2, '0')}`;
}

/**
 * The year of a SIM that contains a day. Years begin on the anniversary of the activation.
 *
 * @returns its first day. The anniversary of 29 February is 28 February.
 */
export function startYear(activated: Day, day: Day): Day {
  const placeInYear = (year: number): Day =>
    clampToMonth(`${year}-${activated.slice(5, 7)}`, Number(activated.slice(8)));
  const year = Number(day.slice(0, 4));
  return placeInYear(year) <= day ? placeInYear(year) : placeInYear(year - 1);
}
