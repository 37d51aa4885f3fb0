import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isJson, parseExactly, splitBody, splitValue } from '../../../lambda/json/json.ts';
import { aggregateOf } from '../../records/aggregate.ts';
import { readAll } from '../../records/read-all.ts';
import { runs } from '../../records/runs.ts';

/** Bytes as they might arrive, and bytes that begin like one of the encodings. */
const anyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.concat([Buffer.from([0x1f, 0x8b]), bytes])),
  fc.uint8Array({ maxLength: 100 }).map((bytes) => gzipSync(bytes)),
  fc
    .uint8Array({ maxLength: 100 })
    .map((bytes) => Buffer.concat([Buffer.from([0xf3, 0x89, 0x9a, 0xc2]), bytes])),
  fc.uint8Array({ maxLength: 100 }).map((bytes) => aggregateOf(bytes)),
);

/** Text that is nearly JSON. */
const nearlyJson = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '{',
        '}',
        '[',
        ']',
        ',',
        ':',
        '"',
        '\\',
        '\n',
        '\r\n',
        ' ',
        '  ',
        '"a":',
        '{"b":1}',
        '[{"c":"}"}]',
      ),
      fc.constantFrom(
        '{\n  "d": [\n    {"e": 1}\n  ]\n}',
        '12345678901234567890',
        'null',
        '{"f":"\\""}',
        'x',
        '\ufeff',
      ),
      fc.string({ maxLength: 4 }),
    ),
    { maxLength: 24 },
  )
  .map((parts) => parts.join(''));

/** A text without what only frames records: white space, commas, brackets, control characters. */
function contentOf(text: string): string {
  return [...text].filter((sign) => !/[\s,[\]\ufeff]/.test(sign) && sign.charCodeAt(0) > 0x20).join('');
}

describe('every body', () => {
  it('is read without throwing, each of its values with bytes of its own', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        const body = readAll(Buffer.from(bytes));
        const originals = body.values.map((_, index) => body.bytesOf(index));
        expect(originals.length + body.broken.length).toBeGreaterThanOrEqual(body.values.length);
        for (const original of originals) expect(original.length).toBeGreaterThan(0);
        for (const { reason } of body.broken) expect(reason).not.toBe('');
      }),
      runs(1500),
    );
  });

  it('that is nearly JSON loses none of its content', () => {
    fc.assert(
      fc.property(nearlyJson, (text) => {
        const pieces = (splitBody(text) ?? []).map((piece) => ({
          ...piece,
          text: text.slice(piece.from, piece.to),
        }));
        expect(contentOf(pieces.map((piece) => piece.text).join(''))).toBe(contentOf(text));
        for (const piece of pieces) {
          if (piece.whole) expect(JSON.parse(piece.text)).toBeTypeOf('object');
        }
      }),
      runs(3000),
    );
  });

  it('that is an array has the elements that JSON.parse finds', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.constantFrom(0, 2), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        expect(elementTexts(text).map((element) => JSON.parse(element) as unknown)).toEqual(JSON.parse(text));
      }),
      runs(500),
    );
  });
});

/** The texts of an array's elements. */
function elementTexts(text: string): string[] {
  const pieces = splitValue(text);
  if (pieces === undefined || pieces === 'none') return expect.fail(`${text} is an array`);
  return pieces.map(({ from, to }) => text.slice(from, to));
}

/** Tokens of JSON, and texts that look like them. */
const token = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom('{', '}', '[', ']', ',', ':', '"a"', '1', ' ', '{"a":1}', '[1,"b"]'),
  },
  fc.constantFrom(
    '-0',
    '01',
    '1.',
    '.5',
    '1e5',
    '1E+',
    '-',
    '1.5e-7',
    '+1',
    'true',
    'nul',
    'null',
    'NaN',
    '\n',
    '\t',
  ),
  fc.constantFrom(
    '"\\u00e9"',
    '"\\u00g9"',
    '"\\x"',
    '"\\/\\b\\f\\n\\r\\t"',
    '"a\tb"',
    '"\u0000"',
    '"\u2028"',
    '\u00a0',
    '\f',
    '\ufeff',
  ),
  fc.json(),
);

describe('every text', () => {
  it('is JSON exactly if JSON.parse accepts it', () => {
    const text = fc.array(token, { maxLength: 9 }).map((tokens) => tokens.join(''));
    fc.assert(
      fc.property(fc.oneof(text, mutatedJson), (each) => {
        expect(isJson(each)).toBe(isParsed(each));
      }),
      runs(5_000),
    );
  });
});

