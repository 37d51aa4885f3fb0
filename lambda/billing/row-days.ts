import { type Day, shiftDay } from '../days/day.ts';
import { listPeriods, type Month, shiftMonth } from './calendar.ts';
import type { Tariff } from './tariff.ts';

/** Days of rows, in UTC, both included. `from` is undefined if there is no lower bound. */
export interface RowDays {
  readonly from: Day | undefined;
  readonly through: Day;
}

/** Maximum length of a period that begins with a SIM's activation, unless it has a fixed number of days. */
const maxMonthDays = 31;

const maxYearDays = 366;

/** The days of a month's periods; of all possible periods if they depend on each SIM's activation. */
function findSpan({ period }: Tariff, month: Month): { readonly from: Day; readonly through: Day } {
  const first = `${month}-01`;
  const last = shiftDay(`${shiftMonth(month, 1)}-01`, -1);
  const periods = listPeriods(period, month, undefined);
  const [earliest, latest] = [periods?.[0], periods?.at(-1)];
  if (earliest !== undefined && latest !== undefined)
    return { from: earliest.from, through: shiftDay(latest.to, -1) };
  const length = period.kind === 'days' ? period.days : maxMonthDays;
  return { from: shiftDay(first, -length), through: last };
}

/**
 * The days whose rows a month's bills depend on. Records of a session that has ended are from before its end or
 * shortly after it; those of a session that has begun may arrive for as long as it lasts.
 *
 * @param tariffs if empty, the days are those of the month itself.
 */
export function findRowDays(tariffs: readonly Tariff[], month: Month): RowDays {
  const first = `${month}-01`;
  const last = shiftDay(`${shiftMonth(month, 1)}-01`, -1);
  if (tariffs.length === 0) return { from: first, through: last };
  const ranges = tariffs.map((tariff) => {
    const { attribution, sessionDays, timeZone, charges, allowances } = tariff;
    const { from, through } = findSpan(tariff, month);
    const margin = timeZone === 'UTC' ? 0 : 1;
    const around = (attribution === 'record' ? 0 : sessionDays) + margin;
    const before = charges.some(({ increment }) => increment.per === 'year') ? maxYearDays : 0;
    const after = attribution === 'start' ? sessionDays : attribution === 'close' ? 1 : 0;
    return {
      from: allowances.some(({ lasts }) => lasts === 'lifetime')
        ? undefined
        : shiftDay(from, -(around + before)),
      through: shiftDay(through, after + margin),
    };
  });
  const froms = ranges.map(({ from }) => from);
  return {
    from: froms.includes(undefined) ? undefined : [...froms].sort()[0],
    through:
      ranges
        .map(({ through }) => through)
        .sort()
        .at(-1) ?? last,
  };
}

/**
 * The days of a month's periods in any of some tariffs, in UTC, including those of their sessions but not the history
 * that some tariffs need.
 */
export function findPeriodDays(
  tariffs: readonly Tariff[],
  month: Month,
): { readonly from: Day; readonly through: Day } {
  const { from = `${month}-01`, through } = findRowDays(
    tariffs.map((tariff) => ({ ...tariff, charges: [], allowances: [] })),
    month,
  );
  return { from, through };
}

/** Like {@link findPeriodDays}, without the days of sessions. */
export function findBareDays(tariffs: readonly Tariff[], month: Month): ReturnType<typeof findPeriodDays> {
  return findPeriodDays(
    tariffs.map((tariff) => ({ ...tariff, attribution: 'record' })),
    month,
  );
}
