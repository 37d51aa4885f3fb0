import type { BillGroup } from '../../lambda/billing/bill.ts';
import { countNoun } from '../terminal/quantities.ts';
import { escapeHtml, renderDocument, renderTable } from './html.ts';
import { formatCell, type ListedBill, type ListedRow, listColumns } from './listed-bill.ts';

const numbers: readonly (keyof ListedRow)[] = [
  ...(['lines', 'records', 'used', 'rounded', 'included', 'billed', 'exact', 'amount'] as const),
];

/** The HTML page of a bill. */
export function renderPage(bill: ListedBill, by: readonly BillGroup[]): string {
  const { month, sims, tariffs, totals, notes, rows } = bill;
  const columns = listColumns(by);
  const table = renderTable(
    columns.map((name) => ({ name, isNumber: numbers.includes(name) })),
    rows.map((row) => columns.map((column) => formatCell(row[column]))),
    'Amounts and quantities are exact; amount is what adds up to the total.',
  );
  const sums = totals.map(
    ({ currency, amount }) =>
      `<p class="total">${escapeHtml(`${amount} ${currency ?? 'without a currency'}`)}</p>`,
  );
  const basis = tariffs.length === 0 ? "by the carriers' own cost" : `by ${tariffs.join(', ')}`;
  return renderDocument(
    `Bill of ${month}`,
    `<p>${escapeHtml(`${countNoun(sims, 'SIM')}, ${basis}`)}</p>
${sums.join('\n')}
${table}
<ul>
${notes.map((note) => `<li>${escapeHtml(note)}</li>`).join('\n')}
</ul>`,
  );
}
