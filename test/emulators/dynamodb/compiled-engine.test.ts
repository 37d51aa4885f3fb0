import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { compileEngine, type EngineCompilation } from '../../../emulators/dynamodb/compiled-engine.ts';
import { startDynamoDb } from '../../../emulators/dynamodb/start.ts';

let compilation: EngineCompilation;
let entry: string;

beforeEach(async () => {
  const projectDirectory = await mkdtemp(join(tmpdir(), 'compiled-engine-'));
  compilation = { projectDirectory, cacheDirectory: join(projectDirectory, 'node_modules/.cache/engine') };
  entry = join(projectDirectory, 'engine.ts');
  await mkdir(join(projectDirectory, 'node_modules'));
  await writeSource('node_modules/.package-lock.json', '{}');
  await writeSource('tsconfig.json', '{}');
  await writeSource('engine.ts', "import 'a-package';\nimport './other.ts';\n");
  await writeSource('other.ts', "console.log('first' as string);\n");
});

afterEach(() => rm(compilation.projectDirectory, { recursive: true }));

/** Writes a source as one that was not changed lately. */
async function writeSource(name: string, text: string): Promise<void> {
  const path = join(compilation.projectDirectory, name);
  await writeFile(path, text);
  const past = new Date('2026-11-02T12:00:00Z');
  await utimes(path, past, past);
}

async function compile(): Promise<string> {
  return (await compileEngine(entry, compilation)) ?? expect.fail('Nothing was written');
}

async function listEngines(): Promise<string[]> {
  return (await readdir(compilation.cacheDirectory)).filter((name) => name.startsWith('engine-'));
}

describe('the engine', () => {
  test('is compiled to one file without its packages, and only once while its sources are unchanged', async () => {
    const file = await compile();
    const code = await readFile(file, 'utf8');
    expect(code).toContain('console.log("first");');
    expect(code).toContain('import "a-package";');
    const { mtimeMs } = await stat(file);
    expect(await compile()).toBe(file);
    expect((await stat(file)).mtimeMs).toBe(mtimeMs);
    expect(await listEngines()).toEqual([basename(file)]);
  });

  test('is compiled again when a source has changed, and the earlier file is removed after a day', async () => {
    const first = await compile();
    await writeSource('other.ts', "console.log('second');\n");
    const second = await compile();
    expect(await readFile(second, 'utf8')).toContain('console.log("second");');
    expect((await listEngines()).sort()).toEqual([basename(first), basename(second)].sort());
    const twoDaysAgo = new Date(Date.now() - 2 * 24 * 3_600_000);
    await Promise.all([first, second].map((file) => utimes(file, twoDaysAgo, twoDaysAgo)));
    await writeSource('other.ts', "console.log('third');\n");
    const third = await compile();
    expect(await listEngines()).toEqual([basename(third)]);
  });

  test('runs from its sources if the folder is not writable', async () => {
    await mkdir(join(compilation.cacheDirectory, '..'));
    await writeFile(compilation.cacheDirectory, 'a file');
    expect(await compileEngine(entry, compilation)).toBeUndefined();
    const engine = await startDynamoDb({ port: 0, tables: [], compilation });
    onTestFinished(() => engine.stop());
    expect(engine.port).toBeGreaterThan(0);
  });
});
