import { basename } from 'node:path';
import { type Bill, BillSum } from '../../lambda/billing/bill.ts';
import {
  type Compared,
  Comparison,
  findShare,
  type Outcome,
  outcomes,
  sumCauses,
} from '../../lambda/billing/compare.ts';
import { add, type Decimal, formatDecimal, zero } from '../../lambda/billing/decimal.ts';
import type { InvoiceLine } from '../../lambda/billing/invoice.ts';
import type { RatingContext, SimBill, SimRecords } from '../../lambda/billing/rate.ts';
import { UsageError } from '../../lambda/errors.ts';
import { invoiceMap } from '../../lib/invoice-maps.ts';
import { type CommandContext, colours, type ExitCode, exitCode, print, printJson } from '../command.ts';
import { formatTable } from '../terminal/figures.ts';
import { count } from '../terminal/progress.ts';
import { csvRow, ResultWriter } from '../terminal/terminal.ts';
import { type Invoice, readInvoice } from './invoice-file.ts';
import { listBill } from './listed-bill.ts';
import {
  type BillFiles,
  makeRating,
  openBillRecords,
  readRatingContext,
  walkRatedSims,
} from './make-bill.ts';
import { DisputePack } from './pack/pack.ts';
import type { PackSummary } from './pack/pack-page.ts';
import { readChecked } from './tariff-files.ts';

/** What `bill check` compares. */
export interface CheckOptions extends BillFiles {
  /** CSV file. */
  readonly invoice: string;
  /** JSON file that maps its columns. */
  readonly map: string;
  readonly csv: boolean;
  /** Folder of the dispute pack. */
  readonly pack?: string | undefined;
}

/** A comparison of all lines. */
interface CheckedInvoice {
  readonly compared: readonly Compared[];
  readonly notRated: readonly InvoiceLine[];
  /** What our bill leaves out or takes for granted, in sentences. */
  readonly notes: readonly string[];
}

/** `bill check`: each line of an invoice beside ours. */
export async function checkInvoice(context: CommandContext, options: CheckOptions): Promise<ExitCode> {
  if (options.csv && context.json)
    throw new UsageError('--json and --csv cannot be used together: give one of them');
  const given = await readRatingContext(options);
  const map = await readChecked(options.map, 'map', invoiceMap);
  const invoice = await readInvoice(options.invoice, map, given.tariffs);
  const { lines, by } = invoice;
  // A line is what the carrier has a line for.
  const rating = { ...given, tariffs: given.tariffs.map((tariff) => ({ ...tariff, lines: by.dimensions })) };
  requireOneCurrency(rating);
  const { pack: folder } = options;
  const pack =
    folder === undefined
      ? undefined
      : await DisputePack.open(context, { folder, rating, given: [...options.tariff, options.map] });
  const checked = await compareAll(context, rating, invoice, pack);
  const total = add(lines.filter(isOfTariffs).map(({ amount }) => amount));
  await pack?.finish(summarise(rating, options, { checked, total, lines: lines.length }), (writer) =>
    writeCsv(writer, checked),
  );
  if (context.json) printJson(context, renderCheck(checked, total));
  else if (options.csv) await writeCsv(new ResultWriter(context.terminal.out), checked);
  else showCheck(context, checked, total);
  const isEqual = checked.compared.every(({ outcome }) => outcome === 'equal');
  return isEqual ? exitCode.done : exitCode.attention;
}

/** Amounts of several currencies are never added up. */
function requireOneCurrency({ tariffs }: Pick<RatingContext, 'tariffs'>): void {
  const currencies = [...new Set(tariffs.map(({ currency }) => currency))];
  if (currencies.length > 1)
    throw new UsageError(
      `The tariffs are in ${currencies.join(' and ')}: check an invoice by tariffs of one currency`,
    );
}

/** Opens the records, and compares the lines of an invoice with them. */
async function compareAll(
  context: CommandContext,
  rating: RatingContext,
  invoice: Invoice,
  pack: DisputePack | undefined,
): Promise<CheckedInvoice> {
  const records = await openBillRecords(context, rating);
  const sims = walkRatedSims(context, rating, records);
  const { compared, notRated, bill } = await compareInvoice(rating, invoice, sims, (one, found) =>
    pack?.addSim(one, found),
  );
  const ofInvoice = { ...bill, notRated: bill.notRated.filter(isOfInvoice) };
  const notes = [...describeForeign(notRated), ...listBill(rating, records, ofInvoice).notes];
  return { compared, notRated: notRated.filter(isOfTariffs), notes };
}

