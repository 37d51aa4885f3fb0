import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import cdk from '../../cdk.json' with { type: 'json' };
import { environment } from '../../lambda/aws/names.ts';
import { functions } from '../../lib/limits.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));

/** Runs the app as `cdk synth` runs it, which passes context and output folder by environment. */
async function runApp(
  outputFolder: string,
  context: Record<string, unknown>,
  variables: Record<string, string> = {},
) {
  return run(process.execPath, ['--import', 'tsx', 'bin/simledger.ts'], {
    cwd: root,
    env: {
      ...process.env,
      CDK_OUTDIR: outputFolder,
      CDK_CONTEXT_JSON: JSON.stringify(context),
      ...variables,
    },
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
      [environment.sessionRefresh]: 'hourly',
      [environment.writes]: 'single',
      [environment.webhookSources]: '[]',
      [environment.apiAccess]: 'iam',
      [environment.apiPersonalData]: 'never',
      [environment.apiSources]: '[]',
      [environment.alertRules]: '{"rules":[],"groupWait":0}',
      [environment.alertSources]: '[]',
      [environment.alertReceivers]: '[]',
      AWS_REGION: 'eu-central-1',
    },
  });
  return stdout;
}

/** The folder of each function's bundle, by the function's path in the stack. */
async function bundlesOf(output: string): Promise<[string, string][]> {
  const template = JSON.parse(await readFile(join(output, 'simledger.template.json'), 'utf8'));
  const resources: { Type: string; Metadata: Record<string, string> }[] = Object.values(template.Resources);
  return resources
    .filter(({ Type }) => Type === 'AWS::Lambda::Function')
    .map(({ Metadata }) => [
      (Metadata['aws:cdk:path'] ?? '').replace(/^simledger\/|\/Function\/Resource$/g, ''),
      join(output, Metadata['aws:asset:path'] ?? ''),
    ]);
}

/** Maximum bytes of a bundle, which a cold start must load. */
function maxBytes(path: string): number {
  if (path === 'WebhookIngest/Receiver') return 90_000;
  // It has a reader of Parquet files of 60 KB.
  if (path === 'QueryApi/Reader') return 470_000;
  // It writes Parquet files, reads their rows and columns, and rates usage.
  if (path === 'DayPass/Worker') return 500_000;
  return path === 'FileIngest/FileImporter' ? 560_000 : 380_000;
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
    const metadata = { 'aws:cdk:enable-path-metadata': true, 'aws:cdk:enable-asset-metadata': true };
    const sources = [{ name: 'default', carrier: 'kore', bucket: true, webhook: true }];
    const receivers = [{ name: 'ops', kind: 'topic' }];
    const simledger = { sources, receivers, otlp: { secret: 'simledger/otlp' } };
    // CDK's own checks of this stack, which take most of the time, are in checks.test.ts.
    await runApp(folder, { ...cdk.context, ...metadata, simledger }, { CDK_VALIDATION: 'false' });

    const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8'));
    expect(manifest.missing).toBeUndefined();
    expect(manifest.artifacts.simledger.environment).toBe('aws://unknown-account/unknown-region');

    const bundles = await bundlesOf(folder);
    expect(bundles.length).toBe(Object.keys(functions).length);
    for (const [path, bundle] of bundles) {
      // The console's files, and the contract, are beside the code, which does not grow by them.
      const beside = path === 'QueryApi/Reader' ? ['console', 'documentation'] : [];
      expect([path, (await readdir(bundle)).sort()]).toEqual([path, [...beside, 'index.js', 'index.js.map']]);
      expect([path, await handlerTypeOf(join(bundle, 'index.js'))]).toEqual([path, 'function']);
      const { size } = await stat(join(bundle, 'index.js'));
      expect([path, size <= maxBytes(path)]).toEqual([path, true]);
    }
    const [, reader = ''] = bundles.find(([path]) => path === 'QueryApi/Reader') ?? [];
    const served = await readdir(join(reader, 'console'));
    expect(served).toEqual(
      expect.arrayContaining(['index.html', expect.stringMatching(/^console-\w+\.js\.br$/)]),
    );
    expect(await readdir(join(reader, 'documentation'))).toEqual(['documentation.json', 'openapi.json']);
  });

  it.each([
    [
      { simledger: '{"removal":"keep"}' },
      'simledger.removal: "keep" given; accepted is one of retain, destroy\n',
    ],
    [
      { removal: 'destroy' },
      `The context key removal is unknown: "destroy" given; accepted is simledger, stackName (settings are given as JSON: -c simledger='{"removal":"destroy"}')\n`,
    ],
  ])('with %j ends with a sentence, and no stack trace', async (context, stderr) => {
    await expect(runApp(folder, context)).rejects.toMatchObject({ code: 1, stderr });
  });

  it('refuses a key of another region than the one that is deployed to', async () => {
    const kmsKeyArn = 'arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';
    const context = { simledger: { kmsKeyArn } };
    await expect(runApp(folder, context, { CDK_DEFAULT_REGION: 'eu-west-1' })).rejects.toMatchObject({
      code: 1,
      stderr: `simledger.kmsKeyArn: "${kmsKeyArn}" given; accepted is a key of eu-west-1, where the stack is deployed: services use keys of their own region only\n`,
    });
  });
});
