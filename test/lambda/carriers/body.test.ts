import { createHash } from 'node:crypto';
import { deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readAggregate } from '../../../lambda/carriers/aggregate.ts';
import {
  findLimits,
  isGzip,
  limitUnreadable,
  makeUnreadableFault,
  maxBytes,
  readBody,
  unpackGzip,
} from '../../../lambda/carriers/body.ts';
import { isFault } from '../../../lambda/carriers/reading.ts';
import { aggregateOf } from '../../records/aggregate.ts';
import { bodyOf } from '../../records/fixtures.ts';
import { readAll, type WholeBody } from '../../records/read-all.ts';

/** A body as plain values: what was read, with its original text, and what was broken. */
function contentOf(body: WholeBody) {
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

  it('reads a record among others as if it were alone', () => {
    const records = [
      '{"specversion":"1.0","data":{"lat":34.1,"new":0.30000000000000004,"other":1e3}}',
      '{"specversion":"1.0","data":{"new":9007199254740993,"other":1e3}}',
      '{"specversion":"1.0","data":{"new":9007199254740991,"other":1e3}}',
      '{"id":9007199254740993,"volume":1e3}',
      '{"specversion":"1.0","data":{}}',
      '7',
    ];
    const alone = records.flatMap((text) => bodyOf(text).values);
    expect(alone.slice(0, 4)).toEqual([
      { specversion: '1.0', data: { lat: 34.1, new: 0.1 + 0.2, other: 1_000 } },
      { specversion: '1.0', data: { new: '9007199254740993', other: '1e3' } },
      { specversion: '1.0', data: { new: 9_007_199_254_740_991, other: 1_000 } },
      { id: '9007199254740993', volume: '1e3' },
    ]);
    for (let first = 0; first < records.length; first += 1) {
      for (const separator of [',', ' ,\n']) {
        const body = bodyOf(`[${records.slice(first).join(separator)}]`);
        expect(body.values).toEqual(alone.slice(first));
      }
    }
  });

  it('reads an empty array as no record', () => {
    expect(contentOf(bodyOf(' [ ] '))).toEqual({ read: [], broken: [] });
  });

  it('keeps the bytes of a single record unchanged, including blanks and byte order mark', () => {
    const bytes = Buffer.from('\uFEFF {"a":1} \n');
    const body = readAll(bytes);
    expect([body.values, Buffer.from(body.bytesOf(0)).equals(bytes)]).toEqual([[{ a: 1 }], true]);
  });

  it.each([
    ['', ''],
    ['a byte order mark', '\uFEFF'],
    ['blanks', ' \n\t '],
  ])('treats a body of only %s as empty', (_, text) => {
    expect(contentOf(bodyOf(text))).toEqual({
      read: [],
      broken: [{ code: 'empty', reason: 'The body is empty', text }],
    });
  });

  it('does not ignore a value that is not an object', () => {
    expect(['null', '7', '"text"', 'false'].map((text) => contentOf(bodyOf(text)))).toEqual(
      ['null', '7', '"text"', 'false'].map((text) => ({ read: read(text), broken: [] })),
    );
  });
});

describe('a broken part among good records', () => {
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

  it.each([
    ['a page before it', '<html>\n{"a":1}', '<html>'],
    ['a header before it', 'id,iccid,volume\n{"a":1}', 'id,iccid,volume'],
  ])('reads a record with %s', (_, text, broken) => {
    expect(contentOf(bodyOf(text))).toEqual({ read: read('{"a":1}'), broken: notJson(broken) });
  });

  it('reads one record with a separator before or after it', () => {
    const bodies = ['{"a":1},', ',{"a":1}', '\x1e{"a":1}\n'].map((text) => contentOf(bodyOf(text)));
    expect(bodies).toEqual(bodies.map(() => ({ read: read('{"a":1}'), broken: [] })));
  });

  it('keeps a body that is entirely broken, including the blanks around it', () => {
    expect(contentOf(bodyOf(' hello \n'))).toEqual({ read: [], broken: notJson(' hello \n') });
  });

  it('keeps a body that has only brackets as broken', () => {
    expect(contentOf(bodyOf('[[[,'))).toEqual({ read: [], broken: notJson('[[[,') });
  });
});

