import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BlockReader, blockBytes, maxBlockRows } from '../../../../lambda/ingest/files/blocks.ts';
import { findRowEnds, parseRows } from '../../../../lambda/ingest/files/rows.ts';
import { runs } from '../../../records/runs.ts';

const field = fc.oneof(
  fc.constantFrom('', 'a', '"', '""', 'a"b', 'x\ny', 'x\r\ny', 'x,y', '€', ' ', ';'),
  fc.string({ maxLength: 6 }),
);

/** A well-formed row: fields that need quotes have them, others may. */
const row = fc
  .array(fc.tuple(field, fc.boolean()), { minLength: 1, maxLength: 5 })
  .map((fields) =>
    fields
      .map(([value, quoted]) =>
        quoted || /["\r\n,]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value,
      )
      .join(','),
  );
const lineEnd = fc.constantFrom('\n', '\r\n');
const wellFormed = fc
  .array(fc.tuple(row, lineEnd), { maxLength: 8 })
  .map((rows) => rows.map(([text, end]) => text + end).join(''));

/** Any bytes, mostly those that have a meaning in CSV. */
const anyBytes = fc
  .array(
    fc.oneof({ weight: 6, arbitrary: fc.constantFrom(0x22, 0x2c, 0x0a, 0x0d, 0x61, 0x20) }, fc.nat(255)),
    {
      maxLength: 60,
    },
  )
  .map((bytes) => Buffer.from(bytes));

function rowsOf(bytes: Buffer) {
  return parseRows(bytes, [...findRowEnds(bytes, ','), bytes.length], ',');
}

describe('every file', () => {
  it('that is well-formed has the rows that a CSV parser finds in the whole file', () => {
    fc.assert(
      fc.property(wellFormed, (text) => {
        const bytes = Buffer.from(text);
        const expected: string[][] = parse(bytes, {
          relax_column_count: true,
          skip_empty_lines: true,
          record_delimiter: ['\r\n', '\n'],
        });
        const stated = expected.filter((fields) => fields.some((field) => field.trim() !== ''));
        expect(rowsOf(bytes).map(({ fields }) => fields)).toEqual(stated);
      }),
      runs(500),
    );
  });

  it('has each of its bytes in some row, in order, except line breaks and rows of empty cells', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        let end = 0;
        for (const row of [...rowsOf(bytes).map((each) => each.bytes), Buffer.alloc(0)]) {
          const begin = row.length === 0 ? bytes.length : bytes.indexOf(row, end);
          const between = bytes.subarray(end, begin).toString('utf8');
          expect(between.replaceAll(/[",]/g, '').trim()).toBe('');
          end = begin + row.length;
        }
        expect(end).toBe(bytes.length);
      }),
      runs(1000),
    );
  });

  it('has rows that say what their own bytes say', () => {
    fc.assert(
      fc.property(anyBytes, (content) => {
        const bytes = Buffer.concat([content, Buffer.from('\n')]);
        for (const { fields, bytes: own } of rowsOf(bytes)) {
          if (fields === undefined) continue;
          const [alone] = parse(own, {
            relax_column_count: true,
            record_delimiter: ['\r\n', '\n'],
          }) as string[][];
          expect(fields).toEqual(alone ?? ['']);
        }
      }),
      runs(500),
    );
  });
});

/** Some rows of a file of one or two megabytes, with what makes cutting it into blocks difficult. */
const largeFile = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: row.map((text) => `${text}\n`) },
      fc.constantFrom('"unclosed,\n', '\n', 'stray"quote\n', `"${'long\n'.repeat(200)}"\n`, '\r\n'),
    ),
    { minLength: 3, maxLength: 30 },
  )
  .map((pieces) => {
    const text = pieces.join('');
    return Buffer.from(text.repeat(Math.ceil(1_200_000 / text.length)));
  });

async function* chunksOf(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (let index = 0; at < bytes.length; index += 1) {
    const size = sizes[index % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function blocksOf(bytes: Buffer, sizes: readonly number[]) {
  const reader = new BlockReader(chunksOf(bytes, sizes));
  const blocks: { bytes: Buffer; ends: readonly number[]; isResumable: boolean }[] = [];
  for (let block = await reader.readNext(','); block !== undefined; block = await reader.readNext(',')) {
    blocks.push({ bytes: Buffer.from(block.bytes), ends: block.ends, isResumable: reader.isResumable });
  }
  return blocks;
}

describe('every large file', () => {
  const chunkSizes = fc.array(fc.integer({ min: 1000, max: 700_000 }), { minLength: 1, maxLength: 5 });

  it('is cut into the same blocks whatever chunks its bytes arrive in, without losing any', async () => {
    await fc.assert(
      fc.asyncProperty(largeFile, chunkSizes, async (bytes, sizes) => {
        const blocks = await blocksOf(bytes, sizes);
        const atOnce = await blocksOf(bytes, [bytes.length]);
        expect(blocks.map(({ ends }) => ends)).toEqual(atOnce.map(({ ends }) => ends));
        expect(Buffer.concat(blocks.map((block) => block.bytes)).equals(bytes)).toBe(true);
        expect(blocks.every((block) => block.ends.at(-1) === block.bytes.length)).toBe(true);
        expect(Math.max(...blocks.map(({ ends }) => ends.length))).toBeLessThanOrEqual(maxBlockRows);
      }),
      runs(12),
    );
  });

  it('is cut into the same blocks from any block after which reading can resume', async () => {
    await fc.assert(
      fc.asyncProperty(largeFile, chunkSizes, async (bytes, sizes) => {
        const blocks = await blocksOf(bytes, sizes);
        const first = blocks.findIndex(({ isResumable }) => isResumable);
        const position = blocks.slice(0, first + 1).reduce((sum, block) => sum + block.bytes.length, 0);
        const rest = await blocksOf(bytes.subarray(position), sizes);
        expect(rest.map(({ ends }) => ends)).toEqual(blocks.slice(first + 1).map(({ ends }) => ends));
      }),
      runs(8),
    );
  });

  it('has the same rows in blocks as in one piece, if its quotes are closed', async () => {
    const closed = fc
      .array(
        row.map((text) => `${text}\n`),
        { minLength: 3, maxLength: 30 },
      )
      .map((rows) => Buffer.from(rows.join('').repeat(Math.ceil(540_000 / rows.join('').length))));
    await fc.assert(
      fc.asyncProperty(closed, chunkSizes, async (bytes, sizes) => {
        const blocks = await blocksOf(bytes, sizes);
        const rows = blocks.flatMap((block) => parseRows(block.bytes, block.ends, ','));
        const whole = rowsOf(bytes);
        expect(rows.length).toBe(whole.length);
        expect(rows.every((each, index) => each.bytes.equals(whole[index]?.bytes ?? Buffer.alloc(0)))).toBe(
          true,
        );
        expect(rows.every((each) => each.fields !== undefined)).toBe(true);
      }),
      runs(2),
    );
  });

  it('ends, even as one row of quotes that are never closed', async () => {
    const bytes = Buffer.from(`a,b\n"${`x,${'y'.repeat(97)}\n`.repeat(30_000)}`);
    const blocks = await blocksOf(bytes, [64 * 1024]);
    expect(blocks.length).toBeLessThan((1.1 * bytes.length) / blockBytes);
    expect(blocks.flatMap((block) => parseRows(block.bytes, block.ends, ',')).length).toBe(30_001);
  });
});
