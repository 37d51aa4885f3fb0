/** Rows as CSV (RFC 4180), in UTF-8 with the mark by which spreadsheets know it. */

/**
 * Text that a spreadsheet would read as a formula gets an apostrophe before it: names come from carriers and devices, and
 * must not run anything.
 */
function guardFormula(text: string): string {
  return /^[=+\-@\t\r]/.test(text) && !/^-?\d+(\.\d+)?$/.test(text) ? `'${text}` : text;
}

function quote(text: string): string {
  const guarded = guardFormula(text);
  return /[",\r\n]/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}

/** A table as CSV. */
export function formatCsv(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, ...rows].map((cells) => `${cells.map(quote).join(',')}\r\n`).join('');
}
