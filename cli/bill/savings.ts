import { formatDecimal } from '../../lambda/billing/decimal.ts';
import { type Savings, SavingsSum } from '../../lambda/billing/savings.ts';
import {
  type CommandContext,
  type ExitCode,
  exitCode,
  pickColours,
  print,
  printJson,
  refuseSeveralFormats,
} from '../command.ts';
import { formatTable } from '../terminal/figures.ts';
import { count } from '../terminal/progress.ts';
import { countNoun } from '../terminal/quantities.ts';
import { formatCsvRow, ResultWriter } from '../terminal/terminal.ts';
import { type BillFiles, openBillRecords, readRatingContext, walkRatedSims } from './make-bill.ts';

/** Options of `bill savings`. */
export interface SavingsOptions extends BillFiles {
  readonly csv: boolean;
}

const columns = ['tariff', 'currency', 'amount', 'cheapest_for', 'not_rated'] as const;

/** `bill savings`: what a month would have cost with each of the given tariffs. */
export async function showSavings(context: CommandContext, options: SavingsOptions): Promise<ExitCode> {
  refuseSeveralFormats(context, options);
  const rating = await readRatingContext(options);
  const records = await openBillRecords(context, rating);
  const sum = new SavingsSum(rating);
  for await (const one of walkRatedSims(context, rating, records)) sum.add(one);
  const savings = sum.finish();
  if (context.json) printJson(context, render(savings));
  else if (options.csv) await writeCsv(context, savings);
  else show(context, rating.month, savings);
  return exitCode.done;
}

function render({ sims, now, tariffs, mixed }: Savings) {
  return {
    sims,
    now: now.map(({ currency = null, amount }) => ({ currency, amount: formatDecimal(amount) })),
    tariffs: listRows(tariffs),
    mixed: mixed.map(({ currency, amount }) => ({ currency, amount: formatDecimal(amount) })),
  };
}

function listRows(tariffs: Savings['tariffs']) {
  return tariffs.map(({ tariff, currency, amount, cheapestFor = null, notRated }) => ({
    ...{ tariff, currency, amount: formatDecimal(amount), cheapest_for: cheapestFor, not_rated: notRated },
  }));
}

async function writeCsv(context: CommandContext, { tariffs }: Savings): Promise<void> {
  const writer = new ResultWriter(context.terminal.out);
  await writer.write(formatCsvRow(columns));
  for (const row of listRows(tariffs)) await writer.write(formatCsvRow(columns.map((column) => row[column])));
  await writer.flush();
}

function show(context: CommandContext, month: string, { sims, now, tariffs, mixed }: Savings): void {
  const rows = tariffs.map(({ tariff, currency, amount, cheapestFor, notRated }) => [
    ...[tariff, `${formatDecimal(amount)} ${currency}`],
    ...[cheapestFor === undefined ? 'SIMs share costs' : count(cheapestFor), count(notRated)],
  ]);
  print(
    context,
    formatTable(
      pickColours(context),
      ['all by', 'amount', 'cheapest for SIMs', 'records without a price'],
      rows,
    ),
  );
  for (const { currency, amount } of now) {
    print(
      context,
      `${month}, ${countNoun(sims, 'SIM')}, by the tariffs that match: ${formatDecimal(amount)} ${currency ?? ''}`,
    );
  }
  for (const { currency, amount } of mixed)
    print(context, `Each SIM by its cheapest tariff: ${formatDecimal(amount)} ${currency}`);
}
