import { describe, expect, it } from 'vitest';
import { findModules, readSourceFiles } from '../../source-files.ts';

const files = [...readSourceFiles(['lambda/ledger/'])];

/** What a file takes from outside its folder: modules, and what the runtime says of time, chance and environment. */
function foreignParts(text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  const modules = findModules(code).filter((name) => !/^\.\/[^/]+$/.test(name));
  const globals = code.match(
    /\b(?:Date\.now|new Date\(\)|Math\.random|process|performance|globalThis|crypto|console|fetch|set(?:Timeout|Interval|Immediate))(?![\w'])/g,
  );
  return [...modules, ...(globals ?? [])];
}

describe('the ledger', () => {
  it.each(files)(
    'is pure: %s imports nothing outside lambda/ledger and reads no clock or environment',
    (_, text) => {
      expect(foreignParts(text)).toEqual([]);
    },
  );

  it.each([
    ["import { environment } from '../aws/names.ts';", ['../aws/names.ts']],
    ["import type { Fault } from '../carriers/reading.ts';", ['../carriers/reading.ts']],
    ["export * from '../json/json.ts';", ['../json/json.ts']],
    ["import { createHash } from 'node:crypto';", ['node:crypto']],
    ["const { parse } = await import('csv-parse');", ['csv-parse']],
    ['const stage = process.env["STAGE"];', ['process']],
    ['const now = Date.now();', ['Date.now']],
    ['const now = new Date().toISOString();', ['new Date()']],
    ['const started = performance.now();', ['performance']],
    ['const id = Math.random();', ['Math.random']],
    ["import { later } from './register.ts'; const time = new Date(milliseconds);", []],
  ])('is judged by each import and each clock in: %s', (text, parts) => {
    expect(foreignParts(text)).toEqual(parts);
  });
});
