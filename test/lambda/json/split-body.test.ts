import { describe, expect, it } from 'vitest';
import { splitBody } from '../../../lambda/json/json.ts';

/** The pieces of a body: whole ones unchanged, broken ones after a `!`. */
function split(text: string): readonly string[] | undefined {
  return splitBody(text)?.map(({ from, to, whole }) => `${whole ? '' : '!'}${text.slice(from, to)}`);
}

describe('a body of whole objects', () => {
  it.each([
    ['in lines', '{"a":1}\n{"b":2}\n', ['{"a":1}', '{"b":2}']],
    ['in lines of another system', '{"a":1}\r\n{"b":2}\r\n', ['{"a":1}', '{"b":2}']],
    ['in lines, some blank', '\n{"a":1}\n \t\n\n  {"b":2}\n\n', ['{"a":1}', '{"b":2}']],
    ['side by side', '{}{"a":1} {"b":2}', ['{}', '{"a":1}', '{"b":2}']],
    ['with commas', '{"a":1},{"b":2} ,\n{"c":3},', ['{"a":1}', '{"b":2}', '{"c":3}']],
    [
      'pretty-printed',
      '{\n "a": {\n  "b": 1\n }\n}\n{\n\t"c": 2\n}',
      ['{\n "a": {\n  "b": 1\n }\n}', '{\n\t"c": 2\n}'],
    ],
    ['pretty-printed by a blank', '{"a":\n {"b":1}\n}', ['{"a":\n {"b":1}\n}']],
    ['pretty-printed by a tab', '{"a":\n\t{"b":1}\n}', ['{"a":\n\t{"b":1}\n}']],
    ['in an array that was cut off', '[{"a":1},\n {"b":[{}]}', ['{"a":1}', '{"b":[{}]}']],
    ['behind record separators', '\u001e{"a":1}\n\u001e{"b":2}\n', ['{"a":1}', '{"b":2}']],
    ['behind a byte order mark', '\ufeff{"a":1}\n\ufeff{"b":2}', ['{"a":1}', '{"b":2}']],
    ['with no-break spaces', '\u00a0{"a":1}\u00a0{"b":2}\v\f', ['{"a":1}', '{"b":2}']],
  ])('%s is split into them', (_, text, pieces) => {
    expect(split(text)).toEqual(pieces);
  });
});

