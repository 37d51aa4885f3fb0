import { parse } from 'csv-parse/sync';
import * as fc from 'fast-check';
import pc from 'picocolors';
import { describe, expect, test } from 'vitest';
import { drawBar, formatAge, formatTable } from '../../../cli/terminal/figures.ts';
import { formatDuration, printBytes } from '../../../cli/terminal/quantities.ts';
import { formatCsvRow } from '../../../cli/terminal/terminal.ts';
import { codePoint } from '../../records/code-points.ts';

describe('a CSV row', () => {
  test.each([
    [['a', 1, true, null, undefined], 'a,1,true,,\r\n'],
    [['=1+1', '@x', '+49 1', '-x', '\tx', '\rx'], `'=1+1,'@x,'+49 1,'-x,'\tx,"'\rx"\r\n`],
    [[-1, '-0.5', '12'], '-1,-0.5,12\r\n'],
    [['a,b', 'say "x"', 'two\nlines'], '"a,b","say ""x""","two\nlines"\r\n'],
    [[{ a: 1 }], '"{""a"":1}"\r\n'],
  ])('%j', (cells, row) => {
    expect(formatCsvRow(cells)).toBe(row);
  });

  test('is read unchanged, except for an apostrophe before a formula', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: codePoint }), { minLength: 2 }), (cells) => {
        const [read] = parse(formatCsvRow(cells)) as string[][];
        expect(read?.map((cell, at) => (cell === `'${cells[at]}` ? cells[at] : cell))).toEqual(cells);
        expect(read?.some((cell) => /^[=+\-@\t\r]/.test(cell) && Number.isNaN(Number(cell)))).toBe(false);
      }),
    );
  });
});

test('bytes have three digits, and bars have eighths', () => {
  expect([0, 999, 1_000, 12_345, 999_999, 1_500_000_000, 3e18].map(printBytes)).toEqual([
    ...['0 B', '999 B', '1.00 kB', '12.3 kB', '1000 kB', '1.50 GB', '3000 PB'],
  ]);
  expect([0, 1, 50, 100].map((value) => drawBar(value, 100, 4))).toEqual(['', '▏', '██', '████']);
  expect([drawBar(5, 0, 4), drawBar(1_000_000, 3_000_000, 1)]).toEqual(['', '▍']);
});

test('ages are in the largest unit that makes at least two', () => {
  expect([0, 59, 119, 120, 7_199, 7_200, 172_799, 172_800].map(formatDuration)).toEqual([
    ...['0 s', '59 s', '119 s', '2 min', '119 min', '2 h', '47 h', '2 d'],
  ]);
  const now = Date.parse('2026-11-02T12:00:00Z');
  expect([formatAge('2026-11-02T11:00:00Z', now), formatAge(now + 5_000, now)]).toEqual(['60 min', '0 s']);
});

test('a table has numbers on the right and no spaces at the end of lines', () => {
  const rows = [
    ['a', '1,234', ''],
    ['bc', '5', ''],
  ];
  expect(formatTable(pc.createColors(false), ['name', 'count', ''], rows)).toBe(
    'name  count\na     1,234\nbc        5',
  );
});
