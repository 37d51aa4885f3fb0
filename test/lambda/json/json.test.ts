import { describe, expect, it } from 'vitest';
import {
  hasInexactNumbers,
  minifyJson,
  parseExactly,
  parseJson,
  parseObject,
  splitValue,
  toJsonObject,
} from '../../../lambda/json/json.ts';

describe('parseExactly', () => {
  it('turns long numbers and numbers with an exponent into strings, and no others', () => {
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

describe('parseExactly, of', () => {
  it.each([
    ['fifteen digits and a sign', '[-123456789012345,0.1234567890123]', [-123456789012345, 0.1234567890123]],
    ['sixteen digits', '[1234567890123456,-0.12345678901234]', ['1234567890123456', '-0.12345678901234']],
    ['a number alone', '-9007199254740993', '-9007199254740993'],
    ['digits in strings', '["\\\\",1e5,"1e5\\"",2e5]', ['\\', '1e5', '1e5"', '2e5']],
    ['no number', '{"E":"e","":null}', { E: 'e', '': null }],
  ])('%s', (_, text, value) => {
    expect(parseExactly(text)).toEqual(value);
  });

  it('thousands of long numbers', () => {
    const numbers = Array.from({ length: 3_000 }, (_, index) => `9007199254${100_000 + index}`);
    expect(parseExactly(`[1,${numbers.join()},2]`)).toEqual([1, ...numbers, 2]);
  });
});

describe('whether there is a number that JSON.parse would round', () => {
  it.each([
    ['{"k":1234567890123456}', true],
    ['{"k": -1.23456789012345}', true],
    ['[1,1e5]', true],
    ['[1.25E5]', true],
    ['{"k":123456789012345}', false],
    ['{"k":[12,-3.4],"l":true}', false],
    ['{"1e5":"1234567890123456"}', false],
  ])('%s: %s', (text, has) => {
    expect(hasInexactNumbers(text)).toBe(has);
  });
});

describe('parseJson', () => {
  it('reads any JSON, and nothing else', () => {
    expect(['{"k":[1]}', 'null', '"a"', '', '{', '{"k":9007199254740993'].map(parseJson)).toEqual([
      ...[{ k: [1] }, null, 'a'],
      ...[undefined, undefined, undefined],
    ]);
  });
});

describe('toJsonObject', () => {
  it('accepts objects, but not arrays, null or scalars', () => {
    expect([{ k: 1 }, {}, [], null, 'k', 1, undefined].map(toJsonObject)).toEqual([
      ...[{ k: 1 }, {}],
      ...Array(5).fill(undefined),
    ]);
  });
});

describe('minifyJson', () => {
  it.each([
    ['{ "a b" :\t[ 1 ,\r\n "\\" \\\\" , true ] }\n', '{"a b":[1,"\\" \\\\",true]}'],
    [' "" ', '""'],
    ['"" ', '""'],
    ['[ ]', '[]'],
    [' 1', '1'],
    ['', ''],
  ])('%j without blanks between tokens is %j', (text, short) => {
    expect(minifyJson(text)).toBe(short);
  });

  it('rewrites strings on request', () => {
    expect(minifyJson('{ "a": "b \\"c" , "d": 1 }', (token) => token.toUpperCase())).toBe(
      '{"A":"B \\"C","D":1}',
    );
  });
});

describe('parseObject', () => {
  it('reads an object with its numbers exact, and nothing else', () => {
    const texts = ['{"id":9007199254740993}', '{"id":1e5}', '{"id":1.5}'];
    expect(texts.map(parseObject)).toEqual([{ id: '9007199254740993' }, { id: '1e5' }, { id: 1.5 }]);
    const others = ['[1]', '[9007199254740993]', 'null', '"{}"', '{', '{"id":9007199254740993', ''];
    expect(others.map(parseObject)).toEqual(others.map(() => undefined));
  });
});

describe('splitValue', () => {
  it('treats a byte order mark before the value as white space', () => {
    expect(splitValue('\ufeff{"a":1} ')).toEqual([{ from: 0, to: 9, whole: true }]);
    expect(splitValue('\ufeff [1]')).toEqual([{ from: 3, to: 4, whole: true }]);
    expect(splitValue('{"a":1}\ufeff')).toBe('none');
  });

  it('finds the text of each element', () => {
    const text = '[ {"a":[1,2]} ,"b,]\\"[", [ ],null, -1.5e3 ]';
    const pieces = splitValue(text);
    expect(Array.isArray(pieces) ? pieces.map(({ from, to }) => text.slice(from, to)) : pieces).toEqual([
      '{"a":[1,2]}',
      '"b,]\\"["',
      '[ ]',
      'null',
      '-1.5e3',
    ]);
  });
});
