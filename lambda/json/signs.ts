/** The characters of JSON, by their codes. */

/** `0` to `9`. */
export function isDigit(sign: number): boolean {
  return sign >= 0x30 && sign <= 0x39;
}

export const openingBrace = 0x7b;
export const closingBrace = 0x7d;
export const openingBracket = 0x5b;
export const closingBracket = 0x5d;
export const comma = 0x2c;
export const colon = 0x3a;
export const quotationMark = 0x22;
export const backslash = 0x5c;
export const minus = 0x2d;
export const plus = 0x2b;
export const point = 0x2e;
export const letterE = 0x65;
const recordSeparator = 0x1e;
export const byteOrderMark = 0xfeff;

/** JSON's white space. */
export function isSpace(sign: number): boolean {
  return sign === 0x20 || sign === 0x0a || sign === 0x0d || sign === 0x09;
}

/** White space, JSON's or not. */
export function isBlank(sign: number): boolean {
  return sign === 0x20 || (sign >= 0x09 && sign <= 0x0d) || sign === 0xa0 || sign === byteOrderMark;
}

/** The first place from `from` on without white space, at most `to`. */
export function skipBlanks(text: string, from: number, to: number): number {
  let at = from;
  // Stryker disable next-line ConditionalExpression,EqualityOperator: a caller that is given a later place looks no further either
  while (at < to && isBlank(text.charCodeAt(at))) at += 1;
  return at;
}

/** The place behind the last sign before `to` that is not white space, at least `from`. */
export function skipBlanksBack(text: string, from: number, to: number): number {
  let at = to;
  // Stryker disable next-line ConditionalExpression,EqualityOperator: a sign that is not blank is there, or nobody asks
  while (at > from && isBlank(text.charCodeAt(at - 1))) at -= 1;
  return at;
}

/** White space, comma, `[`, `]`, and the record separators that some writers put between values. */
export function isFraming(sign: number): boolean {
  return (
    isBlank(sign) ||
    sign === comma ||
    sign === openingBracket ||
    sign === closingBracket ||
    sign === recordSeparator
  );
}
