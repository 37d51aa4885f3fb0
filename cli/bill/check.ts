import { basename } from 'node:path';
import type { Bill } from '../../lambda/billing/bill.ts';
import {
  type Compared,
  findShare,
  listComparedTariffs,
  type Outcome,
  outcomes,
} from '../../lambda/billing/compare.ts';
import { type Decimal, formatDecimal, zero } from '../../lambda/billing/decimal.ts';
import type { InvoiceLine } from '../../lambda/billing/invoice.ts';
import type { RatingContext } from '../../lambda/billing/rate.ts';
import { findRowDays } from '../../lambda/billing/row-days.ts';
import { UsageError } from '../../lambda/errors.ts';
import { invoiceMap } from '../../lib/invoice-maps.ts';
import {
  type CommandContext,
  type ExitCode,
  exitCode,
  pickColours,
  print,
  refuseSeveralFormats,
} from '../command.ts';
import { formatTable } from '../terminal/figures.ts';
import { count } from '../terminal/progress.ts';
import { countNoun } from '../terminal/quantities.ts';
import { formatCsvRow, formatJson, ResultWriter } from '../terminal/terminal.ts';
import { type ComparedInvoice, InvoiceComparison } from './compare-invoice.ts';
import { type Invoice, type InvoiceTotal, openInvoice } from './invoice-file.ts';
import { listBill } from './listed-bill.ts';
import { type BillFiles, openBillRecords, readRatingContext, walkRatedSims } from './make-bill.ts';
import { DisputePack } from './pack/pack.ts';
import type { PackSummary } from './pack/pack-page.ts';
import type { OpenRecords } from './sim-records.ts';
import { readChecked } from './tariff-files.ts';

/** Options of `bill check`. */
export interface CheckOptions extends BillFiles {
  /** CSV file. */
  readonly invoice: string;
  /** JSON file that maps its columns. */
  readonly map: string;
  readonly csv: boolean;
  /** Folder of the dispute pack. */
  readonly pack?: string | undefined;
}

/** `bill check`: compares each line of an invoice with our bill. */
export async function checkInvoice(context: CommandContext, options: CheckOptions): Promise<ExitCode> {
  refuseSeveralFormats(context, options);
  const given = await readRatingContext(options);
  const map = await readChecked(options.map, 'map', invoiceMap);
  const invoice = await openInvoice(options.invoice, map, given.tariffs);
  // Group our lines as the carrier's invoice does.
  const rating = {
    ...given,
    tariffs: given.tariffs.map((tariff) => ({ ...tariff, lines: invoice.by.dimensions })),
  };
  requireOneCurrency(rating);
  const records = await openBillRecords(context, { ...rating, tariffs: listComparedTariffs(rating.tariffs) });
  const { pack: folder } = options;
  const pack =
    folder === undefined
      ? undefined
      : await DisputePack.open(context, { folder, rating, given: [...options.tariff, options.map] });
  const comparison = new InvoiceComparison(invoice, {
    ...{ rating, records, sims: walkRatedSims(context, rating, records), signal: context.signal },
    ...(pack !== undefined && { onSim: (one, found) => pack.addSim(one, found) }),
  });
  try {
    const checked = await compareAll(context, options, { rating, invoice, records, comparison, pack });
    return checked.outcomes.size === (checked.outcomes.has('equal') ? 1 : 0)
      ? exitCode.done
      : exitCode.attention;
  } finally {
    await comparison.close();
  }
}

/** Everything that a check needs. */
interface CheckWork {
  readonly rating: RatingContext;
  readonly invoice: Invoice;
  readonly records: OpenRecords;
  readonly comparison: InvoiceComparison;
  readonly pack: DisputePack | undefined;
}

/** Compares all lines, and writes each one if requested. */
async function compareAll(
  context: CommandContext,
  options: CheckOptions,
  { rating, invoice, records, comparison, pack }: CheckWork,
): Promise<ComparedInvoice> {
  const writer = new ResultWriter(context.terminal.out);
  const compared = pack === undefined ? comparison.compare() : copyTo(pack.lines, comparison.compare());
  const describe = (checked: ComparedInvoice): readonly string[] => [
    ...describeTotal(invoice.total, checked),
    ...describeForeign(checked),
    ...listBill(rating, selectDays(records, rating), selectNotRated(checked.bill)).notes,
  ];
  let checked: ComparedInvoice;
  if (context.json) {
    await writer.write('{\n"lines": ');
    await writer.writeArray(mapAll(compared, renderCompared));
    await writer.write(',\n"not_rated": ');
    await writer.writeArray(mapAll(comparison.listNotRated(), renderNotRated));
    checked = comparison.finish();
    await writer.write(`,\n${formatJson(renderCheck(checked, describe(checked)), 2).slice(2)}\n`);
  } else {
    if (options.csv) await writeCsv(writer, compared);
    else await readThrough(compared);
    await readThrough(comparison.listNotRated());
    checked = comparison.finish();
    if (!options.csv) showCheck(context, checked, describe(checked));
  }
  await writer.flush();
  await pack?.finish(summarise(rating, options, checked, describe(checked)));
  return checked;
}

