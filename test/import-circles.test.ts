import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const biome = createRequire(import.meta.url).resolve('@biomejs/biome/bin/biome');

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'import-circles-'));
  await copyFile(fileURLToPath(new URL('../biome.json', import.meta.url)), join(folder, 'biome.json'));
});

afterAll(() => rm(folder, { recursive: true }));

/** The files that the project's linter finds in a circle of imports. */
async function filesInCircles(files: Readonly<Record<string, string>>): Promise<string[]> {
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const options = ['lint', '--only=suspicious/noImportCycles', '--vcs-enabled=false', '--reporter=json', '.'];
  const { stdout } = await run(process.execPath, [biome, ...options], { cwd: folder }).catch(
    (failure: { stdout: string }) => failure,
  );
  const { diagnostics } = JSON.parse(stdout) as {
    diagnostics: { category: string; location: { path: string | { file: string } } }[];
  };
  return diagnostics
    .filter(({ category }) => category === 'lint/suspicious/noImportCycles')
    .map(({ location: { path } }) => (typeof path === 'string' ? path : path.file))
    .sort();
}

describe('the linter, which `npm test` runs first,', () => {
  it('refuses files that import each other, even only types', async () => {
    const circle = {
      'one.ts': "import type { Two } from './two.ts';\nexport type One = Two[];\n",
      'two.ts': "import { three } from './three.ts';\nexport type Two = typeof three;\n",
      'three.ts': "import type { One } from './one.ts';\nexport const three: readonly One[] = [];\n",
    };
    expect(await filesInCircles(circle)).toEqual(['one.ts', 'three.ts', 'two.ts']);
  });

  it('takes files that do not', async () => {
    const line = {
      'one.ts': "import type { Two } from './two.ts';\nexport type One = Two[];\n",
      'two.ts': "import { three } from './three.ts';\nexport type Two = typeof three;\n",
      'three.ts': 'export const three = 3;\n',
    };
    expect(await filesInCircles(line)).toEqual([]);
  });
});
