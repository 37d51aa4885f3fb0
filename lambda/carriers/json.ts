/**
 * Reading carriers' JSON: numbers that are beyond JavaScript's exactness, and bodies that hold several records or are
 * broken in places.
 */

/** A number that `JSON.parse` would round (16 digits and more), or one with an exponent, whose digits may be gone. */
const inexactNumber = /[:,[]\s*-?(?:\d[\d.]{15}|\d[\d.]*[eE])/;
const stringOrNumber = /"[^"\\]*(?:\\[\s\S][^"\\]*)*"|-?\d[\d.]*(?:[eE][+-]?\d+)?/g;

/** An object of a carrier's JSON. Its members are looked at one by one; a name can be anything. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** The value as an object; undefined when it is none. */
export function jsonObject(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : undefined;
}

/** The object that a text holds; undefined where it holds none, or no JSON. */
export function parseObject(text: string): JsonObject | undefined {
  try {
    return jsonObject(JSON.parse(text));
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
 * @throws SyntaxError when the text is not JSON.
 */
export function parseExactly(text: string): unknown {
  return JSON.parse(
    text.replace(stringOrNumber, (token) => {
      if (token.charCodeAt(0) === 0x22) return token;
      return token.length >= 16 || /[eE]/.test(token) ? `"${token}"` : token;
    }),
  );
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
    if (!content.startsWith('{') || !content.endsWith('}') || !isJson(content)) {
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
  const token = /"[^"\\]*(?:\\[\s\S][^"\\]*)*"|[[\]{},]/g;
  token.lastIndex = from;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    const sign = match[0];
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
    if (sign !== 0x7b) {
      // White space, commas, brackets of an array around the objects, and record separators are no content.
      if (brokenFrom === undefined && !isFraming(sign)) brokenFrom = at;
      at += 1;
      continue;
    }
    const value = scanObject(run, at);
    if (value.closed && isJson(run.slice(at, value.end))) {
      flush(at);
      pieces.push({ text: run.slice(at, value.end), whole: true });
      at = value.end;
      continue;
    }
    brokenFrom ??= at;
    // Looked for once per line, or a body of many broken objects would take quadratic time.
    if (nextLine <= value.end) nextLine = run.indexOf('\n', value.end) + 1 || run.length;
    at = resumeAfter(run, at, value.end, nextLine);
    flush(at);
  }
  flush(run.length);
}

const neighbour = /\}\s*,?\s*\{/;

/** Where to look for the next object when the one that begins at `from` turned out broken at `error`. */
function resumeAfter(run: string, from: number, error: number, nextLine: number): number {
  const before = run.slice(from, error).lastIndexOf('\n');
  if (before !== -1) return from + before + 1;
  // On the same line: the next object that follows another one, as a neighbour does and most members do not.
  const searched = Math.max(error - 1, from + 1);
  const next = neighbour.exec(run.slice(searched, nextLine));
  return next === null ? nextLine : searched + next.index + next[0].length - 1;
}

/** White space, comma, `[`, `]`, and the record separators that some writers put between values. */
function isFraming(sign: number): boolean {
  return sign <= 0x20 || sign === 0x2c || sign === 0x5b || sign === 0x5d || sign === 0xfeff;
}

const objectToken = /\s*("[^"\\\n\r]*(?:\\[^\n\r][^"\\\n\r]*)*"|[[\]{},:]|[^\s"[\]{},:]+)/y;

/**
 * Goes along an object until it is closed, or until something stands where it can't.
 *
 * @returns the position behind the object (`closed`), or that of the fault.
 */
function scanObject(text: string, from: number): { closed: boolean; end: number } {
  const open: string[] = [];
  let valueMayCome = true;
  objectToken.lastIndex = from;
  for (;;) {
    const at = objectToken.lastIndex;
    const match = objectToken.exec(text);
    const token = match?.[1];
    if (token === undefined) return { closed: false, end: Math.max(at, from + 1) };
    const end = objectToken.lastIndex;
    const start = end - token.length;
    if (token === '{' || token === '[') {
      if (!valueMayCome) return { closed: false, end: start };
      open.push(token);
    } else if (token === '}' || token === ']') {
      if (open.pop() !== (token === '}' ? '{' : '[')) return { closed: false, end: start };
      if (open.length === 0) return { closed: true, end };
      valueMayCome = false;
    } else if (token === ',' || token === ':') {
      valueMayCome = true;
    } else {
      if (!valueMayCome) return { closed: false, end: start };
      valueMayCome = false;
    }
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
