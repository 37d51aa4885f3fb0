/** Formats rows as CSV (RFC 4180), with a byte order mark so that spreadsheets recognize UTF-8. */

/**
 * Puts an apostrophe before text that a spreadsheet would run as a formula. Names come from carriers and devices, so they
 * are not trusted.
 */
function guardFormula(text: string): string {
  return /^[=+\-@\t\r]/.test(text) && !/^-?\d+(\.\d+)?$/.test(text) ? `'${text}` : text;
}

function quote(text: string): string {
  const guarded = guardFormula(text);
  return /[",\r\n]/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}

/** Formats a table as CSV. */
export function formatCsv(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, ...rows].map((cells) => `${cells.map(quote).join(',')}\r\n`).join('');
}
