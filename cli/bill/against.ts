import { BillSum } from '../../lambda/billing/bill.ts';
import type { Month } from '../../lambda/billing/calendar.ts';
import {
  type CurrencyComparison,
  type MonthCause,
  MonthComparison,
} from '../../lambda/billing/compare-months.ts';
import { formatDecimal } from '../../lambda/billing/decimal.ts';
import { isFoldable } from '../../lambda/billing/fold-usage.ts';
import { type RatingContext, readsSessions } from '../../lambda/billing/rate.ts';
import { findRowDays } from '../../lambda/billing/row-days.ts';
import type { Day } from '../../lambda/days/day.ts';
import { type CommandContext, type ExitCode, exitCode, pickColours, print, printJson } from '../command.ts';
import { formatTable } from '../terminal/figures.ts';
import { describeDays } from './listed-bill.ts';
import { makeRating, walkRatedSims } from './make-bill.ts';
import { type OpenRecords, openRecords } from './sim-records.ts';

/** Reasons why a month costs more or less, in words. */
const causeWords: Readonly<Record<MonthCause, string>> = {
  sims: 'SIMs that are in one of the months only',
  tariff: 'SIMs with another tariff',
  price: 'prices that changed',
  network: 'traffic in other countries, networks, zones or charges',
  volume: 'more or less traffic',
  steps: 'quantities rounded up',
  included: 'allowances and pools',
  tiers: 'tiers',
  rounding: 'rounding of money',
  minimum: 'minimums',
  fees: 'fees',
  discount: 'discounts',
  commitment: 'the commitment',
  tax: 'tax',
  carrier: 'the cost that records state',
};

/** `bill --against`: why a month costs more or less than another month. */
export async function compareMonths(
  context: CommandContext,
  rating: RatingContext,
  against: Month,
): Promise<ExitCode> {
  const contexts = [{ ...rating, month: against }, rating] as const;
  const records = await openBoth(context, contexts);
  const comparison = new MonthComparison(rating.tariffs);
  const [before, after] = contexts.map((one) => ({ rate: makeRating(one), sum: new BillSum(one, []) }));
  if (before === undefined || after === undefined) throw new Error('Two months have two bills');
  for await (const one of walkRatedSims(context, rating, records)) {
    const [old, now] = [before.rate(one), after.rate(one)];
    before.sum.add(old);
    after.sum.add(now);
    comparison.addSim(old, now);
  }
  comparison.addAccount(before.sum.finish().accountLines, after.sum.finish().accountLines);
  const compared = comparison.finish();
  if (context.json)
    printJson(context, { month: rating.month, against, currencies: compared.map(renderCurrency) });
  else showComparison(context, { month: rating.month, against, compared, records });
  return exitCode.done;
}

/** Opens the days of both months, without the days in between. */
async function openBoth(
  context: CommandContext,
  contexts: readonly Pick<RatingContext, 'tariffs' | 'month'>[],
): Promise<OpenRecords> {
  const ranges = contexts.map(({ tariffs, month }) => findRowDays(tariffs, month));
  const froms = ranges.map(({ from }) => from);
  const isWanted = (day: Day): boolean =>
    ranges.some(({ from, through }) => (from === undefined || day >= from) && day <= through);
  const range = {
    from: froms.includes(undefined) ? undefined : [...froms].sort()[0],
    through:
      ranges
        .map(({ through }) => through)
        .sort()
        .at(-1) ?? '',
  };
  const { tariffs = [] } = contexts[0] ?? {};
  return openRecords(context, range, readsSessions(tariffs), { isWanted, isFolded: isFoldable(tariffs) });
}

function renderCurrency({ currency, before, after, causes }: CurrencyComparison) {
  return {
    ...{ currency: currency ?? null, before: formatDecimal(before), after: formatDecimal(after) },
    difference: formatDecimal(after.minus(before)),
    causes: causes.map(({ cause, money }) => ({ cause, money: formatDecimal(money) })),
  };
}

function showComparison(
  context: CommandContext,
  {
    month,
    against,
    compared,
    records,
  }: {
    readonly month: Month;
    readonly against: Month;
    readonly compared: readonly CurrencyComparison[];
    readonly records: OpenRecords;
  },
): void {
  if (compared.length === 0) print(context, `Nothing of ${against} and ${month} has a price.`);
  for (const one of compared) {
    const { currency = 'without a currency', before, after, causes } = one;
    const rows = [
      [against, formatDecimal(before), currency],
      ...causes.map(({ cause, money }) => [causeWords[cause], formatSigned(formatDecimal(money)), currency]),
      [month, formatDecimal(after), currency],
    ];
    print(context, formatTable(pickColours(context), ['cause', 'amount', 'currency'], rows));
  }
  for (const note of describeDays(records)) print(context, note);
}

function formatSigned(money: string): string {
  return money.startsWith('-') ? money : `+${money}`;
}
