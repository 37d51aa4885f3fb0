import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build, type Metafile } from 'esbuild';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { bundleOptions, listEntries } from '../../cli/bundle.ts';

const project = fileURLToPath(new URL('../../', import.meta.url));
const run = promisify(execFile);

describe('the modules that a command loads', () => {
  let metafile: Metafile;
  beforeAll(async () => {
    ({ metafile } = await build(bundleOptions(project)));
  });

  /** The modules that load with a file of the bundle, without dynamic imports. */
  function loadedWith(path: string): { bytes: number; packages: string[] } {
    const files = new Set<string>();
    const add = (file: string): void => {
      if (files.has(file)) return;
      files.add(file);
      for (const { path: imported, kind, external } of metafile.outputs[file]?.imports ?? []) {
        if (kind === 'import-statement' && external !== true) add(imported);
      }
    };
    add(path);
    const outputs = [...files].flatMap((file) => metafile.outputs[file] ?? []);
    const inputs = outputs.flatMap((output) => Object.keys(output.inputs));
    const packages = inputs.flatMap((input) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1] ?? []);
    return {
      bytes: outputs.reduce((sum, output) => sum + output.bytes, 0),
      packages: [...new Set(packages)].sort(),
    };
  }

  const findFile = (entryPoint: string): string =>
    Object.keys(metafile.outputs).find((path) => metafile.outputs[path]?.entryPoint === entryPoint) ?? '';

  test('help, version and completion load the program, and no AWS client', () => {
    const entry = findFile('cli/main.ts');
    expect(basename(entry)).toBe(listEntries(metafile)['cli/main.ts']);
    const { bytes, packages } = loadedWith(entry);
    expect(packages).toEqual(['@commander-js/extra-typings', 'commander', 'picocolors']);
    expect(bytes).toBeGreaterThan(50_000);
    expect(bytes).toBeLessThan(135_000);
  });

  test('a command of the local run loads no client that only a stack needs', () => {
    const { packages } = loadedWith(findFile('cli/deployment/local-run.ts'));
    expect(packages).toContain('@aws-sdk/client-dynamodb');
    for (const client of ['cloudformation', 'cloudwatch', 'iam', 'lambda', 'sns', 'sts']) {
      expect(packages).not.toContain(`@aws-sdk/client-${client}`);
    }
  });
});

describe('the bundle', () => {
  /** A clone with sources that a test may change. */
  async function clone(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'simledger-bundle-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
    for (const part of [
      'bin',
      'cli',
      'console',
      'emulators',
      'lambda',
      'lib',
      'local',
      'simulator',
      'package.json',
      'tsconfig.json',
    ]) {
      await cp(join(project, part), join(folder, part), { recursive: true, preserveTimestamps: true });
    }
    const packages = join(project, 'node_modules');
    await mkdir(join(folder, 'node_modules'));
    for (const entry of await readdir(packages, { withFileTypes: true })) {
      if (entry.name.startsWith('.') || entry.isFile()) continue;
      await symlink(join(packages, entry.name), join(folder, 'node_modules', entry.name), 'junction');
    }
    await cp(join(packages, '.package-lock.json'), join(folder, 'node_modules/.package-lock.json'));
    await dateBack(join(folder, 'node_modules/.package-lock.json'));
    return folder;
  }

  let secondsWritten = 1_793_620_800;

  /** Gives files modification times in the past, a second apart. */
  async function dateBack(path: string): Promise<void> {
    secondsWritten += 1;
    await utimes(path, secondsWritten, secondsWritten);
  }

  const files = (folder: string): string => join(folder, 'node_modules/.cache/simledger/files');
  const simledger = async (folder: string, ...args: string[]) =>
    run(process.execPath, [join(folder, 'cli/simledger.mjs'), ...args]);

  test('is made at the first use, then reused, and made again when a source has changed', async () => {
    const folder = await clone();
    const first = await simledger(folder, '--version');
    expect(first).toEqual({ stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), stderr: '' });
    const made = (await readdir(files(folder))).sort();
    expect(made).toContainEqual(expect.stringMatching(/^main-\w+\.mjs$/));

    // The output shows that the changed bundle runs.
    const [entry = ''] = made.filter((name) => /^main-\w+\.mjs$/.test(name));
    const code = await readFile(join(files(folder), entry), 'utf8');
    await writeFile(join(files(folder), entry), code.replaceAll('Operate simledger', 'Bundled simledger'));
    expect((await simledger(folder, '--help')).stdout).toContain('Bundled simledger');

    const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as object;
    await writeFile(join(folder, 'package.json'), JSON.stringify({ ...manifest, version: '99.0.0' }));
    await dateBack(join(folder, 'package.json'));
    expect((await simledger(folder, '--version')).stdout).toBe('99.0.0\n');
    expect((await simledger(folder, '--help')).stdout).toContain('Operate simledger');

    await rm(join(folder, 'node_modules/.cache/simledger/manifest.json'));
    await writeFile(join(folder, 'node_modules/.cache/simledger/manifest.json'), '{"entry":"main');
    expect((await simledger(folder, '--version')).stdout).toBe('99.0.0\n');
  });

  test('is not needed if it cannot be kept', async () => {
    const folder = await clone();
    await writeFile(join(folder, 'node_modules/.cache'), 'not a folder');
    const { stdout, stderr } = await simledger(folder, '--local', '--help');
    expect([stdout.slice(0, 17), stderr]).toEqual(['Usage: simledger ', '']);
  });
});