function joined(before: string, between: string, after: string, records: readonly Buffer[]): Buffer {
  const parts = records.flatMap((record, index) => [Buffer.from(index === 0 ? before : between), record]);
  return Buffer.concat([...parts, Buffer.from(after)]);
}

describe('encodings', () => {
  it('unpacks gzip, and shows the unpacked bytes of what is rejected', () => {
    const packed = readAll(gzipSync('{"a":1}\n{"b":\n'));
    expect(contentOf(packed)).toEqual({ read: read('{"a":1}'), broken: notJson('{"b":') });
  });

  it('keeps gzip that cannot be unpacked unchanged', () => {
    const bytes = gzipSync('{"a":1}').subarray(0, 20);
    expect(readAll(bytes).broken).toEqual([
      {
        code: 'broken-gzip',
        reason: 'The body begins like gzip but cannot be unpacked: it was cut short',
        bytes,
      },
    ]);
  });

  it.each([
    [
      'Latin-1',
      Buffer.from('{"a":"\u00e9"}', 'latin1'),
      'The body is not UTF-8 text: byte 6 is 0xe9. It is in another encoding, such as Latin-1 or Windows-1252, or ' +
        'was damaged. Convert it (iconv) and send it again',
    ],
    [
      'UTF-16',
      Buffer.from('\uFEFF{"a":1}', 'utf16le'),
      'The body is text in UTF-16, not in UTF-8. Convert it (iconv) and send it again',
    ],
    [
      'UTF-16 without a mark',
      Buffer.from('{"a":1}', 'utf16le').swap16(),
      'The body is text in UTF-16, not in UTF-8. Convert it (iconv) and send it again',
    ],
    [
      'UTF-32',
      Buffer.from([0x7b, 0, 0, 0, 0x7d, 0, 0, 0]),
      'The body is text in UTF-32, not in UTF-8. Convert it (iconv) and send it again',
    ],
    [
      'a lone surrogate',
      Buffer.from([0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x7d]),
      'The body is UTF-8 text that was damaged or cut short: byte 2 is 0xed. Repair it and send it again',
    ],
    [
      'a character cut short',
      Buffer.from('{"a":"€').subarray(0, -1),
      'The body is UTF-8 text that was damaged or cut short: byte 6 is 0xe2. Repair it and send it again',
    ],
    [
      'UTF-8 with one wrong byte',
      Buffer.from('{"a":"€\u00ff€"}').fill(0xff, 9, 10),
      'The body is UTF-8 text that was damaged or cut short: byte 9 is 0xff. Repair it and send it again',
    ],
  ])('keeps %s as binary data', (_, bytes, reason) => {
    expect([readAll(bytes).values, readAll(bytes).broken]).toEqual([
      [],
      [{ code: 'not-utf8', reason, bytes }],
    ]);
  });

  it.each([
    ['in an array', (...records: Buffer[]) => joined('[', ',\n', ']\n', records)],
    ['in lines', (...records: Buffer[]) => joined('', '\r\n', '', records)],
    ['behind a byte order mark', (...records: Buffer[]) => joined('\uFEFF[', ',', ']', records)],
    ['in lines with marks', (...records: Buffer[]) => joined('\uFEFF', '\n\uFEFF', '\n', records)],
    ['one after the other', (...records: Buffer[]) => joined('', '\u00a0', '', records)],
  ])('keeps a record that is not UTF-8, and reads those beside it, %s', (_, join) => {
    const [first, last] = ['{"a":"\u00e9 \uFEFF\u00a0"}', '{"b":9007199254740993}'];
    const latin = Buffer.from('{"name":"Z\u00fcrich"}', 'latin1');
    const cut = Buffer.from('{"name":"M\u20ac","c":').subarray(0, 11);
    for (const packed of [false, true]) {
      const bytes = join(Buffer.from(first), latin, Buffer.from(last), cut);
      const body = readAll(packed ? gzipSync(bytes) : bytes);
      expect(body.values).toEqual([JSON.parse(first), { b: '9007199254740993' }]);
      expect(body.values.map((__, index) => Buffer.from(body.bytesOf(index)).toString())).toEqual([
        first,
        last,
      ]);
      expect(body.broken.map(({ code, bytes: kept }) => [code, Buffer.from(kept).subarray(0, 11)])).toEqual([
        ['not-utf8', latin.subarray(0, 11)],
        ['not-utf8', cut],
      ]);
      expect(body.broken[0]?.reason).toMatch(/^The record is not UTF-8 text: byte 10 is 0xfc\. /);
    }
  });

  it('reads a record next to a no-break space in Latin-1, which is only framing', () => {
    expect(readAll(Buffer.from('{"a":1}\xa0\n', 'latin1')).values).toEqual([{ a: 1 }]);
  });

  it('keeps a whole body if no record in it is UTF-8, or if it contains too many', () => {
    const none = Buffer.from('{"a":"Z\xfcrich"}\n{"a":"K\xf6ln"}\n', 'latin1');
    const many = Buffer.from(`{"a":"K\xf6ln"}${'\n{}'.repeat(1_000)}`, 'latin1');
    for (const bytes of [none, many]) {
      const { values, broken } = readAll(bytes);
      expect([values, broken.map(({ code, bytes: kept }) => [code, kept])]).toEqual([
        [],
        [['not-utf8', bytes]],
      ]);
    }
  });

  it('keeps unpacked bytes that are not text unchanged', () => {
    const bytes = gzipSync(Buffer.from([0xff, 0xfe, 0x00]));
    expect(readAll(bytes).broken).toEqual([
      {
        code: 'not-utf8',
        reason: 'The unpacked body is text in UTF-16, not in UTF-8. Convert it (iconv) and send it again',
        bytes,
      },
    ]);
  });
});

