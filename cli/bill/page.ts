import type { BillGroup } from '../../lambda/billing/bill.ts';
import { formatCell, type ListedBill, type ListedRow, listColumns } from './listed-bill.ts';

/** A bill as one page that prints well and loads nothing. */

const style = `
:root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif; }
body { margin: 2rem auto; max-width: 72rem; padding: 0 1rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .87em; }
th, td { padding: .3rem .6rem; text-align: left; border-bottom: 1px solid #8884; vertical-align: top; }
thead th { border-bottom: 2px solid #888; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.total { font-size: 1.3em; font-weight: 600; }
@media print {
  @page { size: A4 landscape; margin: 12mm; }
  :root { font-size: 10px; color-scheme: light; }
  body { margin: 0; max-width: none; padding: 0; }
  .wide { overflow: visible; }
  thead { display: table-header-group; }
  tr { break-inside: avoid; }
}`;

const numbers: readonly (keyof ListedRow)[] = [
  ...(['lines', 'records', 'used', 'rounded', 'included', 'billed', 'exact', 'amount'] as const),
];

/** The page of a bill, in HTML. */
export function renderPage(bill: ListedBill, by: readonly BillGroup[]): string {
  const { month, sims, tariffs, totals, notes, rows } = bill;
  const columns = listColumns(by);
  const head = columns
    .map((column) => `<th scope="col"${makeClass(column)}>${escapeHtml(column)}</th>`)
    .join('');
  const body = rows
    .map((row) => {
      const cells = columns.map(
        (column) => `<td${makeClass(column)}>${escapeHtml(formatCell(row[column]))}</td>`,
      );
      return `<tr>${cells.join('')}</tr>`;
    })
    .join('\n');
  const sums = totals.map(
    ({ currency, amount }) =>
      `<p class="total">${escapeHtml(`${amount} ${currency ?? 'without a currency'}`)}</p>`,
  );
  const title = `Bill of ${month}`;
  const basis = tariffs.length === 0 ? "by the carriers' own cost" : `by ${tariffs.join(', ')}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title>
<style>${style}
</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(`${sims} SIMs, ${basis}`)}</p>
${sums.join('\n')}
<div class="wide">
<table>
<caption>Amounts and quantities are exact; amount is what adds up to the total.</caption>
<thead><tr>${head}</tr></thead>
<tbody>
${body}
</tbody>
</table>
</div>
<ul>
${notes.map((note) => `<li>${escapeHtml(note)}</li>`).join('\n')}
</ul>
</body>
</html>
`;
}

function makeClass(column: keyof ListedRow): string {
  return numbers.includes(column) ? ' class="number"' : '';
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"]/g, (character) => entities[character] ?? '');
}