/**
 * Compares the lines of an invoice with the usage of SIMs, one after the other. It holds the invoice, and what was compared.
 *
 * @param rating its tariffs' lines must be told apart by what the invoice has.
 * @param onSim called with each SIM and what was found of it.
 */
export async function compareInvoice(
  rating: RatingContext,
  { lines, by }: Invoice,
  sims: AsyncIterable<SimRecords>,
  onSim: (records: SimRecords, found: readonly Compared[]) => Promise<void> | undefined,
): Promise<Omit<CheckedInvoice, 'notes'> & { readonly bill: Bill }> {
  const bySim = new Map<string, InvoiceLine[]>();
  const ofAccount: InvoiceLine[] = [];
  const notRated: InvoiceLine[] = [];
  for (const line of lines) {
    if (line.notRated !== undefined) notRated.push(line);
    else if (line.sim === undefined) ofAccount.push(line);
    else {
      const known = bySim.get(line.sim);
      if (known === undefined) bySim.set(line.sim, [line]);
      else known.push(line);
    }
  }
  const comparison = new Comparison(rating, by);
  const rate = makeRating(rating);
  const sum = new BillSum(rating, []);
  const compared: Compared[] = [];
  const compareSim = async (
    records: SimRecords,
    bill: SimBill,
    theirs: readonly InvoiceLine[],
  ): Promise<void> => {
    const found = comparison.compareSim(records, bill, theirs);
    for (const each of found) compared.push(each);
    await onSim(records, found);
  };
  for await (const one of sims) {
    const bill = rate(one);
    sum.add(bill);
    await compareSim(one, bill, bySim.get(one.sim) ?? []);
    bySim.delete(one.sim);
  }
  for (const [sim, theirs] of bySim) {
    const unknown = { sim, usage: [], sessions: [] };
    await compareSim(unknown, rate(unknown), theirs);
  }
  const bill = sum.finish();
  for (const each of comparison.compareAccount(ofAccount, bill.accountLines)) compared.push(each);
  return { compared, notRated, bill };
}

/** Whether a line is in the tariffs' currency. */
function isOfTariffs({ foreignCurrency }: InvoiceLine): boolean {
  return foreignCurrency === undefined;
}

/** What the invoice has in other currencies, which is part of no sum. */
function describeForeign(notRated: readonly InvoiceLine[]): string[] {
  const sums = new Map<string, { lines: number; amount: Decimal }>();
  for (const { foreignCurrency: currency, amount } of notRated) {
    if (currency === undefined) continue;
    const known = sums.get(currency) ?? { lines: 0, amount: zero };
    sums.set(currency, { lines: known.lines + 1, amount: known.amount.plus(amount) });
  }
  return [...sums].map(
    ([currency, { lines, amount }]) =>
      `In another currency, not compared and in no sum: ${count(lines)} lines, ${formatDecimal(amount)} ${currency}`,
  );
}

/** What no tariff matches is another carrier's: neither an invoice nor its carrier is told of it. */
function isOfInvoice({ reason }: Bill['notRated'][number]): boolean {
  return reason !== 'no-tariff';
}

function addUp(compared: readonly Compared[], read: (one: Compared) => Decimal): Decimal {
  return add(compared.map(read));
}

/** How often each outcome is, with its money. */
function countOutcomes(compared: readonly Compared[]): readonly (readonly [Outcome, readonly Compared[]])[] {
  return outcomes.map((outcome) => [outcome, compared.filter((one) => one.outcome === outcome)] as const);
}

