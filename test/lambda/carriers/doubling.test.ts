import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readBodyEntries } from '../../../lambda/ingest/entries.ts';
import { minifyJson, parseExactly, splitBody, splitValue } from '../../../lambda/json/json.ts';
import { aggregateOf } from '../../records/aggregate.ts';
import { arrivalFrom } from '../../records/arrival.ts';
import { usageRecord } from '../../records/datastreamer.ts';

/** Twice as much of anything must take about twice the work: four times would let a body of 16 MB stop a shard. */

/** Attempts at a measurement: other work on the machine may disturb some of them. */
const attempts = 12;

/** Fails if twice the size takes three times the work or more. */
function expectProportion(work: (size: number) => () => unknown, size: number): void {
  const [once, twice] = [work(size), work(2 * size)];
  let [least, leastTwice] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    least = Math.min(least, processorTime(once));
    leastTwice = Math.min(leastTwice, processorTime(twice));
    // Some milliseconds are noise. Work that grows with the square takes seconds at these sizes.
    if (attempt >= 2 && leastTwice < 3 * least + 5) return;
    // A task that takes this long is slow by itself, not disturbed by other work.
    if (attempt >= 2 && least > 100) break;
  }
  expect.fail(`${least} ms for ${size}, ${leastTwice} ms for twice that`);
}

/** Milliseconds of CPU that a task takes. */
function processorTime(task: () => unknown): number {
  const before = process.cpuUsage();
  task();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

/** Reads a body to its end, as the consumer does, and asks for the bytes of what is rejected. */
function readToEnd(body: Buffer): void {
  const arrival = { ...arrivalFrom('1nce'), delivery: 0, position: 'stream/shard/1' };
  for (const { reading, readBytes } of readBodyEntries(body, arrival)) {
    if (reading.kind === 'fault') readBytes();
  }
}

const record = JSON.stringify(usageRecord);

/** Texts that grow, by what is repeated. */
const repeated: readonly [what: string, begin: string, each: string, end: string][] = [
  ['records', '[', `${record},`, `${record}]`],
  ['lines of records', '', `${record}\n`, ''],
  ['records one after the other', '', record, ''],
  ['lines that are not JSON', '', 'something else\n', ''],
  ['lines of broken objects', '', '{"a":x}\n', ''],
  ['small objects', '', '{}', ''],
  ['small elements', '[', '{},', '{}]'],
  ['numbers', '[', '0,', '0]'],
  ['open brackets', '', '[', ''],
  ['open braces', '', '{', ''],
  ['members that never end', '', '{"a":', ''],
  ['members that never end, in lines', '', '{"a":\n', ''],
  ['closing brackets', '', ']', ''],
  ['closing braces', '{', '}', ''],
  ['nested arrays', '{"a":', '[', ''],
  ['backslashes', '', '\\', ''],
  ['backslashes in a text', '{"a":"', '\\\\', '"}'],
  ['backslashes in a text that never ends', '{"a":"', '\\', ''],
  ['escaped quotes', '{"a":"', '\\"', '"}'],
  ['escaped quotes in a text that never ends', '{"a":"', '\\"', ''],
  ['quotes', '', '"', ''],
  ['texts that never end', '', '{"a":"x\n', ''],
  ['texts that never end, in one line', '', '{"a":"x},', ''],
  ['escapes of characters', '{"a":"', '\\u00e9', '"}'],
  ['a long text', '{"a":"', 'x', '"}'],
  ['a long name', '{"', 'x', '":1}'],
  ['a long word', '{"a":', 'x', '}'],
  ['a long number', '{"a":1', '0', '}'],
  ['a long fraction', '{"a":0.', '0', '1}'],
  ['a long exponent', '{"a":1e', '1', '}'],
  ['many long numbers', '{"a":[', '12345678901234567890,', '1]}'],
  ['many exponents', '{"a":[', '1e5,', '1]}'],
  ['blanks', '{"a":', ' ', '1}'],
  ['blanks behind something broken', '{"a":x}', ' ', '}'],
  ['line breaks', '{"a":', '\n', '1}'],
  ['commas', '', ',', ''],
  ['an end and blanks', '{"a":x', '} ', ''],
  ['an end and a comma', '{"a":x', '} , ', ''],
  ['record separators', '', '\x1e', ''],
  ['zero bytes', '', '\0', ''],
];

/** A first line that is indented as far as what follows is long, and many lines of something broken. */
const indented = (size: number): string => `${' '.repeat(size / 2)}x\n${'y\n'.repeat(size / 4)}`;

function repeatText(begin: string, each: string, end: string): (size: number) => string {
  return (size) => begin + each.repeat(Math.ceil(size / each.length)) + end;
}

const texts: readonly [string, (size: number) => string][] = [
  ...repeated.map(([what, begin, each, end]) => [what, repeatText(begin, each, end)] as const),
  ['an indented line and many others', indented],
].map(([what, text]) => [String(what), text as (size: number) => string]);

const bodies: readonly [string, (size: number) => Buffer][] = [
  ['an aggregate of empty records', (size) => aggregateOf(...Array<Buffer>(size / 8).fill(Buffer.alloc(0)))],
  [
    'an aggregate of small records',
    (size) => aggregateOf(...Array<Buffer>(size / 64).fill(Buffer.from('{"a":1}'))),
  ],
  ['an aggregate of gzip', (size) => aggregateOf(...Array<Buffer>(size / 256).fill(gzipSync(record)))],
  ['an aggregate of keys', (size) => aggregateOf(Buffer.alloc(size, 0x0a))],
  ['members of gzip', (size) => Buffer.concat(Array<Buffer>(size / 64).fill(gzipSync('{"a":1}\n')))],
  ['empty members of gzip', (size) => Buffer.concat(Array<Buffer>(size / 32).fill(gzipSync('')))],
  ['bytes that are not text', (size) => Buffer.alloc(size, 0xe9)],
  ['a text with another encoding', (size) => Buffer.from('{"a":"\u00e9"}\n'.repeat(size / 10), 'latin1')],
];

const size = 128 * 1024;

describe('twice the input takes about twice the work,', () => {
  it.each(texts)('of %s as a body', (_, text) => {
    expectProportion((length) => {
      const body = Buffer.from(text(length));
      return () => readToEnd(body);
    }, size);
  });

  it.each(texts)('of %s in the parts that read JSON', (_, text) => {
    expectProportion((length) => {
      const body = text(length);
      const isJson = splitValue(body) !== 'none';
      return () => {
        splitValue(body);
        splitBody(body);
        if (isJson) parseExactly(body);
        if (isJson) minifyJson(body);
      };
    }, size / 2);
  });

  it.each(bodies)('of %s', (_, makeBody) => {
    expectProportion((length) => {
      const body = makeBody(length);
      return () => readToEnd(body);
    }, size);
  });
});
