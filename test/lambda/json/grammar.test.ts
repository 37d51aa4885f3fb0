import { describe, expect, it } from 'vitest';
import { isJson, type Piece, splitBody, splitValue } from '../../../lambda/json/json.ts';

/** Texts of few tokens, all of them, judged by `JSON.parse`. */

/** All texts of at most this many tokens. */
function textsOf(tokens: readonly string[], length: number): readonly string[] {
  const shorter = length === 1 ? [''] : textsOf(tokens, length - 1);
  return ['', ...shorter.flatMap((text) => tokens.map((token) => text + token))];
}

/** @returns undefined where the text is not JSON. */
function parsed(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

const structure = ['{', '}', '[', ']', ',', ':', '"k"', '1'];
const structures = [...textsOf(structure, 5), ...textsOf([...structure, ' '], 4)];

/** What can stand within a string, and break it. */
const characters = [
  ...['a', 'é', '"', '\\\\', '\\"', '\\/', '\\b', '\\n', '\\x', '\\u0041', '\\u00fF', '\\u00g0', '\\u004'],
  ...['\\', '\n', '\r', '\t', '\u0000', '\u001f', '\u007f', '\u2028', '{', ',', '\\\n', '\\\r'],
];

const numbers = ['-', '+', '0', '1', '.', 'e', 'E'];

const words = [
  ...['true', 'false', 'null', 'tru', 'truey', 'nul', 'nulls', 'fals', 'falsee', 'True', 'NaN', 'Infinity'],
  ...['undefined', 'trueabc', 'nullnull', 'n', 't', 'f', "'a'", '/**/1', '0x10', '1_0', '.5', '98', '١'],
  ...[' 1', '1 ', '\t1', '1\n', '\r1', '\v1', '1\f', '\u00a01', '1\u00a0', '\ufeff1', '1\ufeff', '\u20281'],
];

describe('a text of any few tokens', () => {
  it.each([
    ['characters of a string', textsOf(characters, 3).map((content) => `"${content}"`)],
    ['a string cut off', textsOf(characters, 1).flatMap((content) => [`"${content}`, `{"${content}`])],
    ['digits, signs, points and exponents', textsOf(numbers, 5)],
    ['words', words.flatMap((word) => [word, `[${word}]`, `{"k":${word}}`, `[${word},1]`])],
  ])('is JSON exactly if JSON.parse accepts it: %s', (_, texts) => {
    expect(texts.filter((text) => isJson(text) !== (parsed(text) !== undefined))).toEqual([]);
  });

  it('is JSON exactly if JSON.parse accepts it, and is split into the elements of its array, or is one value', () => {
    const differing = structures.filter((text) => {
      const known = parsed(text);
      const pieces = splitValue(text);
      if (known === undefined || pieces === undefined || pieces === 'none') {
        return known !== undefined || pieces !== 'none' || isJson(text);
      }
      const elements = Array.isArray(known.value) ? known.value : [known.value];
      const cuts = pieces.map((piece) => parsed(cut(text, piece))?.value);
      return !isJson(text) || JSON.stringify(cuts) !== JSON.stringify(elements);
    });
    expect(differing).toEqual([]);
  });

  it('is split into objects and broken parts, and loses nothing but what frames them', () => {
    const parts = ['{"k":1}', '{"k"', '{', '}', ',', 'x', '\n', '  ', '[', '"'];
    const differing = textsOf(parts, 4).filter((text) => {
      const pieces = splitBody(text) ?? [];
      const isRight = pieces.every((piece) => piece.whole === isObjectText(cut(text, piece)));
      const isKept = contentOf(pieces.map((piece) => cut(text, piece)).join('')) === contentOf(text);
      return !isRight || !isKept || (isObjectText(text.trim()) && pieces.length !== 1);
    });
    expect(differing).toEqual([]);
  });
});

/** A text without what only frames its objects. */
function contentOf(text: string): string {
  return text.replace(/[\s,[]/g, '');
}

function cut(text: string, { from, to }: Piece): string {
  return text.slice(from, to);
}

function isObjectText(text: string): boolean {
  return text.startsWith('{') && parsed(text) !== undefined;
}

/** Values within a value, itself included. */
function countValues(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce((sum: number, inner) => sum + countValues(inner), 1);
}

describe('limits', () => {
  const values = ['{}', '{"k":1}', '{"k":[1,"a",{}],"l":{"m":null}}', '{"k":"a"}'];
  const inner = Math.max(...values.map((text) => countValues(JSON.parse(text))));
  const none = Number.POSITIVE_INFINITY;

  it.each([
    ['in lines', values.join('\n')],
    ['in lines, the greatest one last', values.toReversed().join('\n')],
    ['one after the other', values.join('')],
    ['one after the other, between lines', `{}\n${values.slice(1).join('')}`],
    ['one after the other, before a line', `${values.slice(1).join('')}\n{}`],
    ['after a broken one', `{"k"\n${values.slice(1).join('\n')}`],
    ['before a broken one', `${values.slice(1).join('\n')}\n{"k"`],
    ['between broken ones', `x${values[1]}y${values[2]}`],
  ])('apply to a body: values %s', (_, text) => {
    expect(splitBody(text, { pieces: values.length, inner })?.length).toBe(values.length);
    expect(splitBody(text, { pieces: values.length - 1, inner: none })).toBeUndefined();
    expect(splitBody(text, { pieces: none, inner: inner - 1 })).toBeUndefined();
  });

  it('do not apply to parts that are not objects', () => {
    expect(splitBody('[1,2,3]}', { pieces: 1, inner: 1 })).toEqual([{ from: 1, to: 8, whole: false }]);
  });

  it('do not count what follows a broken object on the next line', () => {
    expect(splitBody('{"k":\n{}', { pieces: 2, inner: 1 })?.map(({ whole }) => whole)).toEqual([false, true]);
  });

  it('apply to the elements of an array', () => {
    const text = `[${values.join()}]`;
    expect(splitValue(text, { pieces: values.length, inner })?.length).toBe(values.length);
    expect(splitValue(text, { pieces: values.length - 1, inner: none })).toBeUndefined();
    expect(splitValue(text, { pieces: none, inner: inner - 1 })).toBeUndefined();
    // What is not JSON is within any limits.
    expect(splitValue('[1,x]', { pieces: 1, inner: none })).toBe('none');
  });

  it('apply to a single value, in which an array counts like any other', () => {
    const text = ' {"k":[1,"a",{}]}';
    expect(splitValue(text, { pieces: 0, inner: 5 })).toEqual([{ from: 0, to: text.length, whole: true }]);
    expect(splitValue(text, { pieces: 0, inner: 4 })).toBeUndefined();
    expect(splitValue('"a"', { pieces: 0, inner: 0 })).toBeUndefined();
  });
});
