import { addReceipts, emptyReceipt, type Receipt } from '../../lambda/ledger/receipt.ts';
import { count } from '../../local/progress.ts';
import { type CommandContext, colours, print } from '../command.ts';
import { formatTable } from './figures.ts';
import type { Colours } from './terminal.ts';

const counts = ['received', 'stored', 'repeated', 'ignored', 'rejected', 'failed'] as const;

/** What became of records, group by group, and in all. Failures are shown where there are any. */
function receiptTable(
  colours: Colours,
  heading: readonly string[],
  groups: readonly (readonly [names: readonly string[], receipt: Receipt])[],
  total: Receipt,
): string {
  const shown = counts.filter((name) => name !== 'failed' || total.failed > 0);
  const cells = (receipt: Receipt): string[] => shown.map((name) => count(receipt[name]));
  return formatTable(
    colours,
    [...heading, ...shown],
    [
      ...groups.map(([names, receipt]) => [...names, ...cells(receipt)]),
      ['all', ...heading.slice(1).map(() => ''), ...cells(total)],
    ],
  );
}

/** Receipts by the name of a source. */
export class SourceReceipts {
  readonly #bySource = new Map<string, Receipt>();

  get total(): Receipt {
    return [...this.#bySource.values()].reduce(addReceipts, emptyReceipt);
  }

  get entries(): readonly { readonly source: string; readonly receipt: Receipt }[] {
    return [...this.#bySource].map(([source, receipt]) => ({ source, receipt }));
  }

  add(source: string, receipt: Receipt): void {
    this.#bySource.set(source, addReceipts(this.#bySource.get(source) ?? emptyReceipt, receipt));
  }
}

/** Prints what became of records, or would become of them. */
export function printReceipts(
  context: CommandContext,
  dryRun: boolean,
  heading: readonly string[],
  groups: readonly (readonly [names: readonly string[], receipt: Receipt])[],
): void {
  const total = groups.map(([, receipt]) => receipt).reduce(addReceipts, emptyReceipt);
  print(
    context,
    dryRun ? 'Dry run: nothing is written, this is what would become of them' : 'Receipt, in records',
  );
  print(context, receiptTable(colours(context), heading, groups, total));
}
