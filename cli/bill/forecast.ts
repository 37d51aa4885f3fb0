import { BillSum } from '../../lambda/billing/bill.ts';
import type { Month } from '../../lambda/billing/calendar.ts';
import { type Decimal, findMax, findMin, formatDecimal, zero } from '../../lambda/billing/decimal.ts';
import { isFoldable } from '../../lambda/billing/fold-usage.ts';
import { extendRecords, type ForecastPlan, maxWeeks, planForecast } from '../../lambda/billing/forecast.ts';
import { type RatingContext, readsSessions } from '../../lambda/billing/rate.ts';
import { findBareDays, findRowDays } from '../../lambda/billing/row-days.ts';
import { type Day, shiftDay } from '../../lambda/days/day.ts';
import { AttentionError } from '../../lambda/errors.ts';
import { type CommandContext, type ExitCode, exitCode, pickColours, print, printJson } from '../command.ts';
import { formatTable } from '../terminal/figures.ts';
import { countNoun } from '../terminal/quantities.ts';
import { makeRating, walkRatedSims } from './make-bill.ts';
import { openRecords } from './sim-records.ts';

/** An amount in one currency: so far, the forecast, and the range that earlier weeks suggest. */
interface ForecastTotal {
  readonly currency: string | undefined;
  readonly soFar: Decimal;
  readonly expected: Decimal;
  /** Undefined if only one week is known. */
  readonly low: Decimal | undefined;
  readonly high: Decimal | undefined;
}

/** `bill --forecast`: the expected cost of a month's periods, from its sealed days. */
export async function showForecast(context: CommandContext, rating: RatingContext): Promise<ExitCode> {
  const { tariffs, month } = rating;
  const { from, through } = findRowDays(tariffs, month);
  const back = shiftDay(from ?? through, -7 * maxWeeks);
  const range = { from: from === undefined ? undefined : back, through };
  const records = await openRecords(context, range, readsSessions(tariffs), {
    ...{ isSealedOnly: true, isFolded: isFoldable(tariffs) },
  });
  const plan = planForecast(records.sealed, through);
  const bare = findBareDays(tariffs, month);
  if (plan === undefined || plan.last < bare.from) {
    throw new AttentionError(
      `No day of ${month} is sealed yet, so there is nothing to forecast from: see simledger days list`,
    );
  }
  const totals = await rateScenarios(context, rating, plan, records);
  if (context.json) printJson(context, renderForecast(month, plan, totals));
  else showTotals(context, month, { plan, end: bare.through }, totals);
  return exitCode.done;
}

async function rateScenarios(
  context: CommandContext,
  rating: RatingContext,
  plan: ForecastPlan,
  records: Awaited<ReturnType<typeof openRecords>>,
): Promise<readonly ForecastTotal[]> {
  const rate = makeRating(rating);
  const soFar = new BillSum(rating, []);
  const sums = plan.scenarios.map((scenario) => ({ scenario, sum: new BillSum(rating, []) }));
  for await (const one of walkRatedSims(context, rating, records)) {
    soFar.add(rate(one));
    for (const { scenario, sum } of sums) sum.add(rate(extendRecords(one, plan, scenario)));
  }
  const known = soFar.finish().totals;
  const forecasts = sums.map(({ sum }) => sum.finish().totals);
  const currencies = new Set(
    [known, ...forecasts].flatMap((totals) => totals.map(({ currency }) => currency)),
  );
  return [...currencies].sort().map((currency) => {
    const find = (totals: typeof known): Decimal =>
      totals.find((total) => total.currency === currency)?.amount ?? zero;
    const amounts = forecasts.map(find);
    const [expected = zero] = amounts;
    const isRange = amounts.length > 1;
    return {
      ...{ currency, soFar: find(known), expected },
      low: isRange ? amounts.reduce(findMin) : undefined,
      high: isRange ? amounts.reduce(findMax) : undefined,
    };
  });
}

function renderForecast(month: string, plan: ForecastPlan, totals: readonly ForecastTotal[]) {
  const text = (amount: Decimal | undefined): string | null =>
    amount === undefined ? null : formatDecimal(amount);
  return {
    month,
    known_through: plan.last,
    days_left: plan.left.length,
    weeks: plan.scenarios.length,
    knows_weekdays: !plan.isShort,
    totals: totals.map(({ currency = null, soFar, expected, low, high }) => ({
      ...{ currency, so_far: text(soFar), expected: text(expected), low: text(low), high: text(high) },
    })),
  };
}

function showTotals(
  context: CommandContext,
  month: string,
  { plan, end }: { readonly plan: ForecastPlan; readonly end: Day },
  totals: readonly ForecastTotal[],
): void {
  const rows = totals.map(({ currency = 'without a currency', soFar, expected, low, high }) => [
    ...[currency, formatDecimal(soFar), formatDecimal(expected)],
    low === undefined || high === undefined ? '' : `${formatDecimal(low)} to ${formatDecimal(high)}`,
  ]);
  if (rows.length === 0) print(context, `Nothing of ${month} has a price so far.`);
  else print(context, formatTable(pickColours(context), ['currency', 'so far', 'expected', 'range'], rows));
  print(context, describeMethod(month, plan, end));
}

/** @param end the last day of the periods. */
function describeMethod(month: Month, { last, left, scenarios, isShort }: ForecastPlan, end: Day): string {
  const known = `Days are known up to ${last}`;
  if (left.length === 0) return `${known}: no day remains.`;
  const later = left.filter((day) => day > end).length;
  const open = [
    ...(left.length > later ? [`${countNoun(left.length - later, 'day')} of ${month} left`] : []),
    ...(later > 0 ? [`${countNoun(later, 'day')} after it, for sessions that continue`] : []),
  ].join(', and ');
  const basis = isShort
    ? 'fewer than 7 days are known, so they are repeated'
    : `each is assumed to equal the last known day of its weekday${scenarios.length > 1 ? `; the range is that of the last ${scenarios.length} weeks` : ''}`;
  return `${known}, with ${open}: ${basis}.`;
}
