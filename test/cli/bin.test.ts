import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const project = fileURLToPath(new URL('../../', import.meta.url));

test('npx simledger runs the package’s command, from any folder', async () => {
  const manifest = JSON.parse(await readFile(`${project}package.json`, 'utf8')) as {
    version: string;
    bin: { simledger: string };
  };
  const script = `${project}${manifest.bin.simledger}`;
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, [script, '--version'], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
  });
  expect(stdout).toBe(`${manifest.version}\n`);
  const env = { ...process.env, SIMLEDGER_API_PORT: '1' };
  await expect(run(process.execPath, [script, '--local', 'sims'], { env })).rejects.toMatchObject({
    code: 3,
    stdout: '',
    stderr: expect.stringMatching(/^No local run answers/),
  });
});
