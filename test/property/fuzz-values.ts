import { gzipSync } from 'node:zlib';
import fc, { type Arbitrary } from 'fast-check';
import { writeRecord } from '../../simulator/corruption.ts';
import { aggregateOf } from '../records/aggregate.ts';
import { codePoint } from '../records/code-points.ts';
import { Case } from './case.ts';
import { fleetOf } from './fleet.ts';

/** Bytes, JSON and CSV that no carrier means to send. */

/** Texts at which readers stumble. */
const stumblingTexts = [
  '',
  ' ',
  '\u0000',
  '\ud800',
  '\uFEFF',
  '\u2028',
  'x'.repeat(5_000),
  '€'.repeat(700),
  'NaN',
  'Infinity',
  '-1',
  '1e400',
  '1e-200',
  '8.98828E+18',
  '9007199254740993',
  '٣٤٥',
  '__proto__',
  'constructor',
  '2026-02-30T00:00:00Z',
  '2026-06-30T23:59:60Z',
  '9999-12-31T23:59:59Z',
  '0000-00-00 00:00:00',
  '=HYPERLINK("http://example.com")',
  '../../etc/passwd',
  'a\nb',
  '{"a":',
  '"',
  "'; DROP TABLE Sessions; --",
] as const;

/** Texts of all kinds. */
export const text: Arbitrary<string> = fc.oneof(
  fc.constantFrom(...stumblingTexts),
  fc.string(),
  fc.string({ unit: codePoint }),
);

const number = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(-0, 1e308, 5e-324, 1e-200, 2 ** 53, -1, 1e21, 180, 180.000001),
);

/** Values that JSON can hold, and some that only its text can. */
export const anyJson: Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    text,
    number,
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(
      fc.oneof(fc.constantFrom('__proto__', 'constructor', 'toString', 'id', 'type'), text),
      tie('value'),
      {
        maxKeys: 5,
      },
    ),
    // A copy has no prototype that `__proto__` could set, and its JSON has such a member.
    fc.constant(JSON.parse('{"__proto__": {"sim_iccid": "8988307000000538178"}, "toString": 1}')),
  ),
})).value;

/** Far deeper than any record. */
export const deepJson: Arbitrary<string> = fc
  .record({
    depth: fc.constantFrom(50, 2_000, 2_000, 100_000),
    open: fc.constantFrom('[', '{"a":', '[{"a":['),
  })
  .map(({ depth, open }) => {
    const close = [...open].reverse().flatMap((sign) => (sign === '[' ? [']'] : sign === '{' ? ['}'] : []));
    return `${open.repeat(depth)}1${close.join('').repeat(depth)}`;
  });

/** The texts of a model fleet's records. */
export const realRecords: Arbitrary<readonly string[]> = fleetOf({ maxSims: 1 }).map(({ lives }) =>
  lives.flatMap(({ records }) => records.map(writeRecord)),
);

/** How a record's JSON is changed: at a member that the number picks. */
interface Mutation {
  readonly member: number;
  readonly way: 'replace' | 'remove' | 'nest' | 'add' | 'repeat';
  /** JSON. */
  readonly text: string;
}

/** Numbers that a parser may round, or that no table takes. */
const hardNumbers = [
  '-0',
  '1e400',
  '1e-200',
  '4.9E-324',
  '123456789012345678901234567890',
  '9007199254740993',
  '0.1234567890123456789012345678901234567890',
  '1E+2',
] as const;

const mutation: Arbitrary<Mutation> = fc.record({
  member: fc.nat(100),
  way: fc.constantFrom('replace', 'replace', 'replace', 'remove', 'nest', 'add', 'repeat'),
  text: fc.oneof(
    anyJson.map((value) => JSON.stringify(value)),
    fc.constantFrom(...hardNumbers),
    fc.constantFrom(...hardNumbers).map((digits) => `"${digits}"`),
  ),
});

/** The JSON of real records of which some members are not what they should be. */
export const mutatedRecord: Arbitrary<string> = fc
  .record({
    texts: realRecords,
    which: fc.nat(100),
    mutations: fc.array(mutation, { minLength: 1, maxLength: 4 }),
  })
  .map(({ texts, which, mutations }) => {
    const record: unknown = JSON.parse(texts[which % texts.length] ?? '{}');
    for (const [index, one] of mutations.entries()) mutate(record, one, index);
    return JSON.stringify(record).replace(
      /"@(\d)@"(:)?/g,
      (_, index: string, colon = '') => `${mutations[Number(index)]?.text}${colon}`,
    );
  });

