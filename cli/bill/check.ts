import { BillSum } from '../../lambda/billing/bill.ts';
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
import type { RatingContext } from '../../lambda/billing/rate.ts';
import { UsageError } from '../../lambda/errors.ts';
import { invoiceMap } from '../../lib/invoice-maps.ts';
import { count } from '../../local/progress.ts';
import { type CommandContext, colours, type ExitCode, exitCode, print, printJson } from '../command.ts';
import { formatTable } from '../terminal/figures.ts';
import { csvRow, ResultWriter } from '../terminal/terminal.ts';
import { readInvoice } from './invoice-file.ts';
import {
  type BillFiles,
  makeRating,
  openBillRecords,
  readRatingContext,
  walkRatedSims,
} from './make-bill.ts';
import { readChecked } from './tariff-files.ts';

/** What `bill check` compares. */
export interface CheckOptions extends BillFiles {
  /** CSV file. */
  readonly invoice: string;
  /** JSON file that maps its columns. */
  readonly map: string;
  readonly csv: boolean;
}

/** A comparison of all lines. */
interface CheckedInvoice {
  readonly compared: readonly Compared[];
  readonly notRated: readonly InvoiceLine[];
}

/** `bill check`: each line of an invoice beside ours. */
export async function checkInvoice(context: CommandContext, options: CheckOptions): Promise<ExitCode> {
  if (options.csv && context.json)
    throw new UsageError('--json and --csv cannot be used together: give one of them');
  const given = await readRatingContext(options);
  const map = await readChecked(options.map, 'map', invoiceMap);
  const { lines, by } = await readInvoice(options.invoice, map, given.tariffs);
  // A line is what the carrier has a line for.
  const rating = { ...given, tariffs: given.tariffs.map((tariff) => ({ ...tariff, lines: by.dimensions })) };
  const checked = await compareAll(context, rating, lines, new Comparison(rating, by));
  const total = add(lines.map(({ amount }) => amount));
  if (context.json) printJson(context, renderCheck(checked, total));
  else if (options.csv) await writeCsv(context, checked);
  else showCheck(context, checked, total);
  const isEqual = checked.compared.every(({ outcome }) => outcome === 'equal');
  return isEqual ? exitCode.done : exitCode.attention;
}

async function compareAll(
  context: CommandContext,
  rating: RatingContext,
  lines: readonly InvoiceLine[],
  comparison: Comparison,
): Promise<CheckedInvoice> {
  const bySim = new Map<string, InvoiceLine[]>();
  const ofAccount: InvoiceLine[] = [];
  for (const line of lines) {
    if (line.notRated !== undefined) continue;
    if (line.sim === undefined) ofAccount.push(line);
    else bySim.set(line.sim, [...(bySim.get(line.sim) ?? []), line]);
  }
  const records = await openBillRecords(context, rating);
  const rate = makeRating(rating);
  const sum = new BillSum(rating, []);
  const compared: Compared[] = [];
  for await (const one of walkRatedSims(context, rating, records)) {
    const bill = rate(one);
    sum.add(bill);
    compared.push(...comparison.compareSim(one, bill, bySim.get(one.sim) ?? []));
    bySim.delete(one.sim);
  }
  for (const [sim, theirs] of bySim) {
    const unknown = { sim, usage: [], sessions: [] };
    compared.push(...comparison.compareSim(unknown, rate(unknown), theirs));
  }
  compared.push(...comparison.compareAccount(ofAccount, sum.finish().accountLines));
  return { compared, notRated: lines.filter(({ notRated }) => notRated !== undefined) };
}

function addUp(compared: readonly Compared[], read: (one: Compared) => Decimal): Decimal {
  return add(compared.map(read));
}

/** How often each outcome is, with its money. */
function countOutcomes(compared: readonly Compared[]): readonly (readonly [Outcome, readonly Compared[]])[] {
  return outcomes.map((outcome) => [outcome, compared.filter((one) => one.outcome === outcome)] as const);
}

function renderCheck({ compared, notRated }: CheckedInvoice, total: Decimal) {
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
async function writeCsv(context: CommandContext, { compared }: CheckedInvoice): Promise<void> {
  const writer = new ResultWriter(context.terminal.out);
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

function showCheck(context: CommandContext, checked: CheckedInvoice, total: Decimal): void {
  const { compared, notRated } = checked;
  const difference = sumDifference(compared);
  const differing = compared
    .filter(({ outcome }) => outcome !== 'equal')
    .sort((a, b) => b.theirs.minus(b.ours).abs().cmp(a.theirs.minus(a.ours).abs()));
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
  const left = add(notRated.map(({ amount }) => amount));
  const ours = addUp(compared, (one) => one.ours);
  print(
    context,
    `Invoice ${formatDecimal(total)} = ours ${formatDecimal(ours)} + differences ${formatDecimal(difference)} + not rated ${formatDecimal(left)}`,
  );
}
