import { describe, expect, test } from 'vitest';
import { BlockReader } from '../../../../lambda/ingest/files/blocks.ts';
import { parseLayout, readLayout } from '../../../../lambda/ingest/files/layout.ts';
import { parseRows } from '../../../../lambda/ingest/files/rows.ts';
import { header, row } from './cdr.ts';

/** Files of about this many bytes that could take more work than their length. */
const files: Readonly<Record<string, (size: number) => string>> = {
  'a stray quote before tiny rows': (size) => `${header}\n"\n${'1\n'.repeat(size / 2)}`,
  'rows that each leave a quote open': (size) => `${header}\n${'"x,y"z,"w\n'.repeat(size / 10)}`,
  'rows of quotes': (size) => `${header}\n${`${'"'.repeat(1_000)}\n`.repeat(size / 1_001)}`,
  'one row of quotes': (size) => `${header}\n${'"'.repeat(size)}\n`,
  'one row of empty cells': (size) => `${header}\n${','.repeat(size)}\n`,
  'one line': (size) => `${header}\n${'x'.repeat(size)}`,
  'rows of empty cells': (size) => `${header}\n${',,,\n'.repeat(size / 4)}`,
  'tiny rows': (size) => `${header}\n${'1\n'.repeat(size / 2)}`,
  'zero bytes': (size) => `${header}\n${'\0'.repeat(size)}`,
  'carriage returns': (size) => `${header}\n${'\r'.repeat(size)}`,
  headers: (size) => `${`${header}\n`.repeat(size / header.length)}`,
  'headers of another order': (size) =>
    `${header}\n${'id,volume_rx,volume_tx,start_timestamp\n1,1,1,2026-10-01\n'.repeat(size / 60)}`,
  'byte-order marks': (size) => `${header}\n${'\uFEFF'.repeat(size / 3)}\n`,
  'stated separators': (size) => `${header}\n${'sep=;\n'.repeat(size / 6)}`,
  records: (size) => `${header}\n${`${row(1)}\n`.repeat(size / row(1).length)}`,
};

async function* chunksOf(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}

/** Milliseconds of CPU that reading a file takes. */
async function work(text: string): Promise<{ milliseconds: number; maxRows: number }> {
  const bytes = Buffer.from(text);
  const before = process.cpuUsage();
  const layout = parseLayout(header, 'cdr_1.csv');
  const reader = new BlockReader(chunksOf(bytes));
  let maxRows = 0;
  for (let block = await reader.readNext(','); block !== undefined; block = await reader.readNext(',')) {
    const rows = parseRows(block.bytes, block.ends, ',');
    maxRows = Math.max(maxRows, rows.length);
    for (const { fields } of rows) {
      if (fields !== undefined) layout.interpretRow(fields, { source, arrivedAt: 0 });
    }
  }
  const { user, system } = process.cpuUsage(before);
  return { milliseconds: (user + system) / 1000, maxRows };
}

const source = { name: 'main', carrier: '1nce', bytesPerMegabyte: 1_000_000 } as const;

/** The minimum of several measurements: other work on the machine only adds to them. */
async function leastWork(text: string): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let time = 0; time < 3; time += 1) least = Math.min(least, (await work(text)).milliseconds);
  return least;
}

/** Work that grows with the square of this would take minutes. */
const size = 2 ** 18;

describe('a file twice as long', () => {
  test.each(Object.entries(files))('of %s takes at most three times the work', async (_, make) => {
    await work(make(size / 8));
    let ratios: number[] = [];
    for (let attempt = 0; attempt < 4; attempt += 1) {
      // A few milliseconds are noise.
      const [once, twice] = [(await leastWork(make(size))) + 5, (await leastWork(make(2 * size))) + 5];
      ratios = [...ratios, twice / once];
      if (twice / once < 3) return;
    }
    expect(Math.min(...ratios)).toBeLessThan(3);
  });

  test.each(Object.entries(files))('of %s has no larger blocks', async (_, make) => {
    expect((await work(make(size))).maxRows).toBeLessThanOrEqual(4_096);
  });
});

test('takes time proportional to the number of blank rows before a header', async () => {
  const before = process.cpuUsage();
  const read = await readLayout(
    'cdr_1.csv',
    chunksOf(Buffer.from(',,\n'.repeat(20_000) + header)),
    undefined,
  );
  expect(read).toMatchObject({ layout: { header } });
  expect(process.cpuUsage(before).user / 1000).toBeLessThan(2_000);
});
