import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readBodyEntries } from '../../../lambda/ingest/entries.ts';
import { aggregateOf } from '../../records/aggregate.ts';
import { arrivalFrom } from '../../records/arrival.ts';
import { carrierEvent, usageRecord } from '../../records/datastreamer.ts';
import { runs } from '../../records/runs.ts';
import { connectionEvent } from '../../records/supersim.ts';

/**
 * Each byte of a body, damaged or not, lies in the bytes of a record that was stored, ignored or
 * rejected, or is framing. The framing is decoded here again, by other code.
 */

const records = [
  usageRecord,
  carrierEvent(1),
  connectionEvent('attachment.accepted'),
  { specversion: '1.0', type: 'com.twilio.eventstreams.test-event', data: { test_id: 'x' } },
  { neither: 'this', nor: ['that', '}{', '"'] },
  { id: 1 },
];

const value = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...records) }, fc.jsonValue({ maxDepth: 2 }));

/** The ways in which values stand in a text. */
const text = fc
  .tuple(
    fc.array(value, { minLength: 1, maxLength: 4 }),
    fc.constantFrom('array', 'lines', 'concatenated', 'commas', 'separators'),
    fc.constantFrom(0, 2),
    fc.boolean(),
  )
  .map(([values, framing, indent, hasMark]) => {
    const texts = values.map((one) => JSON.stringify(one, null, indent));
    return (hasMark ? '\ufeff' : '') + joinTexts(texts, framing);
  });

function joinTexts(texts: readonly string[], framing: string): string {
  switch (framing) {
    case 'array':
      return `[${texts.join(', ')}]`;
    case 'lines':
      return `${texts.join('\r\n')}\n`;
    case 'commas':
      return texts.join(',\n');
    case 'separators':
      return texts.map((one) => `\x1e${one}\n`).join('');
    default:
      return texts.join('');
  }
}

const plain = text.map((one) => Buffer.from(one));
const gzipped = fc
  .array(plain, { minLength: 1, maxLength: 3 })
  .map((texts) => Buffer.concat(texts.map((one) => gzipSync(one))));

interface Mutation {
  readonly kind: 'flip' | 'insert' | 'delete' | 'truncate' | 'append' | 'repeat';
  readonly at: number;
  readonly bytes: Uint8Array;
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  kind: fc.constantFrom('flip', 'insert', 'delete', 'truncate', 'append', 'repeat'),
  at: fc.nat(),
  bytes: fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 4 }),
    fc
      .constantFrom('\0', '"', '\\', '{', '}', '[', ']', ',', '\n', '\0{"id":2}', '{"id":3}')
      .map((sign) => Buffer.from(sign)),
    plain,
    gzipped,
  ),
});

function mutate(body: Buffer, { kind, at: position, bytes }: Mutation): Buffer {
  const at = position % (body.length + 1);
  const [before, behind] = [body.subarray(0, at), body.subarray(at)];
  switch (kind) {
    case 'flip':
      return Buffer.concat([
        before,
        Buffer.from([(behind[0] ?? 0) ^ (1 << (position % 8))]),
        behind.subarray(1),
      ]);
    case 'insert':
      return Buffer.concat([before, bytes, behind]);
    case 'delete':
      return Buffer.concat([before, behind.subarray(bytes.length)]);
    case 'truncate':
      return before;
    case 'append':
      return Buffer.concat([body, bytes]);
    case 'repeat':
      return Buffer.concat([before, behind, behind]);
  }
}

const mutations = fc.array(mutation, { maxLength: 2 });
const mutated = (body: fc.Arbitrary<Buffer>) =>
  fc.tuple(body, mutations).map(([bytes, some]) => some.reduce(mutate, bytes));

function sealed(message: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from('f3899ac2', 'hex'), message, createHash('md5').update(message).digest()]);
}

