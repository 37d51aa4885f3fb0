import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { splitRequest } from '../../../../lambda/functions/webhook-receiver/split-request.ts';
import { readAll } from '../../../records/read-all.ts';
import { runs } from '../../../records/runs.ts';

const kilobyte = 1024;

/** A record of slightly less than this many bytes. */
function record(id: number, bytes: number): string {
  return JSON.stringify({
    id,
    start_timestamp: '2026-11-02T10:00:00Z',
    filling: 'ä "[{,}]" '.repeat((bytes - 80) / 13),
  });
}

/** The Kinesis records of a body that must not be refused. */
function pages(body: string | Buffer): readonly Buffer[] {
  const cut = splitRequest(Buffer.from(body));
  if ('status' in cut) return expect.fail(`${cut.status} ${cut.message}`);
  return cut;
}

/** What the consumer reads from deliveries: the bytes of values, and of fragments that are not values, both sorted. */
function read(deliveries: readonly Buffer[]): { values: string[]; broken: string[] } {
  const bodies = deliveries.map(readAll);
  return {
    values: bodies.flatMap(({ values, bytesOf }) => values.map((_, index) => String(bytesOf(index)))).sort(),
    broken: bodies.flatMap(({ broken }) => broken.map(({ bytes }) => String(bytes).trim())).sort(),
  };
}

describe('a body', () => {
  it('that fits one Kinesis record is stored unchanged, with any content', () => {
    const bodies = [
      '[ {"id": 1}\n]',
      '{"id":',
      'no JSON',
      '\ufeff{"id":1}',
      `[${record(1, 255 * kilobyte)}]`,
    ];
    for (const body of bodies) expect(pages(body).map(String)).toEqual([body]);
    const bytes = Buffer.from([0xff, 0xfe, 0x00]);
    expect(pages(bytes)).toEqual([bytes]);
  });

  it('of 3,000 records and 6 MB is split into Kinesis records below a quarter of a megabyte, with unchanged text', () => {
    const records = Array.from({ length: 3_000 }, (_, id) => record(id, 2_150));
    const body = `[${records.join(', \n')}]`;
    expect(Buffer.byteLength(body)).toBeGreaterThan(6_000_000);
    const cut = pages(body);
    expect(Math.max(...cut.map(({ length }) => length))).toBeLessThanOrEqual(256 * kilobyte);
    expect(cut.length).toBeLessThan(30);
    expect(cut.flatMap((page) => readAll(page).values)).toEqual(JSON.parse(body));
    expect(read(cut)).toEqual({ values: records.toSorted(), broken: [] });
    expect(pages(body).map(String)).toEqual(cut.map(String));
  });

  it('that is not an array stays whole if it fits a Kinesis record', () => {
    const lines = Array.from({ length: 20 }, (_, id) => record(id, 50_000)).join('\n');
    for (const body of [lines, `[${lines}`]) expect(pages(body).map(String)).toEqual([body]);
  });

  it('of JSON lines or consecutive objects is split between them', () => {
    const records = Array.from({ length: 40 }, (_, id) => record(id, 30_000));
    for (const body of [records.join('\n'), `\ufeff${records.join('')}`, `${records.join(',\n')}\n`]) {
      expect(read(pages(body))).toEqual({ values: records.toSorted(), broken: [] });
    }
  });

  it('with a broken record has that in a separate Kinesis record', () => {
    const records = Array.from({ length: 40 }, (_, id) => record(id, 30_000));
    const broken = '{"id": 7, "start_timestamp": }';
    const body = `[${[...records.slice(0, 20), broken, ...records.slice(20)].join(',\n')}]`;
    expect(read(pages(body))).toEqual({ values: records.toSorted(), broken: [`${broken},`] });
  });

  it('never has two broken fragments in one Kinesis record, as they could form a record together', () => {
    const filling = Array.from({ length: 4 }, (_, id) => record(id, 300 * kilobyte)).join('\n');
    expect(read(pages(`{"a":\n${filling}\n1}`)).values).toEqual(filling.split('\n'));
  });

  it('may have single values up to the maximum size of a Kinesis record', () => {
    const large = record(1, 1023 * kilobyte);
    expect(pages(`[${record(2, 500)},${large}]`).map(({ length }) => length)).toEqual([
      Buffer.byteLength(record(2, 500)) + 2,
      Buffer.byteLength(large) + 2,
    ]);
    expect(pages(Buffer.alloc(1024 * kilobyte - 32, 0xff)).length).toBe(1);
  });

  it.each([
    ['a single value is larger', Buffer.from(`[${record(1, 1100 * kilobyte)}]`)],
    ['a fragment that is not JSON is larger', Buffer.from('x'.repeat(1100 * kilobyte))],
    ['it is not text and larger', Buffer.alloc(1024 * kilobyte - 31, 0xff)],
  ])('is refused where %s', (_, body) => {
    expect(splitRequest(body)).toEqual({
      status: 413,
      message: 'A value of the body has more than 1048544 bytes',
    });
  });

  it('with many broken parts is split into all of them', () => {
    const value = record(1, 180);
    const cut = pages(`${value}x`.repeat(12_000));
    expect(cut.length).toBeGreaterThan(12_000);
    expect(read(cut)).toEqual({
      values: Array.from({ length: 12_000 }, () => value),
      broken: Array.from({ length: 12_000 }, () => 'x'),
    });
  });

  it('of too many values to split is stored whole if it fits one Kinesis record, and refused otherwise', () => {
    const small = Buffer.from(`[${'{},'.repeat(300_000)}{}]`);
    expect(pages(small)).toEqual([small]);
    const refusal = {
      status: 413,
      message: 'The body holds more than 62914 values, or a value that holds too many',
    };
    for (const body of [`[${'{},'.repeat(1_048_575)}{}]`, '{} '.repeat(1_048_576)]) {
      expect(splitRequest(Buffer.from(body.padEnd(3_145_729)))).toEqual(refusal);
    }
  });

  const lines = fc.array(
    fc.oneof(
      { weight: 8, arbitrary: fc.nat().map((id) => record(id, 30_000)) },
      { weight: 2, arbitrary: fc.json() },
    ),
    { minLength: 1, maxLength: 60, size: 'max' },
  );

  it('that is an array gives the consumer the same records, split or whole', () => {
    const property = fc.property(lines, fc.constantFrom(',', ',\n', ' , '), (elements, separator) => {
      const body = `[${elements.join(separator)}]`;
      expect(read(pages(body))).toEqual(read([Buffer.from(body)]));
    });
    fc.assert(property, runs(12));
  });

  it('that is broken loses no value and no character', () => {
    const broken = fc.constantFrom('{"a":', '}', '{"b" 1}', 'x', '"', '{"c":{"d":1}', ']', '[');
    const separators = fc.constantFrom(',', '\n', ',\n');
    const property = fc.property(
      lines,
      fc.array(broken, { maxLength: 5 }),
      separators,
      (some, parts, separator) => {
        const text = some.flatMap((line, at) => [line, ...parts.slice(at, at + 1)]).join(separator);
        const cut = splitRequest(Buffer.from(text));
        if ('status' in cut) return;
        const [whole, found] = [read([Buffer.from(text)]), read(cut)];
        for (const value of found.values) {
          const at = whole.values.indexOf(value);
          if (at !== -1) whole.values.splice(at, 1);
        }
        expect(whole.values).toEqual([]);
        expect(signs([...found.values, ...found.broken])).toBe(signs([text]));
      },
    );
    fc.assert(property, runs(12));
  });
});

