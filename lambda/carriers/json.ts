/**
 * Reading carriers' JSON: numbers that are beyond JavaScript's exactness, and bodies that hold several records or are
 * broken in places.
 */

/** A number that `JSON.parse` would round (16 digits and more), or one with an exponent, whose digits may be gone. */
const inexactNumber = /[:,[]\s*-?(?:\d[\d.]{15}|\d[\d.]*[eE])/;
const quoteOrInexactNumber = /"|-?(?:\d[\d.]*[eE][+-]?\d+|\d[\d.]{15,})/g;

/** An object of a carrier's JSON. Its members are looked at one by one; a name can be anything. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** The value as an object; undefined when it is none. */
export function jsonObject(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : undefined;
}

/** The object that a text holds, every number exact; undefined where it holds none, or no JSON. */
export function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return jsonObject(hasInexactNumbers(text) ? parseExactly(text) : value);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Whether a text may hold a number that `JSON.parse` would not keep digit by digit. */
export function hasInexactNumbers(text: string): boolean {
  return inexactNumber.test(text);
}

/**
 * `JSON.parse`, with numbers of 16 digits and more, and numbers with an exponent, as strings of their digits.
 *
 * @param text JSON; of anything else the result is not defined.
 */
export function parseExactly(text: string): unknown {
  let exact = '';
  let copied = 0;
  const token = new RegExp(quoteOrInexactNumber);
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    const { index } = match;
    if (match[0] === '"') {
      token.lastIndex = endOfString(text, index);
      continue;
    }
    exact += `${text.slice(copied, index)}"${match[0]}"`;
    copied = token.lastIndex;
  }
  return JSON.parse(exact + text.slice(copied));
}

/**
 * Where a string ends: the position behind its closing quote, the text's end where there is none. No expression does
 * this: with millions of escapes in a string it would run out of stack.
 */
function endOfString(text: string, from: number): number {
  for (let quote = text.indexOf('"', from + 1); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let before = quote - 1;
    while (text.charCodeAt(before) === 0x5c) before -= 1;
    if ((quote - before) % 2 === 1) return quote + 1;
  }
  return text.length;
}

/**
 * JSON without the blanks around its tokens, all else as it was written.
 *
 * @param text JSON; of anything else the result is not defined.
 * @param writeString what stands for a string, its quotes included; by default the string as it is.
 */
export function minified(text: string, writeString: (token: string) => string = (token) => token): string {
  let result = '';
  for (let at = 0; at < text.length; ) {
    const quote = text.indexOf('"', at);
    const end = quote === -1 ? text.length : quote;
    result += text.slice(at, end).replace(/[ \t\r\n]+/g, '');
    at = quote === -1 ? text.length : endOfString(text, quote);
    if (quote !== -1) result += writeString(text.slice(quote, at));
  }
  return result;
}

/** A stretch of a body that is one value, or that is broken. */
export interface Piece {
  readonly text: string;
  readonly whole: boolean;
}

/**
 * Cuts a body into its JSON objects: JSON lines, concatenated or pretty-printed objects, the elements of an array that
 * was cut off. What is broken becomes a piece of its own, as short as can be told, so that its neighbours are kept.
 * Takes time in proportion to the text.
 */
export function splitBody(text: string): Piece[] {
  const pieces: Piece[] = [];
  let run: { from: number; to: number } | undefined;
  for (const line of linesOf(text)) {
    const content = text.slice(line.from, line.to).trim();
    if (content === '') continue;
    // Further indented than where something unfinished began: a line of a pretty-printed object, not a record.
    const isInside = run !== undefined && indentOf(text, line.from) > indentOf(text, run.from);
    if (isInside || !content.startsWith('{') || !content.endsWith('}') || !isJson(content)) {
      run = { from: run?.from ?? line.from, to: line.to };
      continue;
    }
    if (run !== undefined) splitRun(text.slice(run.from, run.to), pieces);
    run = undefined;
    pieces.push({ text: content, whole: true });
  }
  if (run !== undefined) splitRun(text.slice(run.from, run.to), pieces);
  // Nothing but brackets and blanks: broken as a whole, since nothing that arrives may vanish.
  return pieces.length === 0 ? [{ text, whole: false }] : pieces;
}

/** The texts of an array's elements. The text must be a whole JSON array. */
export function elementsOf(text: string): string[] {
  const elements: string[] = [];
  let depth = 0;
  let from = text.indexOf('[') + 1;
  const token = /["[\]{},]/g;
  token.lastIndex = from;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    const sign = match[0];
    if (sign === '"') token.lastIndex = endOfString(text, match.index);
    const closes = sign === ']' || sign === '}';
    if (depth === 0 && (sign === ',' || closes)) {
      const element = text.slice(from, match.index).trim();
      if (element !== '') elements.push(element);
      from = match.index + 1;
    }
    if (sign === '[' || sign === '{') depth += 1;
    if (closes) depth -= 1;
  }
  return elements;
}

function indentOf(text: string, from: number): number {
  let at = from;
  while (text.charCodeAt(at) === 0x20 || text.charCodeAt(at) === 0x09) at += 1;
  return at - from;
}

function* linesOf(text: string): Generator<{ from: number; to: number }> {
  let from = 0;
  while (from < text.length) {
    const end = text.indexOf('\n', from);
    const to = end === -1 ? text.length : end + 1;
    yield { from, to };
    from = to;
  }
}