/** A field of a message, of each type that protocol buffers have; content is shorter than 128 bytes where it is small. */
function writeField(number: number, wire: number, content: Uint8Array): Buffer {
  const tag = Buffer.from([number * 8 + wire]);
  if (wire === 0) return Buffer.concat([tag, Buffer.from([content.length % 128])]);
  if (wire === 1 || wire === 5) return Buffer.concat([tag, Buffer.alloc(wire === 1 ? 8 : 4, 0x7b)]);
  const length = [(content.length % 128) | 0x80, ((content.length >> 7) % 128) | 0x80, content.length >> 14];
  return Buffer.concat([tag, Buffer.from(length), content]);
}

const otherField = fc
  .tuple(
    fc.integer({ min: 1, max: 6 }),
    fc.constantFrom(0, 1, 2, 5),
    fc.oneof(plain, fc.constant(Buffer.alloc(0))),
  )
  .map(([number, wire, content]) => writeField(number, wire, content));

/** Some fields of the format, and perhaps one that it does not have, somewhere between them. */
function withOtherField(fields: fc.Arbitrary<Buffer[]>): fc.Arbitrary<Buffer> {
  return fc
    .tuple(fields, fc.option(otherField, { freq: 3 }), fc.nat())
    .map(([some, other, position]) =>
      Buffer.concat(other === null ? some : some.toSpliced(position % (some.length + 1), 0, other)),
    );
}

const userRecord = withOtherField(
  fc
    .oneof(plain, gzipped)
    .map((data) => [
      writeField(1, 0, Buffer.alloc(1)),
      writeField(3, 2, data),
      writeField(4, 2, writeField(1, 2, Buffer.from('tag'))),
    ]),
);

/** An aggregate as a writer of another version could make it, or whose message was damaged before its digest was made. */
const otherAggregate = fc
  .tuple(
    withOtherField(
      fc
        .array(userRecord, { minLength: 1, maxLength: 3 })
        .map((some) => some.map((one) => writeField(3, 2, one))),
    ),
    fc.array(mutation, { maxLength: 1 }),
    fc.boolean(),
  )
  .map(([message, some, isDamaged]) => sealed(isDamaged ? some.reduce(mutate, message) : message));

const aggregate = fc
  .array(fc.oneof(mutated(plain), mutated(gzipped)), { minLength: 1, maxLength: 3 })
  .map((parts) => aggregateOf(...parts));

/** A text that values stand in, and the bytes in which it came. */
interface Leaf {
  readonly text: Buffer;
  readonly original: Buffer;
}

/** The texts in a body; undefined if a byte belongs to neither a text nor the framing. */
function findLeaves(body: Buffer): readonly Leaf[] | undefined {
  if (body.subarray(0, 4).toString('hex') !== 'f3899ac2') return [unpackLeaf(body)];
  const message = body.subarray(4, Math.max(4, body.length - 16));
  if (!createHash('md5').update(message).digest().equals(body.subarray(-16))) return undefined;
  const parts: Buffer[] = [];
  for (const field of readFields(message) ?? []) {
    if (field.number !== 3) continue;
    parts.push(
      ...(readFields(field.content) ?? []).filter(({ number }) => number === 3).map(({ content }) => content),
    );
  }
  // There is nothing but the content of the records' fields and their framing.
  const isKnown = readFields(message)?.every(
    ({ number, wire, content }) =>
      wire === 2 && (number === 1 || number === 2 || (number === 3 && isUserRecord(readFields(content)))),
  );
  return isKnown === true && parts.length > 0 ? parts.map(unpackLeaf) : undefined;
}

function isUserRecord(fields: readonly Field[] | undefined): boolean {
  if (fields === undefined || fields.filter(({ number }) => number === 3).length !== 1) return false;
  return fields.every(({ number, wire, content }) => {
    if (number === 4)
      return wire === 2 && readFields(content)?.every((tag) => tag.wire === 2 && tag.number < 3) === true;
    return number === 3 ? wire === 2 : number < 3 && wire === 0;
  });
}

interface Field {
  readonly number: number;
  readonly wire: number;
  readonly content: Buffer;
}

