import pc from 'picocolors';
import type { ProgressOutput } from './progress.ts';

/** One of a process's outputs. */
export interface Output extends ProgressOutput {
  /** The width of a line in characters, on a terminal. */
  readonly columns?: number;
  /** Calls back when there is room again, after `write` has returned false. */
  once?(event: 'drain', listener: () => void): unknown;
}

/** The terminal of a command line. */
export interface Terminal {
  /** For results. */
  readonly out: Output;
  /** For progress, warnings and errors. */
  readonly err: Output;
  readonly env: NodeJS.ProcessEnv;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** The process's own terminal. */
export function makeProcessTerminal(): Terminal {
  return { out: process.stdout, err: process.stderr, env: process.env, now: Date.now };
}

export type Colours = ReturnType<typeof pc.createColors>;

/** Colours for results: only on a terminal, and not if `NO_COLOR` is set (no-color.org). */
export function chooseColours({ out, env }: Terminal): Colours {
  return pc.createColors(out.isTTY === true && (env['NO_COLOR'] ?? '') === '');
}

/**
 * What a text may contain for the terminal: colours, tabs and new lines; and what it may not: control characters and
 * changes of text direction.
 */
const commands = /(\p{Cc}\[[\d;]*m|[\t\n])|[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;

/** The character that begins a terminal command, and its replacement. */
const [commandBegin, mark] = ['\u001b', '\ufffd'];

/** A text for people, in which the texts of carriers and devices cannot control the terminal. */
export function writePlainly(text: string): string {
  return text.replaceAll(commands, (command, kept: string | undefined) => {
    if (kept === undefined) return mark;
    const isMeant = kept.length === 1 || kept.startsWith(commandBegin);
    return isMeant ? command : `${mark}${command.slice(1)}`;
  });
}

/** The part of {@link commands} that JSON does not escape. */
const unescaped = /[\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** A value as JSON that cannot control the terminal. Escapes keep the value the same for programs. */
export function formatJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replaceAll(
    unescaped,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Characters that are collected before they are written. */
const chunkLength = 65_536;

/** Writes long results piece by piece, no faster than they are read, so that they do not accumulate in memory. */
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

  /**
   * Writes an array, one element per line. If an element cannot be read, the array stays open and the output is not
   * valid JSON.
   */
  async writeArray(elements: AsyncIterable<unknown>): Promise<void> {
    let separator = '';
    await this.write('[');
    for await (const element of elements) {
      await this.write(`${separator}\n${formatJson(element)}`);
      separator = ',';
    }
    await this.write(separator === '' ? ']' : '\n]');
  }

  /** Writes the rest. */
  async flush(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = '';
    // In a file or pipe, CSV keeps the carrier's text.
    const text = this.#out.isTTY === true ? writePlainly(waiting.replaceAll('\r\n', '\n')) : waiting;
    if (text === '' || this.#out.write(text) !== false) return;
    await new Promise<void>((resolve) => {
      if (this.#out.once === undefined) resolve();
      else this.#out.once('drain', resolve);
    });
  }
}

/**
 * The beginning of a spreadsheet formula. Such a cell gets an apostrophe, which marks text in spreadsheets, so that
 * opening the file does not run a formula from a carrier or a device's name. Numbers stay numbers, with their sign.
 */
const formulaStart = /^[=+\-@\t\r]/;
const number = /^-?\d+(\.\d+)?$/;

/** One row of CSV (RFC 4180), with its line break. */
export function formatCsvRow(cells: readonly unknown[]): string {
  return `${cells.map(formatCsvCell).join(',')}\r\n`;
}

function formatCsvCell(value: unknown): string {
  if (value === undefined || value === null) return '';
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  const safe = formulaStart.test(text) && !number.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