describe('aggregates of the Kinesis Producer Library', () => {
  it('contains the bodies of its user records, with any content', () => {
    const aggregate = aggregateOf(
      Buffer.from('{"a":1}'),
      Buffer.from('[{"b":2},{"c":3}]'),
      Buffer.from('{"broken":'),
      gzipSync('{"d":4}'),
    );
    expect(contentOf(readAll(aggregate))).toEqual({
      read: read('{"a":1}', '{"b":2}', '{"c":3}', '{"d":4}'),
      broken: notJson('{"broken":'),
    });
  });

  it('separates many user records', () => {
    const texts = Array.from({ length: 300 }, (_, index) => `{"n":${index},"pad":"${'x'.repeat(index)}"}`);
    expect(contentOf(readAll(aggregateOf(...texts.map((text) => Buffer.from(text)))))).toEqual({
      read: read(...texts),
      broken: [],
    });
  });

  it('is kept unchanged if its digest does not match', () => {
    const aggregate = aggregateOf(Buffer.from('{"a":1}'));
    const damaged = Buffer.from(aggregate);
    damaged[damaged.length - 1] = (damaged.at(-1) ?? 0) ^ 1;
    expect([readAll(damaged).values, readAll(damaged).broken]).toEqual([
      [],
      [brokenAggregate('its digest does not match, so it was damaged or cut short', damaged)],
    ]);
  });

  it('is kept unchanged if it is shorter than its frame', () => {
    const empty = sealMessage([]);
    const cut = empty.subarray(0, -1);
    expect([...readAll(cut).broken, ...readAll(empty).broken]).toEqual([
      brokenAggregate('it was cut short', cut),
      brokenAggregate('it holds no record', empty),
    ]);
  });

  it('is read up to the limit of user records', () => {
    const [one, two] = [Buffer.from('{"a":1}'), Buffer.from('{"b":2}')];
    expect(readAggregate(aggregateOf(one, two), 2)).toEqual([one, two]);
    expect(readAggregate(aggregateOf(one, two), 1)).toBeUndefined();
  });

  it('is kept unchanged if its digest matches but it contains no user record', () => {
    const bytes = sealMessage([0x0a, 3, 0x6b, 0x65, 0x79, 0x0a, 3, 0x6b, 0x65, 0x79, 0x0a, 0]);
    expect(readAll(bytes).broken).toEqual([brokenAggregate('it holds no record', bytes)]);
  });

  // A user record of the format: a partition key's index, and `{}` as data.
  const record = [0x1a, 6, 0x08, 0, 0x1a, 2, 0x7b, 0x7d];

  it('is read with everything that the format has', () => {
    const keys = [0x0a, 1, 0x6b, 0x12, 2, 0x31, 0x32];
    const tagged = [0x1a, 14, 0x08, 0, 0x10, 0, 0x1a, 2, 0x7b, 0x7d, 0x22, 4, 0x0a, 2, 0x6b, 0x6b];
    expect(contentOf(readAll(sealMessage([...keys, ...tagged, ...record])))).toEqual({
      read: read('{}', '{}'),
      broken: [],
    });
  });

  it.each([
    ['a field of another number', [...record, 0x22, 2, 0x7b, 0x7d], 'its field 4 of wire type 2 is unknown'],
    ['a number in the place of a record', [0x18, 1, ...record], 'its field 3 of wire type 0 is unknown'],
    ['eight bytes', [...record, 0x09, 1, 2, 3, 4, 5, 6, 7, 8], 'its field 1 of wire type 1 is unknown'],
    [
      'an unknown field in a record',
      [0x1a, 6, 0x1a, 2, 0x7b, 0x7d, 0x28, 1],
      'its field 5 of wire type 0 is unknown',
    ],
    ['a field of number 0', [0x02, 0, ...record], 'its field 0 of wire type 2 is unknown'],
    ['four bytes', [...record, 0x0d, 255, 255, 255, 255], 'its field 1 of wire type 5 is unknown'],
    ['a number as data', [0x1a, 6, 0x1a, 2, 0x7b, 0x7d, 0x18, 1], 'its field 3 of wire type 0 is unknown'],
    [
      'a number as data, and no other',
      [0x1a, 2, 0x18, 1, ...record],
      'its field 3 of wire type 0 is unknown',
    ],
    [
      'bytes under another number in a record, before data',
      [0x1a, 8, 0x2a, 2, 0x31, 0x32, 0x1a, 2, 0x7b, 0x7d],
      'its field 5 of wire type 2 is unknown',
    ],
    [
      'a text under another number in a tag',
      [0x1a, 9, 0x1a, 2, 0x7b, 0x7d, 0x22, 3, 0x1a, 1, 0x6b],
      'its field 4 of wire type 2 is unknown',
    ],
    [
      'a number in the place of a tag’s key',
      [0x1a, 8, 0x1a, 2, 0x7b, 0x7d, 0x22, 2, 0x08, 1],
      'its field 4 of wire type 2 is unknown',
    ],
    [
      'data twice in a record',
      [0x1a, 8, 0x1a, 2, 0x7b, 0x7d, 0x1a, 2, 0x7b, 0x7d],
      'its field 3 of wire type 2 is unknown',
    ],
    [
      'an unknown field in a tag',
      [0x1a, 8, 0x1a, 2, 0x7b, 0x7d, 0x22, 2, 0x18, 1],
      'its field 4 of wire type 2 is unknown',
    ],
  ])('is kept unchanged if it has %s', (_, message, why) => {
    const bytes = sealMessage(message);
    expect([readAll(bytes).values, readAll(bytes).broken]).toEqual([
      [],
      [brokenAggregate(`${why} or repeated`, bytes)],
    ]);
  });

  it.each([
    ['a length that leads beyond the end', [...record, 0x1a, 9, 0x1a, 2]],
    ['a length that leads beyond a record', [0x1a, 4, 0x1a, 9, 0x7b, 0x7d]],
    ['a byte behind the last field of a record', [0x1a, 5, 0x1a, 2, 0x7b, 0x7d, 0x08]],
    ['a number that never ends', [...record, 0x08, ...Array<number>(11).fill(0x80)]],
    ['a number of eleven bytes', [...record, 0x08, ...Array<number>(10).fill(0x80), 1]],
  ])('is kept unchanged if it has %s', (_, message) => {
    const bytes = sealMessage(message);
    expect([readAll(bytes).values, readAll(bytes).broken]).toEqual([
      [],
      [brokenAggregate('a length in it points beyond its end', bytes)],
    ]);
  });

  it('is kept unchanged if a record has no data', () => {
    const bytes = sealMessage([...record, 0x1a, 2, 0x08, 0]);
    expect(readAll(bytes).broken).toEqual([brokenAggregate('one of its records has no data', bytes)]);
  });

  it('is read as if each user record had arrived alone', () => {
    const texts = ['[1,"two",null,[3],{}]', '7', '"text"', '[[{"specversion":"1.0"}],7]', ' {"a":1} \n'];
    const alone = texts.flatMap((text) => bodyOf(text).values);
    expect(readAll(aggregateOf(...texts.map((text) => Buffer.from(text)))).values).toEqual(alone);
  });

  it('has the size that its user records unpack to', () => {
    const [one, two] = [Buffer.from('{"a":1}'), Buffer.from('{"b":2} ')];
    const sizes = [one, gzipSync(one), aggregateOf(one, gzipSync(two)), Buffer.from('\xff', 'latin1')];
    expect(sizes.map((bytes) => readBody(bytes).size)).toEqual([7, 7, 15, 1]);
  });

  it('loses only the user record whose gzip is broken', () => {
    const broken = gzipSync('{"a":1}').subarray(0, -9);
    const { values, broken: kept } = readAll(aggregateOf(broken, gzipSync('{"b":2}'), broken));
    expect([values, kept.map(({ code, bytes }) => [code, bytes])]).toEqual([
      [{ b: 2 }],
      [
        ['broken-gzip', broken],
        ['broken-gzip', broken],
      ],
    ]);
  });

  it('is unpacked no further once its user records together are too large', () => {
    const [large, small] = [gzipSync(Buffer.alloc(9_000_000, ' ')), gzipSync('{"a":1}')];
    const { values, broken } = readAll(aggregateOf(large, large, small, Buffer.from('{"b":2}')));
    expect([values, broken.map(({ code }) => code)]).toEqual([
      [{ b: 2 }],
      ['empty', 'too-large', 'too-large'],
    ]);
  });

  it('keeps an aggregate inside another one', () => {
    const inside = aggregateOf(Buffer.from('{"a":1}'));
    expect(readAll(aggregateOf(Buffer.from('{"b":2}'), inside))).toMatchObject({
      values: [{ b: 2 }],
      broken: [
        {
          code: 'not-text',
          reason:
            'The body is an aggregate of the Kinesis Producer Library inside another body, not text. Aggregate records once',
          bytes: inside,
        },
      ],
    });
  });
});

