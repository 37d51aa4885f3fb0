import { writeFile } from 'node:fs/promises';
import { type BillGroup, BillSum } from '../../lambda/billing/bill.ts';
import type { Month } from '../../lambda/billing/calendar.ts';
import { formatDecimal, makeDecimal, round } from '../../lambda/billing/decimal.ts';
import { type Explanation, explainLine } from '../../lambda/billing/explain.ts';
import { isFoldable } from '../../lambda/billing/fold-usage.ts';
import type { BillLine } from '../../lambda/billing/line.ts';
import type { TracedIncrement } from '../../lambda/billing/quantities.ts';
import type { RatingContext } from '../../lambda/billing/rate.ts';
import type { BilledUsage } from '../../lambda/billing/tariff.ts';
import { AttentionError, UsageError } from '../../lambda/errors.ts';
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
import { countNoun } from '../terminal/quantities.ts';
import { formatCsvRow, ResultWriter } from '../terminal/terminal.ts';
import { compareMonths } from './against.ts';
import { writeFocus } from './focus.ts';
import { showForecast } from './forecast.ts';
import { formatCell, type ListedBill, type ListedRow, listBill, listColumns } from './listed-bill.ts';
import {
  type BillFiles,
  makeBill,
  makeRating,
  openBillRecords,
  openRatingContext,
  walkRatedSims,
} from './make-bill.ts';
import { renderPage } from './page.ts';
import type { OpenRecords } from './sim-records.ts';
import { readStoredBill, storedBy } from './stored.ts';

/** Options of `bill show`. */
export interface BillOptions extends BillFiles {
  readonly by: readonly BillGroup[];
  readonly csv: boolean;
  /** The page's file. */
  readonly html?: string | undefined;
  /** The carrier's account id: prints FOCUS. */
  readonly focus?: string | undefined;
  /** A line's id. */
  readonly explain?: string | undefined;
  /** Show the bill that the day pass stored, and compute nothing. */
  readonly stored: boolean;
  /** Forecast what the month will cost. */
  readonly forecast: boolean;
  /** The month to compare with. */
  readonly against?: Month | undefined;
}

/** `bill show`: what usage should cost. */
export async function showBill(context: CommandContext, options: BillOptions): Promise<ExitCode> {
  refuseSeveralFormats(context, options);
  if (options.stored)
    return showListed(context, await readStoredBill(context, options.month), options, storedBy);
  const rating = await openRatingContext(context, options);
  if (options.forecast) return showForecast(context, rating);
  if (options.against !== undefined) return compareMonths(context, rating, options.against);
  const isFolded = options.explain === undefined && isFoldable(rating.tariffs);
  const records = await openBillRecords(context, rating, { isFolded });
  if (options.explain !== undefined) return showLine(context, rating, records, options.explain);
  if (options.focus !== undefined) {
    if (context.json) throw new UsageError('--json and --focus cannot be used together: FOCUS is CSV');
    await writeFocus(context, rating, records, options.focus);
    return exitCode.done;
  }
  const bill = await makeBill(context, rating, records, options.by);
  return showListed(context, listBill(rating, records, bill), options, options.by);
}

async function showListed(
  context: CommandContext,
  listed: ListedBill,
  { html, csv }: Pick<BillOptions, 'html' | 'csv'>,
  by: readonly BillGroup[],
): Promise<ExitCode> {
  if (html !== undefined) await writeFile(html, renderPage(listed, by));
  if (context.json) printJson(context, listed);
  else if (csv) await writeCsv(context, listed, by);
  else showTable(context, listed, by);
  return exitCode.done;
}

async function writeCsv(
  context: CommandContext,
  { rows }: ListedBill,
  by: readonly BillGroup[],
): Promise<void> {
  const writer = new ResultWriter(context.terminal.out);
  const columns = listColumns(by);
  await writer.write(formatCsvRow(columns));
  for (const row of rows) await writer.write(formatCsvRow(columns.map((column) => row[column])));
  await writer.flush();
}

/** The most rows of a table. */
const tableRows = 200;

/** Digits after the point of a quantity in a table. */
const shownDecimals = 6;

/** A quantity in a table; money is never cut. */
function shorten(column: keyof ListedRow, value: string | number | null): string | number | null {
  const isQuantity =
    column === 'used' || column === 'rounded' || column === 'included' || column === 'billed';
  if (!isQuantity || typeof value !== 'string') return value;
  return formatDecimal(round(makeDecimal(value), shownDecimals, 'half-up'));
}