async function* mapAll<Item, Mapped>(
  items: AsyncIterable<Item>,
  map: (item: Item) => Mapped,
): AsyncGenerator<Mapped> {
  for await (const item of items) yield map(item);
}

async function readThrough(items: AsyncGenerator<unknown>): Promise<void> {
  while ((await items.next()).done !== true);
}

/** Copies what passes through to a CSV file. */
async function* copyTo(
  writer: Pick<ResultWriter, 'write'>,
  compared: AsyncIterable<Compared>,
): AsyncGenerator<Compared> {
  await writer.write(formatCsvRow(csvColumns));
  for await (const one of compared) {
    for (const row of renderRows(one)) await writer.write(row);
    yield one;
  }
}

/** Amounts in several currencies cannot be added up. */
function requireOneCurrency({ tariffs }: Pick<RatingContext, 'tariffs'>): void {
  const currencies = [...new Set(tariffs.map(({ currency }) => currency))];
  if (currencies.length > 1)
    throw new UsageError(
      `The tariffs are in ${currencies.join(' and ')}: check an invoice with tariffs in one currency`,
    );
}

/** Selects the days that decide our bill. Other days only show what the carrier may have billed instead. */
function selectDays(records: OpenRecords, { tariffs, month }: RatingContext): OpenRecords {
  const { from, through } = findRowDays(tariffs, month);
  const isOfBill = (day: string): boolean => (from === undefined || day >= from) && day <= through;
  return {
    ...records,
    sealed: records.sealed.filter(isOfBill),
    live: records.live.filter(isOfBill),
    missing: records.missing.filter(isOfBill),
  };
}

/** Removes usage that no tariff matches: it belongs to another carrier. */
function selectNotRated(bill: Bill): Bill {
  return { ...bill, notRated: bill.notRated.filter(({ reason }) => reason !== 'no-tariff') };
}

/** Says which row was left out as a total, and whether it matches the sum. */
function describeTotal(
  total: InvoiceTotal | undefined,
  { total: added }: Pick<ComparedInvoice, 'total'>,
): string[] {
  if (total === undefined) return [];
  const { line, amount } = total;
  const left = `Line ${line} of the invoice is a total, and is ignored`;
  if (amount === undefined) return [left];
  return amount.eq(added)
    ? [`${left}: it equals the sum of the lines`]
    : [`${left}: it is ${formatDecimal(amount)}, and the sum of the lines is ${formatDecimal(added)}`];
}

/** Amounts in other currencies, which no sum includes. */
function describeForeign({ foreign }: Pick<ComparedInvoice, 'foreign'>): string[] {
  return foreign.map(
    ({ currency, lines, amount }) =>
      `In another currency, not compared and in no sum: ${countNoun(lines, 'line')}, ${formatDecimal(amount)} ${currency}`,
  );
}

/** How often each outcome occurs. */
function countOutcomes({ outcomes: counts }: ComparedInvoice): readonly (readonly [Outcome, number])[] {
  return outcomes.map((outcome) => [outcome, counts.get(outcome) ?? 0] as const);
}

/** The result without the lines. */
function renderCheck(checked: ComparedInvoice, notes: readonly string[]) {
  const { total, ours, difference, causes } = checked;
  return {
    invoice_total: formatDecimal(total),
    our_total: formatDecimal(ours),
    difference: formatDecimal(difference),
    outcomes: Object.fromEntries(countOutcomes(checked)),
    causes: causes.map(({ money, ...cause }) => ({
      ...cause,
      money: formatDecimal(money),
      percent: findShare(money, difference) ?? null,
    })),
    notes,
  };
}

function renderNotRated({ line, notRated: kind, amount }: InvoiceLine) {
  return { line, kind, amount: formatDecimal(amount) };
}

function renderCompared(one: Compared) {
  const { outcome, sim = null, name = null, dimensions, invoiceLines, ourLines } = one;
  const quantity = (value: Decimal | undefined) => (value === undefined ? null : formatDecimal(value));
  return {
    ...{ outcome, sim, name, ...dimensions, invoice_lines: invoiceLines, our_lines: ourLines },
    ...{ theirs: formatDecimal(one.theirs), ours: formatDecimal(one.ours) },
    ...{ their_quantity: quantity(one.theirQuantity), our_quantity: quantity(one.ourQuantity) },
    causes: one.causes.map(({ kind, says, money }) => ({ kind, says, money: formatDecimal(money) })),
  };
}