function brokenAggregate(why: string, bytes: Buffer) {
  const reason = `The body begins like an aggregate of the Kinesis Producer Library, but ${why}`;
  return { code: 'broken-aggregate', reason, bytes };
}

/** An aggregate of any message, with its digest. */
function sealMessage(message: readonly number[]): Buffer {
  const bytes = Buffer.from(message);
  return Buffer.concat([
    Buffer.from([0xf3, 0x89, 0x9a, 0xc2]),
    bytes,
    createHash('md5').update(bytes).digest(),
  ]);
}

describe('a body that is not JSON', () => {
  const json = '{"a":1}';
  it.each([
    ['zlib', deflateSync(json), 'compressed with zlib (deflate)', 'Compress it as gzip, or send it as it is'],
    [
      'zlib, at its least',
      deflateSync(json, { level: 0 }),
      'compressed with zlib (deflate)',
      'Compress it as gzip, or send it as it is',
    ],
    [
      'a ZIP archive',
      Buffer.from('504b0304140000000800ffff', 'hex'),
      'a ZIP archive',
      'Send JSON as it is, or in gzip',
    ],
    [
      'Zstandard',
      Buffer.from('28b52ffd0458', 'hex'),
      'compressed with Zstandard',
      'Send JSON as it is, or in gzip',
    ],
    [
      'bzip2',
      Buffer.from('425a683931415926fe', 'hex'),
      'compressed with bzip2',
      'Send JSON as it is, or in gzip',
    ],
    ['Avro', Buffer.from('4f626a0104ff', 'hex'), 'an Avro file', 'Send JSON as it is, or in gzip'],
    ['Parquet', Buffer.from('5041523115ff', 'hex'), 'a Parquet file', 'Send JSON as it is, or in gzip'],
  ])('is recognised as %s', (_, bytes, what, remedy) => {
    expect(readAll(bytes).broken).toEqual([
      { code: 'not-text', reason: `The body is ${what}, not text. ${remedy}`, bytes },
    ]);
  });

  it('is recognised as gzip inside gzip', () => {
    const bytes = gzipSync(gzipSync(json));
    expect(readAll(bytes).broken).toEqual([
      {
        code: 'not-text',
        reason: 'The unpacked body is gzip inside gzip, not text. Compress it once',
        bytes,
      },
    ]);
  });

  it('is reported as binary if nothing else fits', () => {
    const bytes = Buffer.from([0x0a, 0x03, 0xff, 0x00, 0x01, 0x9c]);
    expect(readAll(bytes).broken).toEqual([
      {
        code: 'not-text',
        reason:
          'The body is binary data, not text: byte 2 is 0xff. It was encrypted, compressed or serialized, or damaged. ' +
          'Send JSON as it is, or in gzip',
        bytes,
      },
    ]);
  });

  it.each([
    [
      '<!DOCTYPE html><html></html>',
      'an HTML page, not JSON. A proxy or a login page may have answered instead of the sender',
    ],
    ['<?xml version="1.0"?><a/>', 'XML, not JSON. Send JSON'],
    [Buffer.from('{"id": 7001}').toString('base64'), 'base64, not JSON. Decode it before sending'],
    [
      '"id","iccid","volume"\n"1","2","3"\n',
      'CSV, not JSON. Put CSV files into the bucket of the source, and send JSON to the stream',
    ],
    ['payload=%7B%22id%22%3A1%7D', 'a form, not JSON. Send only the JSON, as application/json'],
    ["{'id': 1}", 'written with single quotes, not JSON. JSON needs double quotes around names and strings'],
  ])('is named: %s', (text, what) => {
    expect(contentOf(bodyOf(text)).broken).toEqual([
      { code: 'broken-json', reason: `This is ${what}`, text },
    ]);
  });
});