function showTable(context: CommandContext, bill: ListedBill, by: readonly BillGroup[]): void {
  const hidden: readonly (keyof ListedRow)[] = ['lines', 'exact'];
  const columns = listColumns(by).filter((column) => !hidden.includes(column));
  const rows = bill.rows
    .slice(0, tableRows)
    .map((row) => columns.map((column) => formatCell(shorten(column, row[column]))));
  if (rows.length === 0) print(context, `Nothing of ${bill.month} has a price.`);
  else print(context, formatTable(pickColours(context), columns, rows));
  if (bill.rows.length > tableRows) {
    context.terminal.err.write(
      `There are ${countNoun(bill.rows.length, 'row')}: use --json or --csv for all\n`,
    );
  }
  for (const { currency, amount } of bill.totals) {
    print(
      context,
      `${bill.month}, ${countNoun(bill.sims, 'SIM')}: ${amount} ${currency ?? 'without a currency'}`,
    );
  }
  for (const note of bill.notes) print(context, note);
}

/** A line and its explanation. */
interface ExplainedLine {
  readonly line: BillLine;
  readonly increments: readonly TracedIncrement[];
}

/** `--explain`: how a line came about, down to its records. */
async function showLine(
  context: CommandContext,
  rating: RatingContext,
  records: OpenRecords,
  id: string,
): Promise<ExitCode> {
  const found = await findLine(context, rating, records, id);
  if (found === undefined) {
    throw new AttentionError(
      `No line of ${rating.month} has the id ${JSON.stringify(id)}: bill show --by sim --csv lists the ids of lines`,
    );
  }
  const tariff = rating.tariffs.find(({ name }) => name === found.line.tariff);
  const steps = explainLine(found.line, tariff);
  if (context.json) printJson(context, renderExplained(found, steps));
  else showExplained(context, found, steps);
  return exitCode.done;
}

async function findLine(
  context: CommandContext,
  rating: RatingContext,
  records: OpenRecords,
  id: string,
): Promise<ExplainedLine | undefined> {
  const sum = new BillSum(rating, []);
  const rate = makeRating(rating);
  for await (const one of walkRatedSims(context, rating, records)) {
    const bill = rate(one);
    const line = bill.lines.find((other) => other.id === id);
    if (line !== undefined) return { line, increments: rate(one, true).trace.get(id) ?? [] };
    sum.add(bill);
  }
  const line = sum.finish().accountLines.find((one) => one.id === id);
  return line && { line, increments: [] };
}

function renderExplained({ line, increments }: ExplainedLine, steps: readonly Explanation[]) {
  const { id, tariff, kind, name, sim = null, period, dimensions, currency = null, exact, amount } = line;
  return {
    ...{ line: id, tariff, kind, name, sim, from: period.from, to: period.to, dimensions, currency },
    ...{ exact: formatDecimal(exact), amount: amount === undefined ? null : formatDecimal(amount), steps },
    increments: increments.map(({ used, rounded, records }) => ({
      ...{ used: formatDecimal(used), rounded: formatDecimal(rounded) },
      records: records.map(renderRecord),
    })),
  };
}

function renderRecord(record: BilledUsage) {
  const { source, usageId, start, end, dataTotal } = record;
  return {
    ...{ source, usage_id: usageId, session_id: record.sessionId ?? null, start, end, data_total: dataTotal },
    ...{ volume: record.volume ?? null, messages: record.messages ?? null, country: record.country ?? null },
    ...{ tariff: record.tariff ?? null, rate_zone: record.rateZone ?? null },
  };
}

/** The most records of a line in a table. */
const maxShownRecords = 100;

function showExplained(
  context: CommandContext,
  { line, increments }: ExplainedLine,
  steps: readonly Explanation[],
): void {
  print(context, `${line.id}: ${line.kind} ${line.name}, ${line.tariff}`);
  for (const [index, { step, says }] of steps.entries()) print(context, `${index + 1}. ${step}: ${says}`);
  const rows = increments.flatMap(({ used, rounded, records }) =>
    records.map(({ usageId, sessionId, start, volume, dataTotal, messages }, index) => [
      ...[start, usageId.slice(usageId.indexOf('#') + 1), sessionId ?? ''],
      volume ?? String(messages ?? dataTotal),
      index === 0 ? formatDecimal(used) : '',
      index === 0 ? formatDecimal(rounded) : '',
    ]),
  );
  if (rows.length === 0) return;
  const head = ['start', 'record', 'session', 'stated', 'used', 'rounded'];
  print(context, formatTable(pickColours(context), head, rows.slice(0, maxShownRecords)));
  if (rows.length > maxShownRecords)
    context.terminal.err.write(`The line has ${countNoun(rows.length, 'record')}: use --json for all\n`);
}
