/**
 * Carriers' decimals: volumes are DECIMAL(14,6), cost is DECIMAL(14,10). They arrive as JSON numbers, JSON strings
 * and CSV text, with and without trailing zeros, and are kept exactly, never as binary fractions.
 */

const spelling = /^([+-]?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/;

/** Maximum number of digits before and after the point; a DynamoDB number holds 38 in total. */
const maxDigits = 36;

/** Maximum length of the text: as many digits as a table holds, plus as many leading or trailing zeros. */
const maxTextLength = 256;

/**
 * A decimal as text in canonical form, without an exponent and without leading or trailing zeros, so that JSON and
 * CSV renderings of a record are equal.
 *
 * @returns undefined if the value is not a decimal, or has more digits than a table holds exactly.
 */
export function parseDecimal(value: string | number): string | undefined {
  if (typeof value === 'number') {
    // Stryker disable next-line ConditionalExpression: a short cut, which the long way agrees with
    return Number.isSafeInteger(value) ? String(value) : normalizeDecimal(String(value));
  }
  return value.length > maxTextLength ? undefined : normalizeDecimal(value.trim());
}

/** Whether a text is a decimal number, with any number of digits within the maximum length. */
export function isDecimal(text: string): boolean {
  return text.length <= maxTextLength && spelling.test(text.trim());
}

/**
 * A decimal times a whole factor, rounded half away from zero: megabytes to bytes.
 *
 * @returns undefined if the product exceeds the exact integers of JavaScript (2^53 - 1).
 */
export function multiplyByWhole(decimal: string, factor: number): number | undefined {
  // Six decimals times a million are a whole number, and one below 10^15 survives two binary roundings: that covers a
  // carrier's DECIMAL(14,6). With more decimals, binary arithmetic may round a product of one half the other way.
  // Stryker disable next-line ConditionalExpression,EqualityOperator,ArithmeticOperator,StringLiteral: a short cut
  const isShort = decimal.length - decimal.indexOf('.') <= 7;
  // Stryker disable next-line ConditionalExpression,BlockStatement: a short cut
  if (isShort && factor === 1_000_000) {
    const product = Number(decimal) * factor;
    const rounded = Math.round(Math.abs(product));
    // Stryker disable next-line ConditionalExpression,EqualityOperator: a short cut
    if (rounded < 1e15) return product < 0 ? -rounded : rounded;
  }
  const product = multiplyExactly(decimal, factor);
  return Number.isSafeInteger(product) ? product : undefined;
}

function multiplyExactly(decimal: string, factor: number): number {
  const negative = decimal.startsWith('-');
  // Stryker disable next-line StringLiteral: the first part of a text is always there
  const [whole = '0', fraction = ''] = (negative ? decimal.slice(1) : decimal).split('.');
  const scale = 10n ** BigInt(fraction.length);
  const scaled = BigInt(whole + fraction) * BigInt(factor);
  const rounded = Number((scaled * 2n + scale) / (scale * 2n));
  return negative && rounded !== 0 ? -rounded : rounded;
}

function normalizeDecimal(text: string): string | undefined {
  return normalizePlain(text) ?? normalizeSpelled(text);
}

/**
 * Removes superfluous zeros from a decimal that consists of digits and a point, which nearly all do. Parsing these
 * with the regular expression takes eight times as long, and a row of a file has five of them.
 *
 * @returns undefined if the text has another form, or is not a decimal.
 */
function normalizePlain(text: string): string | undefined {
  const { length } = text;
  if (length === 0 || length > maxDigits) return undefined;
  let point = length;
  for (let index = 0; index < length; index += 1) {
    const code = text.charCodeAt(index);
    if (code >= 0x30 && code <= 0x39) continue;
    if (code !== 0x2e || point < length || index === 0) return undefined;
    point = index;
  }
  let from = 0;
  while (from < point - 1 && text.charCodeAt(from) === 0x30) from += 1;
  let to = length;
  while (to > point && (to - 1 === point || text.charCodeAt(to - 1) === 0x30)) to -= 1;
  return text.slice(from, to);
}

function normalizeSpelled(text: string): string | undefined {
  const parts = spelling.exec(text);
  if (parts === null) return undefined;
  // Stryker disable next-line StringLiteral: the digits are always there, and no text is the number 0 too
  const [, sign, whole = '', fraction = '', exponent = '0'] = parts;
  const shift = Number(exponent);
  const digits = whole + fraction;
  const point = whole.length + shift;
  const shifted =
    point <= 0
      ? { whole: '0', fraction: '0'.repeat(-point) + digits }
      : { whole: digits.slice(0, point).padEnd(point, '0'), fraction: digits.slice(point) };
  const canonicalWhole = shifted.whole.replace(/^0+(?=\d)/, '');
  const canonicalFraction = shifted.fraction.replace(/0+$/, '');
  if (canonicalWhole.length + canonicalFraction.length > maxDigits) return undefined;
  const value = canonicalFraction === '' ? canonicalWhole : `${canonicalWhole}.${canonicalFraction}`;
  return sign === '-' && value !== '0' ? `-${value}` : value;
}