type Holder = Record<string, unknown>;

/** What JSON can not hold as a value, such as a number's spelling, takes its place in the text. */
function mutate(record: unknown, { member, way }: Mutation, index: number): void {
  const places = placesIn(record);
  const place = places[member % Math.max(places.length, 1)];
  if (place === undefined) return;
  const { holder, name } = place;
  const text = `@${index}@`;
  if (way === 'remove') delete holder[name];
  else if (way === 'nest') holder[name] = { [name]: holder[name] };
  else if (way === 'add') holder[`x_${member}`] = text;
  else if (way === 'repeat') holder[name] = [holder[name], text];
  else holder[name] = text;
}

function placesIn(value: unknown): { holder: Holder; name: string }[] {
  if (typeof value !== 'object' || value === null) return [];
  const holder = value as Holder;
  return Object.keys(holder).flatMap((name) => [{ holder, name }, ...placesIn(holder[name])]);
}

/** What is done to bytes on a bad path. */
const damage = fc.oneof(
  fc.record({ at: fc.nat(3_000), remove: fc.nat(3), insert: fc.uint8Array({ maxLength: 3 }) }),
  fc.record({
    at: fc.nat(3_000),
    remove: fc.nat(200),
    insert: fc.constantFrom(
      ...['\u0000', '"', '{', '}', '\\', '\n', ',', '[', ']', '\uFEFF', '""', '"id":1,'].map((one) =>
        Buffer.from(one),
      ),
    ),
  }),
);

/** Bodies whose bytes were damaged. */
export function damaged(bytes: Arbitrary<Uint8Array>): Arbitrary<Buffer> {
  return fc.tuple(bytes, fc.array(damage, { minLength: 1, maxLength: 4 })).map(([whole, damages]) =>
    damages.reduce<Buffer>((rest, { at, remove, insert }) => {
      const from = at % (rest.length + 1);
      return Buffer.concat([rest.subarray(0, from), insert, rest.subarray(from + remove)]);
    }, Buffer.from(whole)),
  );
}

const realBody: Arbitrary<Buffer> = fc
  .tuple(realRecords, fc.constantFrom('\n', '', ',', '\n  '))
  .map(([texts, separator]) =>
    Buffer.from(separator === ',' ? `[${texts.join(',')}]` : texts.join(separator)),
  );

/** Bytes of a Kinesis record, and what is packed in them. */
export class FuzzedBody extends Case {
  readonly content: Buffer;
  readonly packing: 'plain' | 'gzip' | 'broken gzip' | 'aggregate';

  constructor(content: Buffer, packing: FuzzedBody['packing']) {
    super();
    this.content = content;
    this.packing = packing;
  }

  get bytes(): Buffer {
    if (this.packing === 'plain') return this.content;
    if (this.packing === 'aggregate') return aggregateOf(this.content, this.content);
    const zipped = gzipSync(this.content);
    return this.packing === 'gzip' ? zipped : zipped.subarray(0, -4);
  }

  /** An empty array is a body without records: nothing is stored of it, and nothing lost. */
  get holdsNothing(): boolean {
    return this.packing !== 'broken gzip' && /^\uFEFF?\s*\[\s*\]\s*$/.test(this.content.toString());
  }

  describe(): readonly string[] {
    return [`${this.packing}: ${JSON.stringify(this.content.toString('latin1'))}`];
  }
}

/** Anything at all, JSON of any shape, damaged records; packed in some way. */
export const fuzzedBody: Arbitrary<FuzzedBody> = fc
  .tuple(
    fc.oneof(
      { weight: 4, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
      { weight: 4, arbitrary: text.map((one) => Buffer.from(one)) },
      { weight: 8, arbitrary: anyJson.map((value) => Buffer.from(JSON.stringify(value))) },
      { weight: 1, arbitrary: deepJson.map((one) => Buffer.from(one)) },
      { weight: 8, arbitrary: damaged(realBody) },
      { weight: 8, arbitrary: mutatedRecord.map((one) => Buffer.from(one)) },
    ),
    fc.constantFrom(
      'plain' as const,
      'plain' as const,
      'gzip' as const,
      'aggregate' as const,
      'broken gzip' as const,
    ),
  )
  .map(([content, packing]) => new FuzzedBody(content, packing));
