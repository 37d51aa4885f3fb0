import {
  backslash,
  closingBrace,
  closingBracket,
  colon,
  comma,
  isBlank,
  isDigit,
  isSpace,
  letterE,
  minus,
  openingBrace,
  openingBracket,
  plus,
  point,
  quotationMark,
} from './signs.ts';

/** What JSON's grammar allows next, as bits. */
const expects = { key: 1, end: 2, colon: 4, value: 8, comma: 16 } as const;

/**
 * Scans a value until it is closed, or until the grammar does not allow the next character. Accepts the same texts as
 * `JSON.parse`, but builds no value and throws nothing.
 */
export class ValueScanner {
  /** Whether more values lie in it than are allowed; it then is neither closed nor JSON. */
  isOver = false;
  /** The position behind the value, or that of the fault. */
  end = 0;
  // Stryker disable BooleanLiteral: each scan sets these when it begins
  /** Whether every bracket is closed and the grammar holds. */
  isClosed = false;
  /** Whether the value is JSON. */
  isJson = false;
  #isProper = true;
  // Stryker restore BooleanLiteral
  readonly #text: string;
  readonly #maxInner: number;

  constructor(text: string, maxInner: number) {
    this.#text = text;
    this.#maxInner = maxInner;
  }

  /** Scans the value that begins at `from`, and ends before `to`. */
  scan(from: number, to: number): void {
    const text = this.#text;
    const open: number[] = [];
    let expected: number = expects.value;
    let inner = 0;
    let at = from;
    this.isClosed = false;
    this.isJson = false;
    this.#isProper = true;
    for (;;) {
      let sign = text.charCodeAt(at);
      // Stryker disable next-line ConditionalExpression,EqualityOperator: blanks behind the range are its end as well
      while (at < to && isBlank(sign)) {
        if (!isSpace(sign)) this.#isProper = false;
        at += 1;
        sign = text.charCodeAt(at);
      }
      this.end = at;
      if (at >= to) return;
      switch (sign) {
        case openingBrace:
        case openingBracket:
          if ((expected & expects.value) === 0) return;
          open.push(sign);
          expected = expects.end | (sign === openingBrace ? expects.key : expects.value);
          inner += 1;
          at += 1;
          break;
        case closingBrace:
        case closingBracket:
          if ((expected & expects.end) === 0 || open.pop() !== sign - 2) return;
          expected = expects.comma | expects.end;
          at += 1;
          break;
        case comma:
          if ((expected & expects.comma) === 0) return;
          expected = open.at(-1) === openingBrace ? expects.key : expects.value;
          at += 1;
          break;
        case colon:
          if (expected !== expects.colon) return;
          expected = expects.value;
          at += 1;
          break;
        case quotationMark: {
          if ((expected & (expects.key | expects.value)) === 0) return;
          at = this.#endOfString(at, to);
          if (at === -1) return;
          const isKey = (expected & expects.key) !== 0;
          if (!isKey) inner += 1;
          expected = isKey ? expects.colon : expects.comma | expects.end;
          break;
        }
        default:
          if ((expected & expects.value) === 0) return;
          at = this.#endOfWord(at, to);
          expected = expects.comma | expects.end;
          inner += 1;
      }
      if (inner > this.#maxInner) {
        this.isOver = true;
        return;
      }
      if (open.length === 0) {
        this.end = at;
        this.isClosed = true;
        this.isJson = this.#isProper;
        return;
      }
    }
  }

  /** The position behind the closing quote of a string, or -1: a string can't go on in the next line. */
  #endOfString(from: number, to: number): number {
    const text = this.#text;
    // Stryker disable next-line EqualityOperator: a range ends before a blank, or behind a line feed
    for (let at = from + 1; at < to; at += 1) {
      const sign = text.charCodeAt(at);
      if (sign === quotationMark) return at + 1;
      if (sign === 0x0a || sign === 0x0d) return -1;
      if (sign < 0x20) this.#isProper = false;
      if (sign !== backslash) continue;
      at += 1;
      const escaped = text.charCodeAt(at);
      if (escaped === 0x0a || escaped === 0x0d) return -1;
      if (escaped === 0x75) this.#isProper &&= isHexadecimal(text, at + 1);
      else if (!escapable.has(escaped)) this.#isProper = false;
    }
    return -1;
  }

  /** The position behind a number, a word, or other characters in its place. */
  #endOfWord(from: number, to: number): number {
    const text = this.#text;
    let at = from + 1;
    while (at < to && !endsWord(text.charCodeAt(at))) at += 1;
    this.#isProper &&= isScalar(text, from, at);
    return at;
  }
}

/** Characters that may follow a backslash, `u` aside. */
const escapable = new Set([...'"\\/bfnrt'].map((sign) => sign.charCodeAt(0)));

function isHexadecimal(text: string, from: number): boolean {
  for (let at = from; at < from + 4; at += 1) {
    const sign = text.charCodeAt(at);
    const letter = sign | 0x20;
    if (!isDigit(sign) && !(letter >= 0x61 && letter <= 0x66)) return false;
  }
  return true;
}

function endsWord(sign: number): boolean {
  switch (sign) {
    case openingBrace:
    case closingBrace:
    case openingBracket:
    case closingBracket:
    case comma:
    case colon:
    case quotationMark:
      return true;
    default:
      return isBlank(sign);
  }
}

function isScalar(text: string, from: number, to: number): boolean {
  const sign = text.charCodeAt(from);
  if (sign === 0x74 || sign === 0x66 || sign === 0x6e) {
    // Stryker disable next-line ConditionalExpression: a long word is not one of them either, and is not copied
    return to - from <= 5 && ['true', 'false', 'null'].includes(text.slice(from, to));
  }
  return isNumber(text, from, to);
}

/** Whether a word is a number. What follows a word continues no number. */
function isNumber(text: string, from: number, to: number): boolean {
  let at = text.charCodeAt(from) === minus ? from + 1 : from;
  const whole = skipDigits(text, at);
  // No digit, or a zero before others.
  if (whole === at || (text.charCodeAt(at) === 0x30 && whole > at + 1)) return false;
  at = whole;
  if (text.charCodeAt(at) === point) {
    const fraction = skipDigits(text, at + 1);
    if (fraction === at + 1) return false;
    at = fraction;
  }
  if ((text.charCodeAt(at) | 0x20) === letterE) {
    const sign = text.charCodeAt(at + 1);
    const digits = at + (sign === plus || sign === minus ? 2 : 1);
    at = skipDigits(text, digits);
    if (at === digits) return false;
  }
  return at === to;
}

function skipDigits(text: string, from: number): number {
  let at = from;
  while (isDigit(text.charCodeAt(at))) at += 1;
  return at;
}
