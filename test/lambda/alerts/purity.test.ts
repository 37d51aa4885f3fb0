import { describe, expect, it } from 'vitest';
import { findModules, readSourceFiles } from '../../source-files.ts';

/** The files directly in the folder. Delivery and the sweep, in subfolders, use their results. */
const files = [...readSourceFiles(['lambda/alerts/'])].filter(([path]) => path.split('/').length === 3);

/** What a file uses from outside its folder and the ledger: modules, clocks, randomness and environment. */
function listForeignParts(text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  const modules = findModules(code).filter((name) => !/^(\.|\.\.\/ledger)\/[^/]+$/.test(name));
  const globals = code.match(
    /\b(?:Date\.now|new Date\(\)|Math\.random|process|performance|globalThis|crypto|console|fetch|set(?:Timeout|Interval|Immediate))(?![\w'])/g,
  );
  return [...modules, ...(globals ?? [])];
}

describe('the judging of alerts', () => {
  it.each(files)(
    'is pure: %s imports nothing but the ledger and a digest, and reads no clock',
    (path, text) => {
      expect(listForeignParts(text)).toEqual(path === 'lambda/alerts/digest.ts' ? ['node:crypto'] : []);
    },
  );

  it.each([
    ["import { environment } from '../aws/names.ts';", ['../aws/names.ts']],
    ["import type { Manifest } from '../store/manifest.ts';", ['../store/manifest.ts']],
    ["import { randomUUID } from 'node:crypto';", ['node:crypto']],
    ['const now = Date.now();', ['Date.now']],
    ["import { later } from '../ledger/register.ts'; import type { Rule } from './rules.ts';", []],
  ])('is judged by each import and each clock in: %s', (text, parts) => {
    expect(listForeignParts(text)).toEqual(parts);
  });
});