/** Cuts a run of lines none of which is a value by itself. */
function splitRun(run: string, pieces: Piece[]): void {
  let at = 0;
  let nextLine = 0;
  let brokenFrom: number | undefined;
  const flush = (to: number): void => {
    const broken = brokenFrom === undefined ? '' : run.slice(brokenFrom, to).trim();
    if (broken !== '') pieces.push({ text: broken, whole: false });
    brokenFrom = undefined;
  };
  while (at < run.length) {
    const sign = run.charCodeAt(at);
    if (sign !== openingBrace) {
      // White space, commas, brackets of an array around the objects, and record separators are no content.
      if (brokenFrom === undefined && !isFraming(sign)) brokenFrom = at;
      at += 1;
      continue;
    }
    const value = scanObject(run, at);
    if (value.closed) {
      const whole = isJson(run.slice(at, value.end));
      if (whole) flush(at);
      else brokenFrom ??= at;
      if (whole) pieces.push({ text: run.slice(at, value.end), whole });
      at = value.end;
      flush(at);
      continue;
    }
    brokenFrom ??= at;
    // Looked for once per line, or a body of many broken objects would take quadratic time.
    if (nextLine <= value.end) nextLine = run.indexOf('\n', value.end) + 1 || run.length;
    const resumed = resumeAfter(run, at, value.end, nextLine);
    at = resumed.at;
    if (!resumed.sameRecord) flush(at);
  }
  flush(run.length);
}

const neighbour = /\}\s*(?:,\s*)?\{/;

/** Where to look for the next object when the one that begins at `from` turned out broken at `error`. */
function resumeAfter(
  run: string,
  from: number,
  error: number,
  nextLine: number,
): { at: number; sameRecord: boolean } {
  // An object where none can stand: the broken one was cut off, and this is the one that follows it.
  if (run.charCodeAt(error) === openingBrace) return { at: error, sameRecord: !beginsLine(run, error) };
  const before = run.slice(from, error).lastIndexOf('\n');
  if (before !== -1) return { at: from + before + 1, sameRecord: true };
  // On the same line: the next object that follows another one, as a neighbour does and most members do not.
  const searched = Math.max(error - 1, from + 1);
  const next = neighbour.exec(run.slice(searched, nextLine));
  const at = next === null ? nextLine : searched + next.index + next[0].length - 1;
  return { at, sameRecord: false };
}

function beginsLine(run: string, at: number): boolean {
  let before = at - 1;
  while (run.charCodeAt(before) === 0x20 || run.charCodeAt(before) === 0x09) before -= 1;
  return run.charCodeAt(before) === 0x0a;
}

/** White space, comma, `[`, `]`, and the record separators that some writers put between values. */
function isFraming(sign: number): boolean {
  return sign <= 0x20 || sign === 0x2c || sign === 0x5b || sign === 0x5d || sign === 0xfeff;
}

const openingBrace = 0x7b;

/** What JSON's grammar allows next. */
type Expected = 'key' | 'key or end' | 'colon' | 'value' | 'value or end' | 'comma or end';

const objectToken = /\s*(["[\]{},:]|[^\s"[\]{},:]+)/y;

/**
 * Goes along an object until it is closed, or until something stands where it can't.
 *
 * @returns the position behind the object (`closed`), or that of the fault.
 */
function scanObject(text: string, from: number): { closed: boolean; end: number } {
  const open: string[] = [];
  let expected: Expected = 'value';
  let at = from;
  for (;;) {
    objectToken.lastIndex = at;
    const token = objectToken.exec(text)?.[1];
    if (token === undefined) return { closed: false, end: at };
    const start = objectToken.lastIndex - token.length;
    const next = afterToken(token, expected, open);
    if (next === undefined) return { closed: false, end: start };
    at = token === '"' ? endOfStringInLine(text, start) : objectToken.lastIndex;
    if (at === -1) return { closed: false, end: start };
    if (open.length === 0) return { closed: true, end: at };
    expected = next;
  }
}

/** What may follow a token; undefined where it can't stand. A string is told by its first quote. */
function afterToken(token: string, expected: Expected, open: string[]): Expected | undefined {
  const isValue = expected === 'value' || expected === 'value or end';
  switch (token) {
    case '{':
    case '[':
      if (!isValue) return undefined;
      open.push(token);
      return token === '{' ? 'key or end' : 'value or end';
    case '}':
      return expected === 'key or end' || (expected === 'comma or end' && open.at(-1) === '{')
        ? closed(open)
        : undefined;
    case ']':
      return expected === 'value or end' || (expected === 'comma or end' && open.at(-1) === '[')
        ? closed(open)
        : undefined;
    case ',':
      if (expected !== 'comma or end') return undefined;
      return open.at(-1) === '{' ? 'key' : 'value';
    case ':':
      return expected === 'colon' ? 'value' : undefined;
    case '"':
      if (expected === 'key' || expected === 'key or end') return 'colon';
      return isValue ? 'comma or end' : undefined;
    default:
      return isValue ? 'comma or end' : undefined;
  }
}

function closed(open: string[]): Expected {
  open.pop();
  return 'comma or end';
}

/** The position behind the closing quote of a string, or -1: a string can't go on in the next line. */
function endOfStringInLine(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at += 1) {
    const sign = text.charCodeAt(at);
    if (sign === 0x22) return at + 1;
    if (sign === 0x0a || sign === 0x0d) return -1;
    if (sign === 0x5c) at += 1;
  }
  return -1;
}

/** Whether a text is JSON. */
export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
