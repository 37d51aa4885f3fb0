import { describe, expect, it } from 'vitest';
import { findModules, readSourceFiles } from '../../source-files.ts';

const files = [...readSourceFiles(['lambda/days/'])];

/** What the files may use in addition to each other and the ledger: hashing, comparing, errors, and the Parquet library. */
const allowed: ReadonlySet<string> = new Set([
  ...['node:crypto', 'node:util', 'hyparquet', 'hyparquet-writer'],
  '../../errors.ts',
]);

/** What a file uses from outside: modules, clocks, randomness and environment. */
function listForeignParts(text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  const modules = findModules(code).filter(
    (name) =>
      !/^(?:\.{1,2}|\.{1,2}\/(?:pass|fence|findings)|(?:\.\.\/)+(?:ledger|json))\/[^/]+$/.test(name) &&
      !allowed.has(name),
  );
  const globals = code.match(
    /\b(?:Date\.now|new Date\(\)|Math\.random|random\w+|process|performance|globalThis|console|fetch|set(?:Timeout|Interval|Immediate))(?![\w'])/g,
  );
  return [...modules, ...(globals ?? [])];
}

describe('the day pass', () => {
  it.each(files)('gets time, tables, bucket and queue from its caller: %s', (_, text) => {
    expect(listForeignParts(text)).toEqual([]);
  });

  it.each([
    ["import { environment } from '../../aws/names.ts';", ['../../aws/names.ts']],
    ["import { usageCodec } from '../store/schema.ts';", ['../store/schema.ts']],
    ["import { randomUUID } from 'node:crypto'; const id = randomUUID();", ['randomUUID', 'randomUUID']],
    ['const now = Date.now();', ['Date.now']],
    ["import { later } from '../ledger/register.ts'; import type { Day } from './day.ts';", []],
  ])('is judged by each import and each clock in: %s', (text, parts) => {
    expect(listForeignParts(text)).toEqual(parts);
  });
});