/** JSON with one character left out, put in or changed. */
const mutatedJson = fc
  .tuple(
    fc.json(),
    fc.nat(),
    fc.constantFrom('', '"', '\\', '}', ']', ',', '0', 'e', '-', '\n', ' '),
    fc.boolean(),
  )
  .map(([text, position, sign, replaces]) => {
    const at = position % (text.length + 1);
    return text.slice(0, at) + sign + text.slice(at + (replaces ? 1 : 0));
  });

function isParsed(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('every number', () => {
  it('is read digit by digit wherever it is, and nothing else is changed', () => {
    const long = fc.bigInt({ min: 10n ** 15n, max: 10n ** 40n }).map(String);
    const named = fc.tuple(
      fc.string(),
      fc.oneof(
        long,
        fc.jsonValue({ maxDepth: 1 }).map((value) => JSON.stringify(value)),
      ),
    );
    fc.assert(
      fc.property(long, fc.array(named, { maxLength: 5 }), (id, members) => {
        const list = members.map(
          ([name, value]) => `[${JSON.stringify(`${name}1234567890123456`)}, ${value}]`,
        );
        const text = `{"id":${id},"list":[${list.join(',')}]}`;
        const expected = {
          id,
          list: members.map(([name, value]) => [`${name}1234567890123456`, exactly(value)]),
        };
        expect(parseExactly(text)).toEqual(expected);
      }),
      runs(500),
    );
  });
});

/** The value of a JSON text; of a long number, or one with an exponent, its text. */
function exactly(text: string): unknown {
  const isNumber = /^-?[\d.]+(?:e[+-]?\d+)?$/i.test(text);
  if (isNumber && (/e/i.test(text) || text.replace('-', '').length >= 16)) return text;
  if (isNumber) return Number(text);
  return parseExactly(text);
}

/** Records as carriers send them, small. */
const record = fc
  .record({
    id: fc.nat(),
    text: fc.constantFrom('a', '}{', '"', '\\', 'ä€', '{"'),
    detail: fc.record({
      country: fc.record({ mcc: fc.constant('262') }),
      mnc: fc.constantFrom([], [{ id: 3 }]),
    }),
  })
  .map((value) => JSON.stringify(value));

describe('one broken record', () => {
  it('among JSON lines does not affect its neighbours, and is kept unchanged', () => {
    fc.assert(
      fc.property(
        fc.array(record, { maxLength: 5 }),
        record,
        fc.array(record, { maxLength: 5 }),
        fc.nat(),
        fc.constantFrom('\n', '\r\n', '\n\n'),
        (before, cut, after, length, lineEnd) => {
          const broken = cut.slice(0, 1 + (length % (cut.length - 1)));
          const body = readAll(Buffer.from([...before, broken, ...after].join(lineEnd)));
          const good = [...before, ...after];
          expect([
            body.values,
            good.map((_, index) => Buffer.from(body.bytesOf(index)).toString()),
            contentOf(body.broken.map(({ bytes }) => Buffer.from(bytes).toString()).join('')),
          ]).toEqual([good.map((text) => JSON.parse(text) as unknown), good, contentOf(broken)]);
        },
      ),
      runs(500),
    );
  });

  it('does not affect those before it, whatever separates records', () => {
    fc.assert(
      fc.property(
        fc.array(record, { minLength: 1, maxLength: 5 }),
        record,
        fc.nat(),
        fc.constantFrom('', ',', ', ', '\n', ',\n'),
        fc.constantFrom(0, 2),
        (before, cut, length, separator, indent) => {
          const layOut = (text: string) => JSON.stringify(JSON.parse(text), null, indent);
          const laidOut = layOut(cut);
          const broken = laidOut.slice(0, 1 + (length % (laidOut.length - 1)));
          const body = readAll(Buffer.from(['[', ...before.map(layOut), broken].join(separator)));
          const texts = body.values
            .slice(0, before.length)
            .map((_, index) => Buffer.from(body.bytesOf(index)).toString());
          expect(texts).toEqual(before.map(layOut));
          const brokenContent = body.broken.map(({ bytes }) => Buffer.from(bytes).toString());
          expect(contentOf(broken).startsWith(contentOf(brokenContent[0] ?? ''))).toBe(true);
        },
      ),
      runs(500),
    );
  });
});