describe('how many values a body may hold', () => {
  const tooMany = (size: number) => ({
    code: 'too-many-values',
    reason:
      `The body holds more than 1000 values, which is the limit for its ${size} bytes, or a value with more than ` +
      '500000 in it: no record looks like that. Find out who sends it, or send records with nothing in between',
  });
  const lines = (count: number): string => Array<string>(count).fill('{}').join('\n');
  const brokenGzip = gzipSync('{}').subarray(0, -9);
  const aggregate = (...bodies: (string | Buffer)[]) =>
    aggregateOf(...bodies.map((body) => Buffer.from(body)));

  it.each<[string, (count: number) => Buffer]>([
    ['in lines', (count) => Buffer.from(lines(count))],
    ['in an array', (count) => Buffer.from(JSON.stringify(Array(count).fill(7)))],
    ['in gzip', (count) => gzipSync(lines(count))],
    ['in two user records', (count) => aggregate(lines(600), lines(count - 600))],
    ['with a broken user record behind them', (count) => aggregate(lines(count - 1), brokenGzip)],
    ['with an empty user record behind them', (count) => aggregate(lines(count - 1), '')],
    ['in as many user records', (count) => aggregate(...Array<string>(count).fill('7'))],
  ])('is 1,000 %s; with one more, it is rejected as a whole', (_, make) => {
    const [whole, rejected] = [make(1_000), make(1_001)];
    const { values, broken } = readAll(whole);
    expect([values.length + broken.length, readBody(whole).count]).toEqual([1_000, 1_000]);
    expect(readAll(rejected)).toMatchObject({ values: [], broken: [{ code: 'too-many-values' }] });
    expect(readAll(rejected).broken[0]?.bytes).toEqual(rejected);
  });

  it('is stated if there are more', () => {
    const bytes = Buffer.from(lines(1_001));
    expect(readAll(bytes).broken).toEqual([{ ...tooMany(bytes.length), bytes }]);
  });

  it('grows with its bytes, unpacked', () => {
    const text = `{"a":"${'x'.repeat(60_000)}"}\n${lines(1_190)}`;
    expect([Buffer.from(text), gzipSync(text)].map((bytes) => readBody(bytes).count)).toEqual([1_191, 1_191]);
    expect([49_999, 50_000, 100_000].map((size) => limitUnreadable({ size }))).toEqual([1_000, 1_000, 1_000]);
    expect(limitUnreadable({ size: 150_099 })).toBe(1_500);
    expect([0, 100_050].map(findLimits)).toEqual([
      { pieces: 1_000, inner: 500_000 },
      { pieces: 2_001, inner: 500_000 },
    ]);
  });

  it('is 500,000 within one value, however deep', () => {
    const inner = (count: number) => Buffer.from(`{"a":[[${'0,'.repeat(count)}0]]}`);
    const [whole, rejected] = [inner(499_000), inner(500_100)];
    expect([readAll(whole).values.length, readAll(rejected).broken.map(({ code }) => code)]).toEqual([
      1,
      ['too-many-values'],
    ]);
  });

  it('is stated for unreadable ones', () => {
    expect(makeUnreadableFault({ size: 150_000 })).toEqual({
      kind: 'fault',
      code: 'too-many-values',
      problem:
        'More than 1500 values of the body cannot be read, which is the limit for its 150000 bytes: it does not hold ' +
        'records. Find out who sends it',
    });
  });
});

