import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import cdk from '../../cdk.json' with { type: 'json' };
import { environment } from '../../lambda/names.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));

/** Runs the app as `cdk synth` runs it, which passes context and output folder by environment. */
async function runApp(outputFolder: string, context: Record<string, unknown>) {
  return run(process.execPath, ['--import', 'tsx', 'bin/simledger.ts'], {
    cwd: root,
    env: { ...process.env, CDK_OUTDIR: outputFolder, CDK_CONTEXT_JSON: JSON.stringify(context) },
  });
}

/** Loads a bundle where no `node_modules` is in reach, with the variables that a function is deployed with. */
async function handlerTypeOf(file: string): Promise<string> {
  const variables = Object.values(environment).map((name) => [name, '1']);
  const script = 'process.stdout.write(typeof require(process.argv[1]).handler)';
  const { stdout } = await run(process.execPath, ['-e', script, file], {
    env: {
      ...process.env,
      ...Object.fromEntries(variables),
      [environment.sources]: '[]',
      AWS_REGION: 'eu-central-1',
    },
  });
  return stdout;
}

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'simledger-synth-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe('the app', () => {
  it('synthesises for any account and region, and bundles each function into one file', async () => {
    await runApp(folder, cdk.context);

    const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8'));
    expect(manifest.missing).toBeUndefined();
    expect(manifest.artifacts.simledger.environment).toBe('aws://unknown-account/unknown-region');

    const bundles = (await readdir(folder)).filter((name) => name.startsWith('asset.'));
    expect(bundles.length).toBe(2);
    for (const bundle of bundles) {
      expect((await readdir(join(folder, bundle))).sort()).toEqual(['index.js', 'index.js.map']);
      expect(await handlerTypeOf(join(folder, bundle, 'index.js'))).toBe('function');
    }
  });

  it('ends with the sentence about a wrong setting, and no stack trace', async () => {
    await expect(runApp(folder, { simledger: '{"removal":"keep"}' })).rejects.toMatchObject({
      code: 1,
      stderr: 'simledger.removal: "keep" given; accepted is one of retain, destroy\n',
    });
  });
});