/** The fields of a message; undefined unless it consists of fields of the two types that aggregates have. */
function readFields(message: Buffer): readonly Field[] | undefined {
  const fields: Field[] = [];
  let rest = message;
  const number = (): number => {
    const length = rest.findIndex((byte) => byte < 0x80) + 1;
    const digits = [...rest.subarray(0, length)].reverse();
    rest = rest.subarray(length);
    return length === 0 || length > 10
      ? Number.NaN
      : digits.reduce((sum, digit) => sum * 128 + (digit & 127), 0);
  };
  while (rest.length > 0) {
    const tag = number();
    const [wire, size] = [tag % 8, number()];
    if (Number.isNaN(tag) || Number.isNaN(size) || (wire !== 0 && wire !== 2)) return undefined;
    if (wire === 2 && size > rest.length) return undefined;
    const content = wire === 2 ? rest.subarray(0, size) : Buffer.alloc(0);
    if (tag < 8) return undefined;
    rest = rest.subarray(content.length);
    fields.push({ number: Math.floor(tag / 8), wire, content });
  }
  return fields;
}

function unpackLeaf(original: Buffer): Leaf {
  if (original[0] !== 0x1f || original[1] !== 0x8b) return { text: original, original };
  return { text: unpackMembers(original) ?? original, original };
}

/** What the members of a gzip hold; undefined where one is damaged, or something else is between or behind them. */
function unpackMembers(bytes: Buffer): Buffer | undefined {
  const members: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    try {
      const { buffer, engine } = gunzipSync(bytes.subarray(at), { info: true }) as unknown as {
        buffer: Buffer;
        engine: { bytesWritten: number };
      };
      members.push(buffer);
      at += engine.bytesWritten;
    } catch {
      return undefined;
    }
  }
  return Buffer.concat(members);
}

/** Whether a text has only white space, commas, brackets, record separators and byte order marks. */
function isFraming(some: string): boolean {
  return /^[\s,[\]\ufeff]*$/.test(some.replaceAll('\u001e', ''));
}

/** Takes away, from the bytes of entries, those that account for a leaf. Fails at the first byte that none accounts for. */
function account({ text: bytes, original }: Leaf, entries: Buffer[]): void {
  const [whole] = entries;
  if (whole !== undefined && (whole.equals(original) || whole.equals(bytes))) {
    entries.shift();
    return;
  }
  // As bytes, each a character, so that nothing is lost in decoding.
  let rest = bytes.toString('latin1');
  for (let next = entries[0]; next !== undefined; next = entries[0]) {
    const at = rest.indexOf(next.toString('latin1'));
    if (at === -1 || !isFraming(Buffer.from(rest.slice(0, at), 'latin1').toString('utf8'))) break;
    rest = rest.slice(at + next.length);
    entries.shift();
  }
  const left = Buffer.from(rest, 'latin1').toString('utf8');
  expect(isFraming(left), `${JSON.stringify(left)} is not accounted for`).toBe(true);
}

function expectAccounted(body: Buffer): void {
  const arrival = { ...arrivalFrom('emnify'), delivery: 0, position: 'stream/shard/1' };
  const entries = [...readBodyEntries(body, arrival)].map(({ readBytes }) => Buffer.from(readBytes()));
  if (entries.length === 1 && entries[0]?.equals(body)) return;
  const leaves = findLeaves(body);
  expect(leaves, 'a byte is in no text').toBeDefined();
  for (const leaf of leaves ?? []) account(leaf, entries);
  expect(entries.map(String)).toEqual([]);
}

describe('each byte is in a record that was stored, ignored or rejected, or is framing,', () => {
  it.each([
    ['of a text', mutated(plain)],
    ['of gzip', mutated(gzipped)],
    ['of an aggregate', mutated(aggregate)],
    ['of an aggregate that was written otherwise', otherAggregate],
  ])('%s, however it was damaged', (_, body) => {
    fc.assert(fc.property(body, expectAccounted), runs(2_000));
  });
});
