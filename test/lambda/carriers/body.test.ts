import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type Body, readBody } from '../../../lambda/carriers/body.ts';
import { aggregateOf } from '../../records/aggregate.ts';
import { bodyOf } from '../../records/fixtures.ts';

/** A body as plain values: what was read with its original text, and what was broken. */
function contentOf(body: Body) {
  return {
    read: body.values.map((value, index) => ({ value, text: Buffer.from(body.bytesOf(index)).toString() })),
    broken: body.broken.map(({ code, reason, bytes }) => ({
      code,
      reason,
      text: Buffer.from(bytes).toString(),
    })),
  };
}

function read(...texts: readonly string[]) {
  return texts.map((text) => ({ value: JSON.parse(text) as unknown, text }));
}

function notJson(...texts: readonly string[]) {
  return texts.map((text) => ({ code: 'broken-json', reason: 'This is not JSON', text }));
}

describe('framing', () => {
  it.each([
    ['one object', '{"a":1}', ['{"a":1}']],
    ['an array', '[{"a":1}, {"b":[2,{"c":"],[{"}]} ]', ['{"a":1}', '{"b":[2,{"c":"],[{"}]}']],
    ['an array of anything', '[1,"two",null,[3],{}]', ['1', '"two"', 'null', '[3]', '{}']],
    ['JSON lines', '{"a":1}\n{"b":2}\r\n\n{"c":3}', ['{"a":1}', '{"b":2}', '{"c":3}']],
    ['concatenated objects', '{"a":1}{"b":"}{"} {"c":3}', ['{"a":1}', '{"b":"}{"}', '{"c":3}']],
    ['objects with commas between', '{"a":1},\n{"b":2},', ['{"a":1}', '{"b":2}']],
    ['lines of arrays', '[{"a":1},{"b":2}]\n[{"c":3}]\n', ['{"a":1}', '{"b":2}', '{"c":3}']],
    [
      'pretty-printed objects',
      '{\n  "a": 1\n}\n{\n  "b": {\n    "c": 2\n  }\n}\n',
      ['{\n  "a": 1\n}', '{\n  "b": {\n    "c": 2\n  }\n}'],
    ],
    [
      'pretty-printed objects with members in one line',
      '{\n "mnc": [\n  {"id":3},\n  {"id":4}\n ]\n}\n{\n "b": 2\n}\n',
      ['{\n "mnc": [\n  {"id":3},\n  {"id":4}\n ]\n}', '{\n "b": 2\n}'],
    ],
    ['record separators', '\x1e{"a":1}\n\x1e{"b":2}\n', ['{"a":1}', '{"b":2}']],
  ])('reads %s', (_, text, texts) => {
    expect(contentOf(bodyOf(text)).broken).toEqual([]);
    expect(contentOf(bodyOf(text)).read.map(({ value }) => value)).toEqual(
      texts.map((each) => JSON.parse(each)),
    );
    if (texts.length > 1) expect(contentOf(bodyOf(text)).read).toEqual(read(...texts));
  });

  it('reads an empty array as no record', () => {
    expect(contentOf(bodyOf(' [ ] '))).toEqual({ read: [], broken: [] });
  });

  it('keeps a single record’s bytes as they came, blanks and byte order mark included', () => {
    const bytes = Buffer.from('\uFEFF {"a":1} \n');
    const body = readBody(bytes);
    expect([body.values, Buffer.from(body.bytesOf(0)).equals(bytes)]).toEqual([[{ a: 1 }], true]);
  });

  it.each([
    ['', ''],
    ['a byte order mark', '\uFEFF'],
    ['blanks', ' \n\t '],
  ])('finds a body of nothing but %s empty', (_, text) => {
    expect(contentOf(bodyOf(text))).toEqual({
      read: [],
      broken: [{ code: 'empty', reason: 'The body is empty', text }],
    });
  });

  it('does not take a value that is no object for nothing', () => {
    expect(['null', '7', '"text"', 'false'].map((text) => contentOf(bodyOf(text)))).toEqual(
      ['null', '7', '"text"', 'false'].map((text) => ({ read: read(text), broken: [] })),
    );
  });
});