/** The number of characters in texts, without framing. */
function signs(texts: readonly string[]): number {
  return texts.join('').replace(/[\s,[\]]/g, '').length;
}

test.each([
  ['an array', ['[', ',', ']']],
  ['lines', ['', '\n', '\n']],
])(
  'a value that is not UTF-8 does not keep the others in %s from the stream',
  (_, [before = '', between = '', after = '']) => {
    const records = Array.from({ length: 3_000 }, (__, id) =>
      Buffer.from(
        JSON.stringify({ id, name: 'Zürich', text: 'x'.repeat(1_000) }),
        id === 1_234 ? 'latin1' : 'utf8',
      ),
    );
    const parts = records.flatMap((record, index) => [Buffer.from(index === 0 ? before : between), record]);
    const chunks = splitRequest(Buffer.concat([...parts, Buffer.from(after)]));
    if ('status' in chunks) expect.fail(chunks.message);
    expect(Math.max(...chunks.map(({ length }) => length))).toBeLessThanOrEqual(256 * 1024);
    const read = chunks.map(readAll);
    expect(read.flatMap(({ values }) => values.length).reduce((sum, count) => sum + count)).toBe(2_999);
    expect(read.flatMap(({ broken }) => broken.map(({ code, bytes }) => [code, Buffer.from(bytes)]))).toEqual(
      [['not-utf8', records[1_234]]],
    );
  },
);
