/** CSV (RFC 4180) that a spreadsheet can open without running anything that a carrier, or a device's name, has put in. */

/**
 * What a spreadsheet would take for the beginning of a formula. Such a cell gets an apostrophe before it, which
 * spreadsheets take for `this is text`; numbers are numbers, with their sign.
 */
const formulaStart = /^[=+\-@\t\r]/;
const number = /^-?\d+(\.\d+)?$/;

/** One row, with its line break. */
export function csvRow(cells: readonly unknown[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

function csvCell(value: unknown): string {
  if (value === undefined || value === null) return '';
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  const safe = formulaStart.test(text) && !number.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
