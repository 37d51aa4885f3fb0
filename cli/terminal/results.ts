import type { Output } from './terminal.ts';

/** Characters that are put together before they are written. */
const chunkLength = 65_536;

/** Writes long results piece by piece, no faster than they are read, so that they never pile up in memory. */
export class ResultWriter {
  readonly #out: Output;
  #waiting = '';

  constructor(out: Output) {
    this.#out = out;
  }

  async write(text: string): Promise<void> {
    this.#waiting += text;
    if (this.#waiting.length >= chunkLength) await this.flush();
  }

  /** Writes an array, an element a line. Where an element can't be had, the array stays open: it is no JSON then. */
  async writeArray(elements: AsyncIterable<unknown>): Promise<void> {
    let separator = '';
    await this.write('[');
    for await (const element of elements) {
      await this.write(`${separator}\n${JSON.stringify(element)}`);
      separator = ',';
    }
    await this.write(separator === '' ? ']' : '\n]');
  }

  /** Writes what is left. */
  async flush(): Promise<void> {
    const text = this.#waiting;
    this.#waiting = '';
    if (text === '' || this.#out.write(text) !== false) return;
    await new Promise<void>((resolve) => {
      if (this.#out.once === undefined) resolve();
      else this.#out.once('drain', resolve);
    });
  }
}

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