function renderCheck({ compared, notRated, notes }: CheckedInvoice, total: Decimal) {
  const difference = sumDifference(compared);
  return {
    invoice_total: formatDecimal(total),
    our_total: formatDecimal(addUp(compared, ({ ours }) => ours)),
    difference: formatDecimal(difference),
    not_rated: notRated.map(({ line, notRated: kind, amount }) => ({
      line,
      kind,
      amount: formatDecimal(amount),
    })),
    outcomes: Object.fromEntries(countOutcomes(compared).map(([outcome, list]) => [outcome, list.length])),
    causes: sumCauses(compared).map(({ money, ...cause }) => ({
      ...cause,
      money: formatDecimal(money),
      percent: findShare(money, difference) ?? null,
    })),
    lines: compared.map(renderCompared),
    notes,
  };
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

function sumDifference(compared: readonly Compared[]): Decimal {
  return addUp(compared, ({ theirs, ours }) => theirs.minus(ours));
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

/** A row for each cause of a difference, or one for what is equal. */
async function writeCsv(writer: ResultWriter, { compared }: CheckedInvoice): Promise<void> {
  await writer.write(csvRow(csvColumns));
  for (const one of compared.map(renderCompared)) {
    const about: Readonly<Record<string, unknown>> = {
      ...{ ...one, invoice_lines: one.invoice_lines.join(' '), our_lines: one.our_lines.join(' ') },
    };
    const causes = one.causes.length === 0 ? [{ says: '', money: '0' }] : one.causes;
    for (const [index, { says, money }] of causes.entries()) {
      const row: Readonly<Record<string, unknown>> = {
        ...about,
        // What adds up stands in the first row only.
        ...(index > 0 && { theirs: '', ours: '', their_quantity: '', our_quantity: '' }),
        ...{ cause: says, money },
      };
      await writer.write(csvRow(csvColumns.map((column) => row[column])));
    }
  }
  await writer.flush();
}

/** Differences that a table has. */
const maxShown = 50;

/** Differences that the page of a dispute pack has. */
const maxPackLines = 100;

/** What differs, the most money first. */
function listDiffering(compared: readonly Compared[]): Compared[] {
  return compared
    .filter(({ outcome }) => outcome !== 'equal')
    .sort((a, b) => b.theirs.minus(b.ours).abs().cmp(a.theirs.minus(a.ours).abs()));
}

/** What the page of a dispute pack says. */
function summarise(
  { month, tariffs }: RatingContext,
  { invoice }: CheckOptions,
  {
    checked: { compared, notRated, notes },
    total,
    lines,
  }: { readonly checked: CheckedInvoice; readonly total: Decimal; readonly lines: number },
): PackSummary {
  const difference = sumDifference(compared);
  const differing = listDiffering(compared);
  return {
    ...{ invoice: basename(invoice), month, lines, total, difference, notes },
    currency: tariffs[0]?.currency ?? '',
    ours: addUp(compared, ({ ours }) => ours),
    notRated: add(notRated.map(({ amount }) => amount)),
    causes: sumCauses(compared).map((cause) => ({ ...cause, share: findShare(cause.money, difference) })),
    differing: differing.slice(0, maxPackLines),
    differingCount: differing.length,
  };
}

function showCheck(context: CommandContext, checked: CheckedInvoice, total: Decimal): void {
  const { compared, notRated, notes } = checked;
  const difference = sumDifference(compared);
  const differing = listDiffering(compared);
  if (differing.length > 0) {
    const head = ['lines', 'SIM', 'name', 'where', 'theirs', 'ours', 'outcome', 'cause'];
    const rows = differing
      .slice(0, maxShown)
      .map(({ invoiceLines, sim = '', name = '', dimensions, theirs, ours, outcome, causes }) => [
        ...[invoiceLines.join(' '), sim, name, Object.values(dimensions).join(' ')],
        ...[formatDecimal(theirs), formatDecimal(ours), outcome],
        causes.map(({ says, money }) => `${formatDecimal(money)}: ${says}`).join('; '),
      ]);
    print(context, formatTable(colours(context), head, rows));
  }
  if (differing.length > maxShown) {
    context.terminal.err.write(
      `There are ${count(differing.length)} differences: take all by --json or --csv\n`,
    );
  }
  for (const [outcome, list] of countOutcomes(compared)) {
    if (list.length > 0) print(context, `${outcome}: ${count(list.length)}`);
  }
  for (const { says, money, count: times } of sumCauses(compared)) {
    const share = findShare(money, difference);
    const part = share === undefined ? '' : `, ${share} %`;
    if (!money.eq(zero)) print(context, `${formatDecimal(money)}${part} (${count(times)}): ${says}`);
  }
  for (const note of notes) print(context, note);
  const left = add(notRated.map(({ amount }) => amount));
  const ours = addUp(compared, (one) => one.ours);
  print(
    context,
    `Invoice ${formatDecimal(total)} = ours ${formatDecimal(ours)} + differences ${formatDecimal(difference)} + not rated ${formatDecimal(left)}`,
  );
}
