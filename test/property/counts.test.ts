import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { seed } from './trials.ts';

/** How often the properties are tried in an ordinary run, by the numbers in their files. */

const folder = fileURLToPath(new URL('.', import.meta.url));

function trialsIn(name: string): number {
  const text = readFileSync(`${folder}${name}`, 'utf8');
  return [...text.matchAll(/trials\(([\d_]+)\)/g)]
    .map(([, count = '']) => Number(count.replaceAll('_', '')))
    .reduce((sum, count) => sum + count, 0);
}

test('the properties are tried ten thousand times in memory, and three hundred times on each engine over HTTP', () => {
  const files = readdirSync(folder).filter((name) => name.endsWith('.property.test.ts'));
  const inMemory = files.filter((name) => !name.startsWith('http.')).map(trialsIn);
  expect(inMemory.reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(10_000);
  expect(trialsIn('http.property.test.ts')).toBeGreaterThanOrEqual(300);
});

test('properties that name no seed have the one of all', () => {
  expect(fc.readConfigureGlobal()).toMatchObject({ seed });
});