describe('a body of more than a megabyte', () => {
  it('is kept packed if nothing in it can be read; a smaller one is kept unpacked', () => {
    const [large, small] = ['x'.repeat(1_048_577), 'x'.repeat(1_048_576)];
    const blank = ' '.repeat(1_048_577);
    const bodies = [
      gzipSync(large),
      gzipSync(small),
      gzipSync(blank),
      Buffer.from(large),
      Buffer.from(blank),
    ];
    const expected = bodies.map((body) => Buffer.from(body));
    const parts = bodies.flatMap((body) => readAll(body).broken);
    expect(parts.map(({ code, reason }) => [code, reason])).toEqual([
      ['broken-json', 'This is not JSON'],
      ['broken-json', 'This is not JSON'],
      ['empty', 'The body is empty'],
      ['broken-json', 'This is not JSON'],
      ['empty', 'The body is empty'],
    ]);
    expected[1] = Buffer.from(small);
    // A matcher takes seconds for a megabyte of bytes.
    expect(parts.map(({ bytes }, index) => expected[index]?.equals(bytes))).toEqual(parts.map(() => true));
  });

  it('is read beside what is broken in it', () => {
    const text = `{"a":"${'x'.repeat(1_048_577)}"}\n{"b":\n{"c":3}`;
    for (const bytes of [Buffer.from(text), gzipSync(text)]) {
      const body = readAll(bytes);
      expect(body.values.map((value) => Object.keys(value as object))).toEqual([['a'], ['c']]);
      expect(Buffer.from(body.bytesOf(1)).toString()).toBe('{"c":3}');
      expect(contentOf(body).broken).toEqual(notJson('{"b":'));
    }
  });
});

