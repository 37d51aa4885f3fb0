import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { readBody } from '../../../lambda/carriers/body.ts';
import { splitBody } from '../../../lambda/json/json.ts';
import { aggregateOf } from '../../records/aggregate.ts';
import { statedBy } from '../../records/arrival.ts';
import { carrierEvent, readStreamer } from '../../records/datastreamer.ts';
import { bodyOf } from '../../records/fixtures.ts';
import { readAll } from '../../records/read-all.ts';
import { fullData } from '../../records/supersim.ts';

/** Bodies far larger and deeper than carriers send are read or refused, in memory and time proportional to their size. */

describe('a large body', () => {
  it('is read through 100,000 levels', () => {
    const depth = 100_000;
    const texts = [
      '['.repeat(depth) + ']'.repeat(depth),
      `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`,
      `${'{"a":'.repeat(depth)}12345678901234567890${'}'.repeat(depth)}{"b":1}`,
    ];
    expect(texts.map((text) => bodyOf(text).values.length)).toEqual([1, 1, 2]);
  });

  it('with 100,000 unclosed levels is one broken part', () => {
    const texts = ['[', '{', '{"a":', '{"a":['].map((level) => level.repeat(100_000));
    expect(
      texts.map((text) =>
        bodyOf(text).broken.map(({ code, bytes }) => [code, Buffer.from(bytes).toString()]),
      ),
    ).toEqual(texts.map((text) => [['broken-json', text]]));
  });

  it('is read through ten million characters of escapes, alone, in an array, and next to a long number', () => {
    const text = `"${'\\n'.repeat(5_000_000)}"`;
    const bodies = [`[{"a":${text}},{}]`, `{"a":${text},"b":12345678901234567890}`, `{"a":${text}}{"b":1}`];
    expect(
      bodies.map(bodyOf).map((body) => body.values.map((_, index) => body.bytesOf(index).length)),
    ).toEqual([[10_000_008, 2], [10_000_033], [10_000_008, 7]]);
  });

  it('is an array of 200,000 elements', () => {
    const body = bodyOf(`[${`${'{}'.padEnd(50)},`.repeat(199_999)}{"last":true}]`);
    expect([body.values.length, body.values.at(-1), Buffer.from(body.bytesOf(199_999)).toString()]).toEqual([
      200_000,
      { last: true },
      '{"last":true}',
    ]);
  });

  it('is not unpacked if it would fill the memory', () => {
    const bytes = gzipSync(Buffer.alloc(100_000_000, ' '));
    expect(readAll(bytes).broken).toEqual([
      { code: 'too-large', reason: 'The body unpacks to more than 16777216 bytes', bytes },
    ]);
  });

  it('is not unpacked piecemeal either, in an aggregate of bodies that are each small enough', () => {
    const part = gzipSync(JSON.stringify({ text: 'x'.repeat(6_000_000) }));
    const { values, broken } = readAll(aggregateOf(part, part, part, Buffer.from('{"a":1}'), part));
    expect([values.length, values.at(-1), broken.map(({ code, bytes }) => [code, bytes])]).toEqual([
      3,
      { a: 1 },
      [
        ['too-large', part],
        ['too-large', part],
      ],
    ]);
  });

  it('is unpacked whatever its gzip says about its size, of one member or of several', () => {
    const record = `{"a":"${'x'.repeat(1_500_000)}"}`;
    const whole = gzipSync(record);
    const halves = [record.slice(0, 700_000), record.slice(700_000)].map((part) => gzipSync(part));
    const few = [record.slice(0, -3), record.slice(-3)].map((part) => gzipSync(part));
    const lying = Buffer.from(whole);
    lying.writeUInt32LE(1, lying.length - 4);
    const vast = Buffer.from(whole);
    vast.writeUInt32LE(2 ** 32 - 1, vast.length - 4);
    const bodies = [whole, Buffer.concat(halves), Buffer.concat(few), lying, vast];
    expect(
      bodies.map((body) => {
        const { values, broken } = readAll(body);
        return [values.map((value) => JSON.stringify(value) === record), broken.map(({ code }) => code)];
      }),
    ).toEqual([
      [[true], []],
      [[true], []],
      [[true], []],
      [[], ['broken-gzip']],
      [[], ['broken-gzip']],
    ]);
  });

  it('is unpacked into one chunk of memory, which is freed immediately from Node 22 on', () => {
    const megabytes = 12;
    const body = gzipSync(Buffer.alloc(megabytes * 2 ** 20, 'no JSON '));
    const before = process.memoryUsage().arrayBuffers;
    expect(readBody(body).count).toBe(1);
    const taken = (process.memoryUsage().arrayBuffers - before) / 2 ** 20;
    expect(taken).toBeLessThan('transfer' in ArrayBuffer.prototype ? 1 : 16 + 1);
  });

  it('is unpacked up to the size that Kinesis accepts', () => {
    expect(readAll(gzipSync(`{"a":"${'x'.repeat(10_000_000)}"}`)).values.length).toBe(1);
  });

  it('with an array of 100,000 elements makes no larger item', () => {
    const mnc = Array.from({ length: 100_000 }, (_, id) => ({ id, mnc: '01' }));
    const reading = readStreamer(carrierEvent(1, { detail: { ...fullData, mnc } }));
    expect(statedBy(reading, 'event').detail?.length).toBeLessThan(540);
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

  it.each(hostile)('reads each character a bounded number of times in a body of %s', (_, repeated) => {
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
      expect(splitBody(text)?.length, what).toBeGreaterThan(0);
    },
  );
});
