/**
 * Reads carriers' JSON: numbers that JavaScript cannot hold exactly, and bodies that contain several records or
 * broken parts.
 */

/**
 * A number that `JSON.parse` would round (16 digits or more), or one with an exponent, which may have lost digits.
 */
const inexactNumber = /[:,[]\s*-?(?:\d[\d.]{15}|\d[\d.]*[eE])/;

/** An object of a carrier's JSON, with any names and values. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** The value as an object; undefined if it is not one. */
export function toJsonObject(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : undefined;
}

/** The value of a JSON text, with JavaScript's numbers; undefined if the text is not JSON. */
export function parseJson(text: string): unknown {
  // Stryker disable BlockStatement,ConditionalExpression: of a text, JSON.parse throws nothing but a SyntaxError
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

// Stryker restore BlockStatement,ConditionalExpression
/** The object in a JSON text, with exact numbers; undefined if the text is not a JSON object. */
export function parseObject(text: string): JsonObject | undefined {
  const value = toJsonObject(parseJson(text));
  return value !== undefined && hasInexactNumbers(text) ? toJsonObject(parseExactly(text)) : value;
}

/** Whether a text may contain a number that `JSON.parse` would not preserve digit by digit. */
export function hasInexactNumbers(text: string): boolean {
  return inexactNumber.test(text);
}

/**
 * `JSON.parse`, but numbers of 16 digits or more, and numbers with an exponent, become strings of their digits.
 *
 * @param text JSON; for anything else the result is not specified.
 */
export function parseExactly(text: string): unknown {
  let exact = '';
  // Joined in large groups, because millions of small concatenations would each allocate an object.
  let parts: string[] = [];
  let copied = 0;
  // Stryker disable next-line EqualityOperator: behind the text there is no sign
  for (let at = 0; at < text.length; ) {
    const sign = text.charCodeAt(at);
    if (sign === quotationMark) {
      at = endOfString(text, at);
    } else if (sign === minus || isDigit(sign)) {
      const end = endOfNumber(text, at);
      if (isInexact(text, at, end)) {
        parts.push(text.slice(copied, at), '"', text.slice(at, end), '"');
        copied = end;
      }
      at = end;
    } else {
      at += 1;
    }
    // Stryker disable next-line ConditionalExpression,EqualityOperator: the text is the same however many are joined at once
    if (parts.length < 4_000) continue;
    exact += parts.join('');
    parts = [];
  }
  return JSON.parse(exact + parts.join('') + text.slice(copied));
}

/** Not a regular expression, which would overflow the stack with millions of digits. */
function endOfNumber(text: string, from: number): number {
  let at = from + 1;
  for (;;) {
    const sign = text.charCodeAt(at);
    if (!isDigit(sign) && sign !== point && (sign | 0x20) !== letterE && sign !== plus && sign !== minus)
      return at;
    at += 1;
  }
}

/** Whether a number has an exponent, or 16 digits or more. */
function isInexact(text: string, from: number, to: number): boolean {
  const digits = text.charCodeAt(from) === minus ? from + 1 : from;
  if (to - digits >= 16) return true;
  // Stryker disable next-line EqualityOperator: what follows a number is not a letter E
  for (let at = digits; at < to; at += 1) {
    if ((text.charCodeAt(at) | 0x20) === letterE) return true;
  }
  return false;
}

function isDigit(sign: number): boolean {
  return sign >= 0x30 && sign <= 0x39;
}

/**
 * Where a string ends: the position after its closing quote, or the end of the text if it is not closed. Not a regular
 * expression, which would overflow the stack with millions of escapes.
 */
function endOfString(text: string, from: number): number {
  for (let quote = text.indexOf('"', from + 1); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let before = quote - 1;
    while (text.charCodeAt(before) === 0x5c) before -= 1;
    // Stryker disable next-line ArithmeticOperator: sum and difference are odd together
    if ((quote - before) % 2 === 1) return quote + 1;
  }
  return text.length;
}

/**
 * JSON without blanks between its tokens, otherwise unchanged.
 *
 * @param text JSON; for anything else the result is not specified.
 * @param writeString replaces a string, including its quotes; by default strings stay unchanged.
 */
export function minifyJson(text: string, writeString: (token: string) => string = (token) => token): string {
  let result = '';
  for (let at = 0; at < text.length; ) {
    const quote = text.indexOf('"', at);
    const end = quote === -1 ? text.length : quote;
    // Stryker disable next-line Regex: blanks go one by one too
    result += text.slice(at, end).replace(/[ \t\r\n]+/g, '');
    at = quote === -1 ? text.length : endOfString(text, quote);
    if (quote !== -1) result += writeString(text.slice(quote, at));
  }
  return result;
}

/** A range of a text: a value, or a broken part. */
export interface Piece {
  /** Position of its first character. */
  readonly from: number;
  /** Position after its last character. */
  readonly to: number;
  /** Whether it is valid JSON. */
  readonly whole: boolean;
}

/** Limits on the content of a text. */
export interface PieceLimits {
  /** Maximum number of pieces. */
  readonly pieces: number;
  /**
   * Maximum number of values inside one piece, at any depth: a parsed value takes far more memory than its
   * characters.
   */
  readonly inner: number;
}

/** For texts that are known to be small. */
// Stryker disable next-line ObjectLiteral: nothing is more than undefined either
export const unlimited: PieceLimits = { pieces: Number.POSITIVE_INFINITY, inner: Number.POSITIVE_INFINITY };

/**
 * Bytes as a text with one character per byte, so that positions in it are positions in the bytes even if they are
 * not UTF-8. Byte order marks and no-break spaces become blanks, as they are between the values of a text.
 */
export function spellBytes(bytes: Buffer): string {
  return bytes.toString('latin1').replaceAll('\u00ef\u00bb\u00bf', '   ').replaceAll('\u00c2\u00a0', '  ');
}

/**
 * Splits a body into its JSON objects: JSON lines, concatenated or pretty-printed objects, or the elements of a
 * truncated array. Each broken part becomes a piece of its own, as short as possible, to preserve its neighbours.
 * Between pieces there are only white space, commas, brackets of arrays, record separators and byte order marks.
 * Takes time proportional to the length of the text.
 *
 * @returns undefined if the text exceeds the limits.
 */
export function splitBody(text: string, limits = unlimited): readonly Piece[] | undefined {
  const splitter = new Splitter(text, limits);
  return splitter.split() ? splitter.pieces : undefined;
}

/**
 * Splits a text that is a single JSON value.
 *
 * @returns the elements if it is an array, otherwise the text as one piece; `none` if the text is not a single JSON
 *   value; undefined if it exceeds the limits.
 */
export function splitValue(text: string, limits = unlimited): readonly Piece[] | 'none' | undefined {
  const from = skipSpace(text, text.charCodeAt(0) === byteOrderMark ? 1 : 0);
  if (text.charCodeAt(from) === openingBracket) return splitArray(text, from, limits);
  const scanner = new ValueScanner(text, limits.inner);
  scanner.scan(from, text.length);
  if (scanner.isOver) return undefined;
  if (!scanner.isJson || skipSpace(text, scanner.end) < text.length) return 'none';
  return [{ from: 0, to: text.length, whole: true }];
}

/**
 * Splits a text into its JSON values, in any layout: the elements of an array, or as {@link splitBody} does.
 *
 * @returns undefined if the text exceeds the limits.
 */
export function splitPieces(text: string, limits = unlimited): readonly Piece[] | undefined {
  const values = splitValue(text, limits);
  return values === 'none' ? splitBody(text, limits) : values;
}

/** Whether a text is JSON. Builds no value, so it needs no memory besides the text. */
export function isJson(text: string): boolean {
  const scanner = new ValueScanner(text, unlimited.inner);
  scanner.scan(skipSpace(text, 0), text.length);
  return scanner.isJson && skipSpace(text, scanner.end) === text.length;
}

/** The elements of an array that begins at `from` and is followed only by white space. */
function splitArray(text: string, from: number, limits: PieceLimits): readonly Piece[] | 'none' | undefined {
  const elements: Piece[] = [];
  const scanner = new ValueScanner(text, limits.inner);
  let at = skipSpace(text, from + 1);
  const isEmpty = text.charCodeAt(at) === closingBracket;
  while (!isEmpty) {
    scanner.scan(at, text.length);
    if (scanner.isOver || (scanner.isJson && elements.length >= limits.pieces)) return undefined;
    if (!scanner.isJson) return 'none';
    elements.push({ from: at, to: scanner.end, whole: true });
    at = skipSpace(text, scanner.end);
    if (text.charCodeAt(at) === closingBracket) break;
    if (text.charCodeAt(at) !== comma) return 'none';
    at = skipSpace(text, at + 1);
  }
  return skipSpace(text, at + 1) < text.length ? 'none' : elements;
}

/** The position after JSON's white space. */
function skipSpace(text: string, from: number): number {
  let at = from;
  while (isSpace(text.charCodeAt(at))) at += 1;
  return at;
}

/** Reads a text once and collects its pieces. */
class Splitter {
  readonly pieces: Piece[] = [];
  readonly #text: string;
  readonly #limits: PieceLimits;
  readonly #scanner: ValueScanner;

  constructor(text: string, limits: PieceLimits) {
    this.#text = text;
    this.#limits = limits;
    this.#scanner = new ValueScanner(text, limits.inner);
  }

  /** @returns whether the text is within the limits. */
  split(): boolean {
    const text = this.#text;
    let run: { from: number; to: number; indent: number } | undefined;
    for (let from = 0; from < text.length; ) {
      const lineEnd = text.indexOf('\n', from);
      const to = lineEnd === -1 ? text.length : lineEnd + 1;
      const first = skipBlanks(text, from, to);
      const last = skipBlanksBack(text, first, to);
      if (first < to) {
        const indent = this.#indent(from);
        // A line that is indented further than the start of something unfinished is a line of a pretty-printed
        // object, not a record.
        const isInside = run !== undefined && indent > run.indent;
        if (isInside || !this.#isObject(first, last)) {
          run = { from: run?.from ?? from, to, indent: run?.indent ?? indent };
        } else {
          if (run !== undefined && !this.#splitRun(run.from, run.to)) return false;
          run = undefined;
          this.#push(first, last, true);
        }
        if (this.#isFull()) return false;
      }
      from = to;
    }
    if (run !== undefined && !this.#splitRun(run.from, run.to)) return false;
    // Only brackets and blanks: the whole text is broken, because nothing that arrives may disappear.
    if (this.pieces.length === 0) this.#push(0, text.length, false);
    return true;
  }

  #isFull(): boolean {
    return this.#scanner.isOver || this.pieces.length > this.#limits.pieces;
  }

  #push(from: number, to: number, whole: boolean): void {
    this.pieces.push({ from, to, whole });
  }

  /** Number of blanks and tabs at the beginning of a line. */
  #indent(from: number): number {
    let at = from;
    while (this.#text.charCodeAt(at) === 0x20 || this.#text.charCodeAt(at) === 0x09) at += 1;
    return at - from;
  }

  #isObject(from: number, to: number): boolean {
    const text = this.#text;
    // Stryker disable next-line ConditionalExpression: what begins with a brace and is JSON ends with one too
    if (text.charCodeAt(from) !== openingBrace || text.charCodeAt(to - 1) !== closingBrace) return false;
    this.#scanner.scan(from, to);
    return this.#scanner.isJson && this.#scanner.end === to;
  }

  /** Splits a run of lines that are not values by themselves. Returns whether it is within the limits. */
  #splitRun(from: number, to: number): boolean {
    const text = this.#text;
    const scanner = this.#scanner;
    let at = from;
    let nextLine = from;
    let brokenFrom: number | undefined;
    const flush = (end: number): void => {
      // It begins with a character that is neither blank nor framing.
      if (brokenFrom !== undefined) this.#push(brokenFrom, skipBlanksBack(text, brokenFrom, end), false);
      brokenFrom = undefined;
    };
    while (at < to) {
      const sign = text.charCodeAt(at);
      if (sign !== openingBrace) {
        if (brokenFrom === undefined && !isFraming(sign)) brokenFrom = at;
        at += 1;
        continue;
      }
      scanner.scan(at, to);
      // Stryker disable next-line ConditionalExpression: it only ends early; what is too much is too much at the end too
      if (this.#isFull()) return false;
      const { end } = scanner;
      if (scanner.isClosed) {
        if (scanner.isJson) flush(at);
        else brokenFrom ??= at;
        if (scanner.isJson) this.#push(at, end, true);
        at = end;
        flush(at);
        continue;
      }
      brokenFrom ??= at;
      // Searched once per line; otherwise a body with many broken objects would take quadratic time.
      // Stryker disable next-line ConditionalExpression,EqualityOperator: until then, it is the same line that is searched
      if (nextLine <= end) nextLine = findLineAfter(text, end, to);
      const resumed = resumeAfter(text, at, end, nextLine);
      at = resumed.at;
      if (!resumed.sameRecord) flush(at);
    }
    flush(to);
    return !this.#isFull();
  }
}

function findLineAfter(text: string, from: number, to: number): number {
  const lineEnd = text.indexOf('\n', from);
  return lineEnd === -1 ? to : Math.min(lineEnd + 1, to);
}

/** Where to look for the next object, if the one that begins at `from` is broken at `error`. */
function resumeAfter(
  text: string,
  from: number,
  error: number,
  nextLine: number,
): { at: number; sameRecord: boolean } {
  // An object where the grammar does not allow one: the broken object was truncated, and this one follows it.
  if (text.charCodeAt(error) === openingBrace) return { at: error, sameRecord: !beginsLine(text, error) };
  const before = text.slice(from, error).lastIndexOf('\n');
  if (before !== -1) return { at: from + before + 1, sameRecord: true };
  // On the same line: the next object that directly follows another one, as neighbours do and most members do not.
  return { at: findNeighbour(text, error, nextLine), sameRecord: false };
}

/**
 * The beginning of an object that follows the end of another one, with or without a comma between them; otherwise
 * `to`.
 */
function findNeighbour(text: string, from: number, to: number): number {
  // Stryker disable next-line EqualityOperator: behind the last sign, nothing follows within the range
  for (let at = from; at < to; ) {
    const isEnd = text.charCodeAt(at) === closingBrace;
    at += 1;
    if (!isEnd) continue;
    at = skipBlanks(text, at, to);
    if (at < to && text.charCodeAt(at) === comma) at = skipBlanks(text, at + 1, to);
    if (text.charCodeAt(at) === openingBrace) return at;
  }
  return to;
}

function beginsLine(text: string, at: number): boolean {
  let before = at - 1;
  while (text.charCodeAt(before) === 0x20 || text.charCodeAt(before) === 0x09) before -= 1;
  return text.charCodeAt(before) === 0x0a;
}

const openingBrace = 0x7b;
const closingBrace = 0x7d;
const openingBracket = 0x5b;
const closingBracket = 0x5d;
const comma = 0x2c;
const colon = 0x3a;
const quotationMark = 0x22;
const backslash = 0x5c;
const minus = 0x2d;
const plus = 0x2b;
const point = 0x2e;
const letterE = 0x65;
const recordSeparator = 0x1e;
const byteOrderMark = 0xfeff;

/** JSON's white space. */
function isSpace(sign: number): boolean {
  return sign === 0x20 || sign === 0x0a || sign === 0x0d || sign === 0x09;
}

/** White space, JSON's or not. */
function isBlank(sign: number): boolean {
  return sign === 0x20 || (sign >= 0x09 && sign <= 0x0d) || sign === 0xa0 || sign === byteOrderMark;
}

function skipBlanks(text: string, from: number, to: number): number {
  let at = from;
  // Stryker disable next-line ConditionalExpression,EqualityOperator: a caller that is given a later place looks no further either
  while (at < to && isBlank(text.charCodeAt(at))) at += 1;
  return at;
}

function skipBlanksBack(text: string, from: number, to: number): number {
  let at = to;
  // Stryker disable next-line ConditionalExpression,EqualityOperator: a sign that is not blank is there, or nobody asks
  while (at > from && isBlank(text.charCodeAt(at - 1))) at -= 1;
  return at;
}

/** White space, comma, `[`, `]`, and the record separators that some writers put between values. */
function isFraming(sign: number): boolean {
  return (
    isBlank(sign) ||
    sign === comma ||
    sign === openingBracket ||
    sign === closingBracket ||
    sign === recordSeparator
  );
}

/** What JSON's grammar allows next, as bits. */
const expects = { key: 1, end: 2, colon: 4, value: 8, comma: 16 } as const;

/**
 * Scans a value until it is closed, or until the grammar does not allow the next character. Accepts the same texts as
 * `JSON.parse`, but builds no value and does not throw.
 */
class ValueScanner {
  /** Whether it contains more values than allowed; then it is neither closed nor JSON. */
  isOver = false;
  /** The position after the value, or of the error. */
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

  /** Scans the value that begins at `from` and ends before `to`. */
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

  /** The position after the closing quote of a string, or -1: a string cannot continue on the next line. */
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

  /** The position after a number, a word, or other characters in its place. */
  #endOfWord(from: number, to: number): number {
    const text = this.#text;
    let at = from + 1;
    while (at < to && !endsWord(text.charCodeAt(at))) at += 1;
    this.#isProper &&= isScalar(text, from, at);
    return at;
  }
}

/** Characters that may follow a backslash, except `u`. */
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

/** Whether a word is a number. Whatever follows the word does not continue a number. */
function isNumber(text: string, from: number, to: number): boolean {
  let at = text.charCodeAt(from) === minus ? from + 1 : from;
  const whole = skipDigits(text, at);
  // No digits, or a leading zero.
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