describe('something broken among good records', () => {
  it.each([
    ['a line cut short', '{"a":1}\n{"b":{"c":\n{"d":4}\n', ['{"a":1}', '{"d":4}'], ['{"b":{"c":']],
    ['the first line cut short', '{"b":"x\n{"a":1}\n{"d":4}', ['{"a":1}', '{"d":4}'], ['{"b":"x']],
    ['the last line cut short', '{"a":1}\n{"d":4}\n{"b', ['{"a":1}', '{"d":4}'], ['{"b']],
    ['a word', '{"a":1}\nhello\n{"d":4}', ['{"a":1}', '{"d":4}'], ['hello']],
    [
      'a bare date',
      '{"a":1}\n{"b":2022-03-31T00:00:00Z}\n{"d":4}',
      ['{"a":1}', '{"d":4}'],
      ['{"b":2022-03-31T00:00:00Z}'],
    ],
    [
      'an element cut short',
      '[{"a":1},{"b":{"c":1,{"d":4},{"e":5}]',
      ['{"a":1}', '{"d":4}', '{"e":5}'],
      ['{"b":{"c":1,'],
    ],
    ['an element without its value', '[\n{"a":1},\n{"b":,\n{"d":4}\n]', ['{"a":1}', '{"d":4}'], ['{"b":,']],
    ['an element without quotes', '[{"a":1},{b:2},{"d":4}]', ['{"a":1}', '{"d":4}'], ['{b:2},']],
    ['an array cut short', '[{"a":1},{"d":4},{"b":', ['{"a":1}', '{"d":4}'], ['{"b":']],
    [
      'an object cut short before another',
      '{"a":1}{"b":{"c":1{"d":4}{"e":5}',
      ['{"a":1}', '{"d":4}', '{"e":5}'],
      ['{"b":{"c":1'],
    ],
    [
      'a pretty-printed object cut short',
      '{\n  "a": 1\n}\n{\n  "b": 2,\n{\n  "d": 4\n}\n',
      ['{\n  "a": 1\n}', '{\n  "d": 4\n}'],
      ['{\n  "b": 2,'],
    ],
    [
      'a pretty-printed object with a masked number',
      '{\n  "b": 2013XX\n}\n{\n  "d": 4\n}\n',
      ['{\n  "d": 4\n}'],
      ['{\n  "b": 2013XX\n}'],
    ],
    ['a stray closing brace', '{"a":1}}{"d":4}', ['{"a":1}', '{"d":4}'], ['}']],
    ['two lines cut short', '{"b":\n{"c":\n{"a":1}\n{"d":4}\n', ['{"a":1}', '{"d":4}'], ['{"b":\n{"c":']],
  ])('loses nothing but %s', (_, text, texts, brokenTexts) => {
    expect(contentOf(bodyOf(text))).toEqual({ read: read(...texts), broken: notJson(...brokenTexts) });
  });

  it('keeps nothing but brackets as broken', () => {
    expect(contentOf(bodyOf('[[[,'))).toEqual({ read: [], broken: notJson('[[[,') });
  });
});

describe('encodings', () => {
  it('unpacks gzip, and shows the unpacked bytes of what is rejected', () => {
    const packed = readBody(gzipSync('{"a":1}\n{"b":\n'));
    expect(contentOf(packed)).toEqual({ read: read('{"a":1}'), broken: notJson('{"b":') });
  });

  it('keeps gzip that can not be unpacked as it came', () => {
    const bytes = gzipSync('{"a":1}').subarray(0, 20);
    expect(readBody(bytes).broken).toEqual([
      { code: 'broken-gzip', reason: 'The body begins like gzip but can not be unpacked', bytes },
    ]);
  });

  it.each([
    ['Latin-1', Buffer.from('{"a":"\u00e9"}', 'latin1')],
    ['UTF-16', Buffer.from('\uFEFF{"a":1}', 'utf16le')],
    ['a lone surrogate', Buffer.from([0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x7d])],
  ])('keeps %s as bytes that are no text', (_, bytes) => {
    expect([readBody(bytes).values, readBody(bytes).broken]).toEqual([
      [],
      [{ code: 'not-utf8', reason: 'The body is not UTF-8 text', bytes }],
    ]);
  });

  it('keeps unpacked bytes that are no text as they came', () => {
    const bytes = gzipSync(Buffer.from([0xff, 0xfe, 0x00]));
    expect(readBody(bytes).broken).toEqual([
      { code: 'not-utf8', reason: 'The unpacked body is not UTF-8 text', bytes },
    ]);
  });
});

describe('aggregates of the Kinesis Producer Library', () => {
  it('holds the bodies of its user records, whatever these hold', () => {
    const aggregate = aggregateOf(
      Buffer.from('{"a":1}'),
      Buffer.from('[{"b":2},{"c":3}]'),
      Buffer.from('{"broken":'),
      gzipSync('{"d":4}'),
    );
    expect(contentOf(readBody(aggregate))).toEqual({
      read: read('{"a":1}', '{"b":2}', '{"c":3}', '{"d":4}'),
      broken: notJson('{"broken":'),
    });
  });

  it('keeps many user records apart', () => {
    const texts = Array.from({ length: 300 }, (_, index) => `{"n":${index},"pad":"${'x'.repeat(index)}"}`);
    expect(contentOf(readBody(aggregateOf(...texts.map((text) => Buffer.from(text)))))).toEqual({
      read: read(...texts),
      broken: [],
    });
  });

  it('is kept as it came where its digest does not fit', () => {
    const aggregate = aggregateOf(Buffer.from('{"a":1}'));
    const damaged = Buffer.from(aggregate);
    damaged[damaged.length - 1] = (damaged.at(-1) ?? 0) ^ 1;
    expect([readBody(damaged).values, readBody(damaged).broken]).toEqual([
      [],
      [{ code: 'not-utf8', reason: 'The body is not UTF-8 text', bytes: damaged }],
    ]);
  });

  it('is kept as it came where its digest fits but no user record is in it', () => {
    const message = Buffer.from([0x0a, 0x03, 0x6b, 0x65, 0x79, 0x0a, 0x03, 0x6b, 0x65, 0x79, 0x0a, 0x00]);
    const bytes = Buffer.concat([
      Buffer.from([0xf3, 0x89, 0x9a, 0xc2]),
      message,
      createHash('md5').update(message).digest(),
    ]);
    expect(readBody(bytes).broken.map(({ code }) => code)).toEqual(['not-utf8']);
  });
});
