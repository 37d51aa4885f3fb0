import { afterEach, describe, expect, it, vi } from 'vitest';
import { elementsOf, parseExactly, parseObject, splitBody } from '../../../lambda/carriers/json.ts';

describe('parseExactly', () => {
  it('makes strings of long numbers and of numbers with an exponent, and of no others', () => {
    const text =
      '{"id":9007199254740993,"list":[-12345678901234567890,1E5,1.0e-7,0.000741],"short":123456789012345,' +
      '"text":"id:9007199254740993, \\"9007199254740993\\" \\\\","9007199254740993":true,"last":18446744073709551615}';
    expect(parseExactly(text)).toEqual({
      id: '9007199254740993',
      list: ['-12345678901234567890', '1E5', '1.0e-7', 0.000741],
      short: 123_456_789_012_345,
      text: 'id:9007199254740993, "9007199254740993" \\',
      '9007199254740993': true,
      last: '18446744073709551615',
    });
  });
});

describe('parseObject', () => {
  it('reads an object with its numbers exact, and nothing else', () => {
    const texts = ['{"id":9007199254740993}', '[1]', 'null', '"{}"', '{', ''];
    expect(texts.map(parseObject)).toEqual([{ id: '9007199254740993' }, ...Array(5).fill(undefined)]);
  });
});

describe('elementsOf', () => {
  it('finds the text of each element', () => {
    expect(elementsOf('[ {"a":[1,2]} ,"b,]\\"[", [ ],null, -1.5e3 ]')).toEqual([
      '{"a":[1,2]}',
      '"b,]\\"["',
      '[ ]',
      'null',
      '-1.5e3',
    ]);
  });
});

/** Bodies that made, or could make, a splitter go over the same text again and again. */
const hostile: readonly [what: string, repeated: string][] = [
  ['open braces', '{'],
  ['open braces in lines', '{\n'],
  ['open brackets', '['],
  ['closing before opening', '}{'],
  ['members that never end', '{"a":'],
  ['members that never end, in lines', '{"a":\n'],
  ['broken objects', '{"a":x},'],
  ['broken objects in lines', '{"a":x},\n'],
  ['escaped quotes outside strings', '{\\"},'],
  ['strings that never end', '{"a},'],
  ['objects in open objects', '{"a":{}},{"b":{'],
  ['whole lines in open objects', '{"a":[\n {}\n'],
  ['whole lines after open lists', ',{"a":[\n{}\n'],
  ['quotes', '"'],
  ['backslashes', '\\'],
  ['commas', ','],
];

describe('splitBody', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it.each(hostile)('looks at each character a bounded number of times in a body of %s', (_, repeated) => {
    const text = repeated.repeat(Math.ceil(20_000 / repeated.length));
    let parsedCharacters = 0;
    let matches = 0;
    const parse = JSON.parse;
    const exec = RegExp.prototype.exec;
    vi.spyOn(JSON, 'parse').mockImplementation((content: string) => {
      parsedCharacters += content.length;
      return parse(content);
    });
    vi.spyOn(RegExp.prototype, 'exec').mockImplementation(function (this: RegExp, content: string) {
      matches += 1;
      return exec.call(this, content);
    });
    splitBody(text);
    expect(parsedCharacters).toBeLessThanOrEqual(3 * text.length);
    expect(matches).toBeLessThanOrEqual(3 * text.length);
  });

  it.each([...hostile, ['blanks behind a broken object', ' '] as const])(
    'is done with a megabyte of %s',
    (what, repeated) => {
      const text = `{"a":x}${repeated.repeat(Math.ceil(1_000_000 / repeated.length))}}`;
      expect(splitBody(text).length, what).toBeGreaterThan(0);
    },
  );
});