describe('gzip', () => {
  const [a, b] = [gzipSync('{"a":1}'), gzipSync('{"b":2}')];

  it('may have several members', () => {
    expect(contentOf(readAll(Buffer.concat([a, b])))).toEqual({
      read: read('{"a":1}', '{"b":2}'),
      broken: [],
    });
  });

  it.each([
    ['nothing', '', false],
    ['its first byte', '1f', false],
    ['its two first bytes', '1f8b', true],
    ['another second byte', '1f8c08', false],
    ['another first byte', '1e8b08', false],
  ])('begins with two bytes: %s', (_, bytes, is) => {
    expect(isGzip(Buffer.from(bytes, 'hex'))).toBe(is);
  });

  /** What the fault of a gzip says that cannot be unpacked. */
  function explain(unpacked: ReturnType<typeof unpackGzip>): string {
    return isFault(unpacked) ? `${unpacked.code}: ${unpacked.problem}` : 'It was unpacked';
  }

  it('is unpacked up to the limit, and refused beyond', () => {
    const [one, two] = [gzipSync('x'.repeat(2_000)), gzipSync('y'.repeat(1_000))];
    const refused = `too-large: The body unpacks to more than ${maxBytes} bytes`;
    const several = Buffer.concat([one, two]);
    expect(
      [
        unpackGzip(one, 2_000),
        unpackGzip(several, 3_000),
        unpackGzip(gzipSync(''), 0),
        unpackGzip(gzipSync('x'), 1),
      ].map((unpacked) => (Buffer.isBuffer(unpacked) ? unpacked.length : explain(unpacked))),
    ).toEqual([2_000, 3_000, 0, 1]);
    expect(
      [
        unpackGzip(one, 1_999),
        unpackGzip(several, 2_999),
        unpackGzip(several, 1_500),
        unpackGzip(gzipSync('x'), 0),
        unpackGzip(gzipSync('xy'), 1),
      ].map(explain),
    ).toEqual(Array(5).fill(refused));
  });

  it('takes as much memory as it unpacks to; a large one, as much as it could unpack to', () => {
    // Larger than what Node takes from a pool that several buffers share: up to 64 KiB, by its version.
    const small = gzipSync('x'.repeat(100_000));
    const large = gzipSync(Buffer.alloc(1_100_000, ' '));
    const memoryOf = (bytes: Buffer, size = maxBytes) => {
      const unpacked = unpackGzip(bytes, size);
      return Buffer.isBuffer(unpacked) ? unpacked.buffer.byteLength : explain(unpacked);
    };
    expect([memoryOf(small), memoryOf(small, 100_000), memoryOf(large), memoryOf(large, 1_100_000)]).toEqual([
      100_001,
      100_001,
      1_032 * large.length + 1,
      1_100_001,
    ]);
  });

  it('says whether it was cut or damaged', () => {
    const whole = gzipSync('{"a":"a text of some length"}');
    const damaged = Buffer.from(whole).fill(0xff, 12, 16);
    const cuts = [2, 3, 4, 10, whole.length - 1].map((length) => whole.subarray(0, length));
    const begin = 'broken-gzip: The body begins like gzip but cannot be unpacked: ';
    expect([...cuts, damaged].map((bytes) => explain(unpackGzip(bytes, maxBytes)))).toEqual([
      ...cuts.map(() => `${begin}it was cut short`),
      `${begin}it was damaged, or only begins like it`,
    ]);
  });

  it.each([
    ['a zero byte and another member', Buffer.concat([Buffer.alloc(1), b])],
    ['a zero byte and a text', Buffer.from('\0{"b":2}')],
    ['zero bytes', Buffer.alloc(9)],
  ])('is kept unchanged with %s after it', (_, behind) => {
    const bytes = Buffer.concat([a, behind]);
    expect([readAll(bytes).values, readAll(bytes).broken]).toEqual([
      [],
      [
        {
          code: 'broken-gzip',
          reason: `The body is gzip, but the ${behind.length} bytes after its end are not. Send the two apart`,
          bytes,
        },
      ],
    ]);
  });
});
