import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bundleFunction } from '../../../emulators/lambda-runtime/bundle.ts';
import { BundleCache } from '../../../emulators/lambda-runtime/bundle-cache.ts';

const projectDirectory = fileURLToPath(new URL('../../../', import.meta.url));
let folder: string;
let cache: string;
let entry: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bundle-cache-'));
  cache = join(folder, 'cache');
  entry = join(folder, 'handler.ts');
  await writeSource('handler.ts', "export { handler } from './other.ts';\n");
  await writeSource('other.ts', "export const handler = () => 'first';\n");
});

afterEach(() => rm(folder, { recursive: true }));

/** Writes a source as one that was not changed lately. */
async function writeSource(name: string, text: string): Promise<void> {
  await writeFile(join(folder, name), text);
  const past = new Date('2026-11-02T12:00:00Z');
  await utimes(join(folder, name), past, past);
}

let bundles = 0;

/** The text of the bundled handler. */
async function bundle(): Promise<string> {
  const { handler } = await bundleFunction(entry, join(folder, `bundle-${++bundles}`), {
    ...{ projectDirectory, cacheDirectory: cache, format: 'cjs', target: 'node20' },
  });
  return readFile(handler, 'utf8');
}

/** Puts a mark into what is kept, so that it can be told from a new bundle. */
async function markKept(): Promise<void> {
  const names = await readdir(cache);
  expect(names).toEqual([expect.stringMatching(/^[0-9a-f]{64}\.json$/)]);
  const path = join(cache, names.join());
  await writeFile(path, (await readFile(path, 'utf8')).replace('first', 'kept'));
}

describe('a function’s bundle', () => {
  test('is made once of the same sources', async () => {
    expect(await bundle()).toContain('first');
    await markKept();
    expect(await bundle()).toContain('kept');
  });

  test.each([
    ['is changed', () => writeSource('other.ts', "export const handler = () => 'second';\n")],
    ['is moved', () => moveOther()],
  ])('is made anew if a source %s, even with the same time', async (_, change) => {
    await bundle();
    await markKept();
    await change();
    const text = await bundle();
    expect(text).toContain('second');
    expect(text).not.toContain('kept');
  });

  test('is made if nothing can be kept, and if the kept bundle is broken', async () => {
    await bundle();
    const [name = ''] = await readdir(cache);
    await writeFile(join(cache, name), '{"inputs":[[');
    expect(await bundle()).toContain('first');
    await rm(cache, { recursive: true });
    await writeFile(cache, '');
    expect(await bundle()).toContain('first');
  });

  test('is not kept when a source was changed while it was made', async () => {
    const kept = new BundleCache(folder, cache);
    await mkdir(join(folder, 'node_modules'));
    await writeSource('node_modules/.package-lock.json', '{}');
    await writeSource('tsconfig.json', '{}');
    const files = { 'index.cjs': 'first' };
    await kept.keep({}, ['other.ts'], files, Date.parse('2026-11-02T12:00:00Z'));
    expect(await kept.read({})).toBeUndefined();
    await kept.keep({}, ['other.ts'], files, Date.parse('2026-11-02T12:00:01Z'));
    expect(await kept.read({})).toEqual(files);
  });
});

async function moveOther(): Promise<void> {
  await rm(join(folder, 'other.ts'));
  await writeSource('handler.ts', "export { handler } from './moved.ts';\n");
  await writeSource('moved.ts', "export const handler = () => 'second';\n");
}
