/** HTML pages that print well and load nothing. */

const style = `
:root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif; }
body { margin: 2rem auto; max-width: 72rem; padding: 0 1rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .87em; }
caption { text-align: left; padding: .3rem .6rem; }
th, td { padding: .3rem .6rem; text-align: left; border-bottom: 1px solid #8884; vertical-align: top; }
thead th { border-bottom: 2px solid #888; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.total { font-size: 1.3em; font-weight: 600; }
th.number { white-space: normal; }
td:last-child:not(.number) { min-width: 11rem; overflow-wrap: anywhere; }
pre { overflow-x: auto; padding: .6rem; background: #8881; }
@media print {
  @page { size: A4 landscape; margin: 12mm; }
  :root { font-size: 10px; color-scheme: light; }
  body { margin: 0; max-width: none; padding: 0; }
  .wide { overflow: visible; }
  thead { display: table-header-group; }
  tr { break-inside: avoid; }
  h2 { break-after: avoid; }
}`;

/**
 * A whole page.
 *
 * @param body HTML.
 */
export function renderDocument(title: string, body: string): string {
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
${body}
</body>
</html>
`;
}

/** A column of a table. */
export interface PageColumn {
  readonly name: string;
  readonly isNumber: boolean;
}

/**
 * A table. Head and cells are plain text, not HTML.
 *
 * @param caption undefined for none.
 */
export function renderTable(
  columns: readonly PageColumn[],
  rows: readonly (readonly string[])[],
  caption?: string,
): string {
  const classes = columns.map(({ isNumber }) => (isNumber ? ' class="number"' : ''));
  const head = columns.map(({ name }, index) => `<th scope="col"${classes[index]}>${escapeHtml(name)}</th>`);
  const body = rows.map((row) => {
    const cells = row.map((cell, index) => `<td${classes[index]}>${escapeHtml(cell)}</td>`);
    return `<tr>${cells.join('')}</tr>`;
  });
  return `<div class="wide">
<table>
${caption === undefined ? '' : `<caption>${escapeHtml(caption)}</caption>\n`}<thead><tr>${head.join('')}</tr></thead>
<tbody>
${body.join('\n')}
</tbody>
</table>
</div>`;
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** A text as HTML. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"]/g, (character) => entities[character] ?? '');
}
