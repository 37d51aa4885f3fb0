import { BillSum } from '../../lambda/billing/bill.ts';
import { FocusRows, focusColumns } from '../../lambda/billing/focus.ts';
import type { BillLine } from '../../lambda/billing/line.ts';
import type { RatingContext } from '../../lambda/billing/rate.ts';
import type { CommandContext } from '../command.ts';
import { formatCsvRow, ResultWriter } from '../terminal/terminal.ts';
import { makeRating, walkRatedSims } from './make-bill.ts';
import type { OpenRecords } from './sim-records.ts';

/** Prints a bill's lines as FOCUS CSV, SIM by SIM, so that memory does not grow with the fleet. */
export async function writeFocus(
  context: CommandContext,
  rating: RatingContext,
  records: Pick<OpenRecords, 'walk'>,
  account: string,
): Promise<void> {
  const rows = new FocusRows(rating.tariffs, account);
  const writer = new ResultWriter(context.terminal.out);
  const write = async (lines: readonly BillLine[]): Promise<void> => {
    for (const line of lines) {
      const row = rows.make(line);
      if (row !== undefined) await writer.write(formatCsvRow(focusColumns.map((column) => row[column])));
    }
  };
  await writer.write(formatCsvRow(focusColumns));
  const sum = new BillSum(rating, []);
  const rate = makeRating(rating);
  for await (const one of walkRatedSims(context, rating, records)) {
    const bill = rate(one);
    sum.add(bill);
    await write(bill.lines);
  }
  await write(sum.finish().accountLines);
  await writer.flush();
}