describe('of a broken body', () => {
  it.each([
    ['an object cut off before another, in its line', '{"a":1,{"b":2}', ['!{"a":1,', '{"b":2}']],
    ['an object cut off before another, in the next', '{"a":1,\n{"b":2}', ['!{"a":1,', '{"b":2}']],
    ['two objects cut off in one line', '{"a":1,{"b":2', ['!{"a":1,{"b":2']],
    ['two objects cut off in two lines', '{"a":1,\n{"b":2', ['!{"a":1,', '!{"b":2']],
    ['two objects cut off in two lines, with blanks', '{"a":1,\n \t{"b":2', ['!{"a":1,', '!{"b":2']],
    ['two objects cut off in one line behind another', '{}\n{"a":1, {"b":2', ['{}', '!{"a":1, {"b":2']],
    ['an object cut off within a string', '{"a":"x\n{"b":2}', ['!{"a":"x', '{"b":2}']],
    [
      'a string cut off behind a backslash',
      '{"a":[{},{"b":"x\\\n{"c":3}',
      ['!{"a":[{},{"b":"x\\', '{"c":3}'],
    ],
    ['a broken object of several lines', '{\n"a":1,\n"b" 2\n}\n{"d":4}', ['!{\n"a":1,\n"b" 2\n}', '{"d":4}']],
    [
      'an inner object of a broken one',
      '{"a":1,\n  "b":x,\n  "c":{"d":1}\n}',
      ['!{"a":1,\n  "b":x,\n  "c":{"d":1}\n}'],
    ],
    ['a neighbour behind a comma', '{"a" 1},{"b":2}', ['!{"a" 1},', '{"b":2}']],
    ['a neighbour without', '{"a" 1}{"b":2}', ['!{"a" 1}', '{"b":2}']],
    ['a neighbour behind blanks', '{"a" 1} ,\t {"b":2}', ['!{"a" 1} ,', '{"b":2}']],
    ['a neighbour of a neighbour', '{"a" 1}{"b" 2},{"c":3}', ['!{"a" 1}', '!{"b" 2},', '{"c":3}']],
    ['a neighbour behind two commas', '{"a" 1},,{"b":2}', ['!{"a" 1},,{"b":2}']],
    ['a neighbour behind something else', '{"a" 1};{"b":2}', ['!{"a" 1};{"b":2}']],
    ['a member that is an object', '{"a" 1,"b":{"c":2}}', ['!{"a" 1,"b":{"c":2}}']],
    ['a neighbour of an empty object that is broken', '{,},{"b":2}', ['!{,},', '{"b":2}']],
    ['the end of its line', '{"a" 1}\n,{"b":2}', ['!{"a" 1}', '{"b":2}']],
    ['a comma at the end of its line', '{"a" 1},\n{"b":2}', ['!{"a" 1},', '{"b":2}']],
    ['two objects broken in one line', '{"a" 1},{"b" 2}\n{"c":3}', ['!{"a" 1},', '!{"b" 2}', '{"c":3}']],
    ['objects between other things', 'x{"a":1}y{"b":2}z', ['!x', '{"a":1}', '!y', '{"b":2}', '!z']],
    ['brackets too many', '}{"a":1}}', ['!}', '{"a":1}', '!}']],
    ['lines after a blank one', '\n  {"a":\n  {"b":2}\n  }', ['!{"a":', '{"b":2}', '!}']],
    ['a line behind a byte order mark', '{"k":\n\ufeff{"a":1}\n}', ['!{"k":', '{"a":1}', '!}']],
    ['an object cut off before a neighbour', '{"a":},{"b":2}', ['!{"a":},', '{"b":2}']],
    ['a string cut off by a line feed', '{"a":"x\ny {"b":2}', ['!{"a":"x', '!y', '{"b":2}']],
    ['a string cut off by a return', '{"a":"x\r},{"b":2}', ['!{"a":"x\r},', '{"b":2}']],
    ['a backslash cut off by a line feed', '{"a":"x\\\ny {"b":2}', ['!{"a":"x\\', '!y', '{"b":2}']],
    ['a backslash cut off by a return', '{"a":"x\\\r},{"b":2}', ['!{"a":"x\\\r},', '{"b":2}']],
    ['a line that could be a value', '{"a":\n{"b":1}\n}', ['!{"a":', '{"b":1}', '!}']],
    ['a no-break space before a key', '{\u00a0"k":[{"a":1},{"b":2}]}', ['!{\u00a0"k":[{"a":1},{"b":2}]}']],
    ['lines of other things', 'x\ny\n{"a":1}\nz', ['!x\ny', '{"a":1}', '!z']],
    ['values in an array', '[{"a":1},x,{"b":2}]', ['{"a":1}', '!x,', '{"b":2}']],
    ['a word in place of a value', '{"a":x},{"b":2}', ['!{"a":x}', '{"b":2}']],
    ['a control character', '{"a":"\u0001"}{"b":2}', ['!{"a":"\u0001"}', '{"b":2}']],
    ['a no-break space within', '{"a":\u00a01},{"b":2}', ['!{"a":\u00a01}', '{"b":2}']],
    ['objects further in than what was begun', '{\n  {"a":1}\n{"b":2}', ['!{', '{"a":1}', '{"b":2}']],
    ['objects further in by a tab', '{\n\t"a" {"b":2}\n{"c":3}', ['!{\n\t"a"', '{"b":2}', '{"c":3}']],
    ['nothing', '', ['!']],
    ['blanks', ' \n\t', ['! \n\t']],
    ['brackets and commas', ' [ , ] ', ['! [ , ] ']],
  ])('%s is separated from the rest', (_, text, pieces) => {
    expect(split(text)).toEqual(pieces);
  });
});
