import Table from 'cli-table3';
import { addReceipts, emptyReceipt, type Receipt } from '../../lambda/ledger/receipt.ts';
import { type CommandContext, pickColours, print } from '../command.ts';
import { count } from './progress.ts';
import { formatDuration } from './quantities.ts';
import type { Colours } from './terminal.ts';

/** No borders, so that copied text is usable and more fits on a screen. */
const borders = Object.fromEntries(
  [
    ...['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'],
    ...['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle'],
  ].map((part) => [part, '']),
);

/** Formats rows as a table, with numbers on the right. Cells may have colours. */
export function formatTable(
  colours: Colours,
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const table = new Table({
    head: head.map((heading) => colours.bold(heading)),
    chars: borders,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
    colAligns: head.map((_, column) => (isNumeric(rows, column) ? 'right' : 'left')),
  });
  for (const row of rows) table.push([...row]);
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

function isNumeric(rows: readonly (readonly string[])[], column: number): boolean {
  const cells = rows.map((row) => row[column] ?? '').filter((cell) => cell !== '');
  return cells.length > 0 && cells.every((cell) => /^-?[\d,.]+$/.test(cell));
}

const full = '█';
/** Partial blocks at the end of a bar, in eighths of a character. */
const parts = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** A bar whose length is a value's share of the greatest. Every value above 0 is visible. */
export function drawBar(value: number, greatest: number, width: number): string {
  if (value <= 0 || greatest <= 0) return '';
  const eighths = Math.max(1, Math.round((value / greatest) * width * 8));
  return full.repeat(Math.floor(eighths / 8)) + (parts[eighths % 8] ?? '');
}

/** How long ago something was, in short: `12 s`, `5 min`, `3 h`, `2 d`. */
export function formatAge(time: string | number, now: number): string {
  const at = typeof time === 'number' ? time : Date.parse(time);
  return formatDuration(Math.max(0, now - at) / 1000);
}

/** A time to the minute; empty without a time. */
export function formatMinute(time: string | null): string {
  return (time ?? '').slice(0, 16).replace('T', ' ');
}

const counts = ['received', 'stored', 'repeated', 'ignored', 'rejected', 'failed'] as const;

/** Receipts by group, and in total. Failures appear only if there are any. */
function formatReceipt(
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

/** Prints receipts, including those of a dry run. */
export function printReceipts(
  context: CommandContext,
  dryRun: boolean,
  heading: readonly string[],
  groups: readonly (readonly [names: readonly string[], receipt: Receipt])[],
): void {
  const total = groups.map(([, receipt]) => receipt).reduce(addReceipts, emptyReceipt);
  print(
    context,
    dryRun ? 'Dry run: nothing is written; these counts show what would happen' : 'Receipt, in records',
  );
  print(context, formatReceipt(pickColours(context), heading, groups, total));
}

/** Amounts by currency, one after the other. Currencies are never added up. */
export function formatTotals(
  totals: readonly { readonly amount: string; readonly currency: string | null }[],
): string {
  return totals.map(({ amount, currency }) => `${amount} ${currency ?? 'without a currency'}`).join(', ');
}
