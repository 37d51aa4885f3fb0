import { shiftMonth } from '../../lambda/billing/calendar.ts';
import { type Decimal, formatDecimal, zero } from '../../lambda/billing/decimal.ts';
import { findMismatches, type Mismatch } from '../../lambda/billing/mismatches.ts';
import { findRowDays } from '../../lambda/billing/row-days.ts';
import { shiftDay } from '../../lambda/days/day.ts';
import { UsageError } from '../../lambda/errors.ts';
import { invoiceMap } from '../../lib/invoice-maps.ts';
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
import { formatCsvRow, ResultWriter } from '../terminal/terminal.ts';
import { openInvoice } from './invoice-file.ts';
import { type BillFiles, makeRating, readRatingContext, walkRatedSims } from './make-bill.ts';
import { openRecords } from './sim-records.ts';
import { readChecked } from './tariff-files.ts';

/** Options of `bill sims`. */
export interface MismatchOptions extends BillFiles {
  /** CSV file; without it, tariffs say what is billed. */
  readonly invoice?: string | undefined;
  readonly map?: string | undefined;
  /** Days without usage after which a SIM is silent. */
  readonly silent: number;
  readonly csv: boolean;
}

const columns = ['kind', 'sim', 'says', 'amount'] as const;

/** The most SIMs of a table. */
const maxShown = 50;

/** `bill sims`: SIMs that cost something but do nothing, and the reverse. */
export async function showMismatches(context: CommandContext, options: MismatchOptions): Promise<ExitCode> {
  refuseSeveralFormats(context, options);
  const rating = await readRatingContext(options);
  const invoiced = await readInvoiced(options, rating.tariffs);
  const { month, tariffs } = rating;
  const rows = findRowDays(tariffs, month);
  const silentFrom = shiftDay(`${shiftMonth(month, 1)}-01`, -options.silent);
  // An allowance for a SIM's lifetime needs all days.
  const from = rows.from === undefined ? undefined : [rows.from, silentFrom, `${month}-01`].sort()[0];
  // Mismatches cover the calendar month, even if its billing periods differ.
  const last = shiftDay(`${shiftMonth(month, 1)}-01`, -1);
  const [, through = last] = [rows.through, last].sort();
  const records = await openRecords(context, { from, through }, true);
  const rate = makeRating(rating);
  const rules = { tariffs, month, silentDays: options.silent };
  const found: Mismatch[] = [];
  const unseen = new Set(invoiced?.keys());
  for await (const one of walkRatedSims(context, rating, records)) {
    unseen.delete(one.sim);
    const billed = { hasInvoice: invoiced !== undefined, invoiced: invoiced?.get(one.sim) };
    found.push(...findMismatches(one, rate(one), billed, rules));
  }
  for (const sim of unseen) {
    const unknown = { sim, usage: [], sessions: [] };
    found.push(
      ...findMismatches(unknown, rate(unknown), { hasInvoice: true, invoiced: invoiced?.get(sim) }, rules),
    );
  }
  const listed = found.map(({ amount, ...one }) => ({
    ...one,
    amount: amount === undefined ? null : formatDecimal(amount),
  }));
  if (context.json) printJson(context, listed);
  else if (options.csv) {
    const writer = new ResultWriter(context.terminal.out);
    await writer.write(formatCsvRow(columns));
    for (const row of listed) await writer.write(formatCsvRow(columns.map((column) => row[column])));
    await writer.flush();
  } else if (listed.length === 0) print(context, `No mismatch was found for the SIMs of ${month}.`);
  else {
    const shown = listed
      .slice(0, maxShown)
      .map(({ kind, sim, says, amount }) => [kind, sim, says, amount ?? '']);
    print(context, formatTable(pickColours(context), [...columns], shown));
    if (listed.length > maxShown)
      context.terminal.err.write(`There are ${count(listed.length)} of them: use --json or --csv for all\n`);
  }
  return exitCode.done;
}

/** What an invoice charges for each SIM; undefined without an invoice. */
async function readInvoiced(
  { invoice, map }: MismatchOptions,
  tariffs: Parameters<typeof openInvoice>[2],
): Promise<ReadonlyMap<string, Decimal> | undefined> {
  if (invoice === undefined && map === undefined) return undefined;
  if (invoice === undefined || map === undefined)
    throw new UsageError('--invoice and --map belong together: give both, or neither');
  const { walk } = await openInvoice(invoice, await readChecked(map, 'map', invoiceMap), tariffs);
  const sums = new Map<string, Decimal>();
  for await (const { sim, amount } of walk()) {
    if (sim !== undefined) sums.set(sim, (sums.get(sim) ?? zero).plus(amount));
  }
  return sums;
}
