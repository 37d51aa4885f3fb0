import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type KeyedText, SortedTexts } from '../../../cli/bill/sorted-texts.ts';
import { trials } from '../../property/trials.ts';

/** Sorting texts on disk. */

const text: fc.Arbitrary<KeyedText> = fc.record({
  key: fc.oneof(fc.constantFrom('a', 'b', 'c'), fc.string()),
  text: fc.string().map((one) => JSON.stringify(one)),
});

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'simledger-test-'));
  vi.stubEnv('TMPDIR', folder);
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

test('texts are ordered by key, and then as they were added, for any memory limit', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(text, { maxLength: 30 }),
      fc.constantFrom(0, 300, 100_000),
      async (texts, max) => {
        const sorted = new SortedTexts(new AbortController().signal, max);
        for (const one of texts) await sorted.add(one);
        const found: KeyedText[] = [];
        for await (const one of sorted.walk()) found.push(one);
        await sorted.remove();
        expect(found).toEqual(texts.toSorted((a, b) => (a.key === b.key ? 0 : a.key < b.key ? -1 : 1)));
      },
    ),
    trials(15),
  );
  expect(await readdir(folder)).toEqual([]);
});

test('temporary files are removed when the results are not read any more', async () => {
  const controller = new AbortController();
  const sorted = new SortedTexts(controller.signal, 0);
  await sorted.add({ key: 'a', text: '"a"' });
  expect(await readdir(folder)).toHaveLength(1);
  controller.abort();
  expect(await readdir(folder)).toEqual([]);
});
