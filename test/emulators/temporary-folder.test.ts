import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createTemporaryFolder, removeStaleFolders } from '../../emulators/temporary-folder.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'temporary-'));
  for (const name of ['TMPDIR', 'TMP', 'TEMP']) vi.stubEnv(name, folder);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

/** A process that has made a folder with a file in it, and keeps running. */
async function otherProcess(): Promise<{ kill(): Promise<void> }> {
  const module = new URL('../../emulators/temporary-folder.ts', import.meta.url).href;
  const script = `
    import { writeFileSync } from 'node:fs';
    const { createTemporaryFolder } = await import(${JSON.stringify(module)});
    const { path } = await createTemporaryFolder('other');
    writeFileSync(path + '/file', 'content');
    console.log('made');
    setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    cwd: fileURLToPath(new URL('../../', import.meta.url)),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return {
    kill: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function runFolders(): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name.startsWith('local-aws-'));
}

describe('temporary folders', () => {
  test('are private, are inside one folder of the process, and leave nothing when the last is removed', async () => {
    const [one, other] = await Promise.all([createTemporaryFolder('one'), createTemporaryFolder('other')]);
    await writeFile(join(one.path, 'file'), 'content');
    const [own = ''] = await runFolders();
    expect((await readdir(join(folder, own))).map((name) => name.split('-')[0]).sort()).toEqual([
      'one',
      'other',
    ]);
    if (process.platform !== 'win32') expect((await stat(join(folder, own))).mode & 0o777).toBe(0o700);
    await one.remove();
    await one.remove();
    expect((await readdir(join(folder, own))).length).toBe(1);
    await other.remove();
    expect(await runFolders()).toEqual([]);
  });

  test('of a killed process are removed by the next one, those of a running process are not', async () => {
    const [killed, running] = await Promise.all([otherProcess(), otherProcess()]);
    await killed.kill();
    expect((await runFolders()).length).toBe(2);
    const mine = await createTemporaryFolder('mine');
    const left = await runFolders();
    await mine.remove();
    await running.kill();
    expect([left.length, (await runFolders()).length]).toEqual([2, 1]);
    await removeStaleFolders(folder);
    expect(await runFolders()).toEqual([]);
  });

  test('are distinguished from those of an earlier process with the same id', async () => {
    const mine = await createTemporaryFolder('mine');
    const [name = ''] = await runFolders();
    const earlier = name.replace(/^(local-aws-\d+-)\d+/, '$11');
    await mkdir(join(folder, earlier));
    await removeStaleFolders(folder);
    // Where the system does not say when a process started, the folder stays until the id is free.
    expect(await runFolders()).toEqual(process.platform === 'linux' ? [name] : [earlier, name].sort());
    await mine.remove();
  });

  test('of other machines, and folders with similar names, stay', async () => {
    const names = ['local-aws-1-1-00000000-abcdef', 'local-aws-s3-abcdef', 'local-aws-x'];
    for (const name of names) await mkdir(join(folder, name));
    await removeStaleFolders(folder);
    expect(await runFolders()).toEqual(names);
  });
});
