import { parseDecimal } from '../../lambda/json/decimal.ts';

/** Numbers as people, spreadsheets and carriers write them: with groups of thousands, and a point or a comma as decimal sign. */

export const decimalSigns = ['.', ','] as const;
export type DecimalSign = (typeof decimalSigns)[number];

/** What groups of digits are told apart by, besides the sign that is not the decimal one: blanks and apostrophes. */
const groupSigns = " \u00a0\u2009\u202f'\u2019";

/** By decimal sign: sign, whole digits with or without groups of the world or of India, fraction, exponent. */
const forms: Readonly<Record<DecimalSign, RegExp>> = { '.': makeForm('\\.', ','), ',': makeForm(',', '.') };

function makeForm(decimal: string, group: string): RegExp {
  const separator = `[${group}${groupSigns}]`;
  const grouped = `[1-9]\\d{0,2}(?:(${separator})\\d{3})(?:\\2\\d{3})*|[1-9]\\d?(?:(${separator})\\d{2})(?:\\3\\d{2})*\\3\\d{3}`;
  return new RegExp(`^([-+]?)(?:(?:${grouped}|\\d+)(?:${decimal}\\d*)?|${decimal}\\d+)(?:[eE][+-]?\\d+)?$`);
}

/** A credit in brackets, or with its sign behind it, as bookkeepers write them. */
const bracketed = /^\((.+)\)$|^(.+)[-\u2212]$/;

/**
 * Reads a number.
 *
 * @returns a decimal as `parseDecimal` returns it; undefined if it is not a number with this decimal sign.
 */
export function parseWritten(written: string, sign: DecimalSign): string | undefined {
  const [, inBrackets, before] = bracketed.exec(written) ?? [];
  const inner = inBrackets ?? before;
  const text = inner === undefined ? written.replace(/^\u2212/, '-') : `-${inner}`;
  if (!forms[sign].test(text)) return undefined;
  const plain = text.replaceAll(
    sign === '.' ? /[, \u00a0\u2009\u202f'\u2019]/g : /[. \u00a0\u2009\u202f'\u2019]/g,
    '',
  );
  const decimal = sign === '.' ? plain : plain.replace(',', '.');
  return parseDecimal(decimal.replace(/^([-+]?)\./, '$10.'));
}

/** How many digits a number has behind its decimal sign. */
export function countDecimals(written: string, sign: DecimalSign): number {
  return /^\d*/.exec(written.split(sign)[1] ?? '')?.[0].length ?? 0;
}

/** With which decimal signs a text is a number: both where it is the same number, or where it could be two. */
export type Reading = DecimalSign | 'both' | 'either' | 'none';

/** Digits, and a fraction that cannot be a group of thousands. */
const plainWhole = /^-?\d+$/;
const plainPoint = /^-?(?:0|\d{4,})?\.\d+$|^-?\d+\.(?:\d{1,2}|\d{4,})$/;

/** With which decimal sign a number can be read as it is written. */
export function findReading(written: string): Reading {
  if (plainWhole.test(written)) return 'both';
  if (plainPoint.test(written)) return '.';
  const [point, comma] = decimalSigns.map((sign) => parseWritten(written, sign));
  if (point === undefined) return comma === undefined ? 'none' : ',';
  if (comma === undefined) return '.';
  return point === comma ? 'both' : 'either';
}