const csvColumns = [
  ...[
    'outcome',
    'sim',
    'name',
    'country',
    'network',
    'zone',
    'day',
    'session',
    'invoice_lines',
    'theirs',
    'ours',
  ],
  ...['their_quantity', 'our_quantity', 'cause', 'money', 'our_lines'],
] as const;

async function writeCsv(writer: ResultWriter, compared: AsyncIterable<Compared>): Promise<void> {
  await writer.write(formatCsvRow(csvColumns));
  for await (const one of compared) for (const row of renderRows(one)) await writer.write(row);
}

/** A row for each cause of a difference, or one row if there is no difference. */
function renderRows(compared: Compared): string[] {
  const one = renderCompared(compared);
  const about: Readonly<Record<string, unknown>> = {
    ...{ ...one, invoice_lines: one.invoice_lines.join(' '), our_lines: one.our_lines.join(' ') },
  };
  const causes = one.causes.length === 0 ? [{ says: '', money: '0' }] : one.causes;
  return causes.map(({ says, money }, index) => {
    const row: Readonly<Record<string, unknown>> = {
      ...about,
      // Only the first row has amounts, so that they add up.
      ...(index > 0 && { theirs: '', ours: '', their_quantity: '', our_quantity: '' }),
      ...{ cause: says, money },
    };
    return formatCsvRow(csvColumns.map((column) => row[column]));
  });
}

/** The most differences that a table shows. */
const maxShown = 50;

/** The most invoice lines that a table row names. */
const maxShownNumbers = 5;

/** How many lines differ. */
function countDiffering({ outcomes: counts }: ComparedInvoice): number {
  return [...counts].reduce((sum, [outcome, number]) => sum + (outcome === 'equal' ? 0 : number), 0);
}

/** The texts of a dispute pack's page. */
function summarise(
  { month, tariffs }: RatingContext,
  { invoice }: CheckOptions,
  checked: ComparedInvoice,
  notes: readonly string[],
): PackSummary {
  const { lines, total, ours, difference, notRated, causes, differing } = checked;
  return {
    ...{ invoice: basename(invoice), month, lines, total, difference, notes, ours, notRated, differing },
    currency: tariffs[0]?.currency ?? '',
    causes: causes.map((cause) => ({ ...cause, share: findShare(cause.money, difference) })),
    differingCount: countDiffering(checked),
  };
}

function showCheck(context: CommandContext, checked: ComparedInvoice, notes: readonly string[]): void {
  const { total, ours, difference, notRated, causes, differing } = checked;
  if (differing.length > 0) {
    const head = ['lines', 'SIM', 'name', 'where', 'theirs', 'ours', 'outcome', 'cause'];
    print(context, formatTable(pickColours(context), head, differing.slice(0, maxShown).map(listCells)));
  }
  if (countDiffering(checked) > maxShown) {
    context.terminal.err.write(
      `There are ${count(countDiffering(checked))} differences: use --json or --csv for all\n`,
    );
  }
  for (const [outcome, number] of countOutcomes(checked)) {
    if (number > 0) print(context, `${outcome}: ${count(number)}`);
  }
  for (const { says, money, count: times } of causes) {
    const share = money.eq(zero) ? undefined : findShare(money, difference);
    const part = share === undefined ? '' : `, ${share} %`;
    print(context, `${formatDecimal(money)}${part} (${count(times)}): ${says}`);
  }
  for (const note of notes) print(context, note);
  print(
    context,
    `Invoice ${formatDecimal(total)} = ours ${formatDecimal(ours)} + differences ${formatDecimal(difference)} + not rated ${formatDecimal(notRated)}`,
  );
}

function listCells({
  invoiceLines,
  sim = '',
  name = '',
  dimensions,
  theirs,
  ours,
  outcome,
  causes,
}: Compared): string[] {
  const numbers = invoiceLines.slice(0, maxShownNumbers).join(' ');
  const more = invoiceLines.length - maxShownNumbers;
  return [
    more > 0 ? `${numbers} and ${count(more)} more` : numbers,
    ...[sim, name, Object.values(dimensions).join(' ')],
    ...[formatDecimal(theirs), formatDecimal(ours), outcome],
    causes.map(({ says, money }) => `${formatDecimal(money)}: ${says}`).join('; '),
  ];
}
