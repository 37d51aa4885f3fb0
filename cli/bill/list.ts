import { BillReader } from '../../lambda/bills/bill-reader.ts';
import { type BillSummary, listBills } from '../../lambda/queries/bills.ts';
import { type CommandContext, type ExitCode, exitCode } from '../command.ts';
import { openLake } from '../days/lake.ts';
import type { Column } from '../lists/columns.ts';
import { type ListOptions, showList } from '../lists/listing.ts';
import { formatMinute, formatTotals } from '../terminal/figures.ts';
import { count } from '../terminal/progress.ts';

/** `bill list`: the bills that the day pass stored, the newest month first. */
export async function showBills(context: CommandContext, options: ListOptions): Promise<ExitCode> {
  const ports = { bills: new BillReader(openLake(context.deployment)) };
  await showList<BillSummary, string>(context, options, {
    open:
      async () =>
      ({ size, after }) =>
        listBills({ size, after }, ports),
    schema: ['month', 'version', 'made_at', 'sims', 'totals', 'tariffs'],
    columns: () => columns,
    nothing: 'No bill is stored: store tariffs with tariff put, and close the days of a month.',
  });
  return exitCode.done;
}

const columns: readonly Column<BillSummary>[] = [
  ['month', ({ month }) => month],
  ['SIMs', ({ sims }) => count(sims)],
  ['total', ({ totals }) => formatTotals(totals)],
  ['tariffs', ({ tariffs }) => tariffs.join(', ')],
  ['version', ({ version }) => String(version)],
  ['made at', ({ made_at: madeAt }) => formatMinute(madeAt)],
];
