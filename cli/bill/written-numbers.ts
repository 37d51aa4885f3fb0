import { parseDecimal } from '../../lambda/json/decimal.ts';

/**
 * Numbers as people, spreadsheets and carriers write them: with groups of thousands, and with a point or a comma as
 * decimal sign.
 */

export const decimalSigns = ['.', ','] as const;
export type DecimalSign = (typeof decimalSigns)[number];

/** Separators of digit groups besides the other decimal sign: blanks and apostrophes. */
const groupSigns = " \u00a0\u2009\u202f'\u2019";

/** By decimal sign: sign, whole digits with or without Western or Indian groups, fraction, exponent. */
const forms: Readonly<Record<DecimalSign, RegExp>> = { '.': makeForm('\\.', ','), ',': makeForm(',', '.') };

function makeForm(decimal: string, group: string): RegExp {
  const separator = `[${group}${groupSigns}]`;
  const grouped = `[1-9]\\d{0,2}(?:(${separator})\\d{3})(?:\\2\\d{3})*|[1-9]\\d?(?:(${separator})\\d{2})(?:\\3\\d{2})*\\3\\d{3}`;
  return new RegExp(`^([-+]?)(?:(?:${grouped}|\\d+)(?:${decimal}\\d*)?|${decimal}\\d+)(?:[eE][+-]?\\d+)?$`);
}

/** A credit in brackets, or with its sign at the end, as accountants write them. */
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

/** How many digits follow a number's decimal sign. */
export function countDecimals(written: string, sign: DecimalSign): number {
  return /^\d*/.exec(written.split(sign)[1] ?? '')?.[0].length ?? 0;
}

/**
 * The decimal signs with which a text is a number: `both` if the number is the same, `either` if it could be two
 * numbers.
 */
export type Reading = DecimalSign | 'both' | 'either' | 'none';

/** Digits, and a fraction that cannot be a group of thousands. */
const plainWhole = /^-?\d+$/;
const plainPoint = /^-?(?:0|\d{4,})?\.\d+$|^-?\d+\.(?:\d{1,2}|\d{4,})$/;

/** The decimal signs with which a number can be read. */
export function findReading(written: string): Reading {
  if (plainWhole.test(written)) return 'both';
  if (plainPoint.test(written)) return '.';
  const [point, comma] = decimalSigns.map((sign) => parseWritten(written, sign));
  if (point === undefined) return comma === undefined ? 'none' : ',';
  if (comma === undefined) return '.';
  return point === comma ? 'both' : 'either';
}
