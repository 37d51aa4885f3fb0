import { describe, expect, it } from 'vitest';
import { parseExactly, parseObject, splitValue } from '../../../lambda/json/json.ts';

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

describe('splitValue', () => {
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
