import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { App } from 'aws-cdk-lib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readConfiguration } from '../lib/configuration.ts';
import { portVariables } from '../local/options.ts';
import { installed } from './emulators/installed-clients.ts';

/**
 * The README's commands, copied line by line, in their order, into a shell that knows nothing but what the README has
 * exported. Only the ports are others, since a machine may have a local run of its own.
 */

const project = fileURLToPath(new URL('../', import.meta.url));
const readme = readFileSync(join(project, 'README.md'), 'utf8');

/** A command as a reader copies it, and the JSON that the README shows below it. */
interface Command {
  readonly text: string;
  readonly answer: string | undefined;
}

function commandsIn(text: string): Command[] {
  const blocks = [...text.matchAll(/^```sh\n(.*?)^```\n(?:```json\n(.*?)^```\n)?/gms)];
  return blocks.flatMap(([, block = '', answer]) => {
    const lines = block
      .replaceAll(/\\\n\s*/g, '')
      .split('\n')
      .map((line) => line.replace(/\s+# .*$/, ''));
    const commands = lines.filter((line) => line.trim() !== '');
    return commands.map((command, index) => ({
      text: command,
      answer: index === commands.length - 1 ? answer : undefined,
    }));
  });
}

/** Commands that this test does not run, and why. All others are run. */
const notRun: readonly (readonly [RegExp, string])[] = [
  [/^npm ci && npm test$/, 'it is this test suite'],
  [/^npx cdk (bootstrap|deploy)$/, 'it needs an AWS account; that the command exists is tested'],
  [/^aws secretsmanager create-secret /, 'it needs an AWS account'],
];

const commands = commandsIn(readme);
const recordFile = join(project, 'record.json');
const run = promisify(execFile);
/** Any that are free; those of the local run, once it is up. */
let ports: Readonly<Record<keyof typeof portVariables, string>> = {
  kinesis: '0',
  s3: '0',
  dynamoDb: '0',
  api: '0',
};
let home: string;
let localRun: ChildProcess | undefined;
const exported: string[] = [];

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'readme-'));
  // An answer of 401 ends curl with an error, as a reader would take it.
  await writeFile(join(home, '.curlrc'), 'fail\n');
});

afterAll(async () => {
  if (localRun !== undefined && localRun.exitCode === null) {
    const ended = new Promise((resolve) => localRun?.once('close', resolve));
    localRun.kill('SIGTERM');
    await ended;
  }
  await Promise.all([rm(home, { recursive: true }), rm(recordFile, { force: true })]);
});

/** The reader's environment: nothing of AWS or simledger but the ports. */
function environment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(AWS|SIMLEDGER|CDK)_/.test(name));
  const chosen = Object.entries(portVariables).map(([name, { variable }]) => [
    variable,
    ports[name as keyof typeof portVariables],
  ]);
  return {
    ...Object.fromEntries(kept),
    ...Object.fromEntries(chosen),
    CURL_HOME: home,
    CDK_OUTDIR: join(home, 'cdk.out'),
    // CDK's own checks of the default stack, which take most of the time, are in test/lib/checks.test.ts.
    CDK_VALIDATION: 'false',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_PAGER: '',
  };
}

/** The command with the chosen ports in the place of the fixed ones. */
function onChosenPorts(text: string): string {
  return Object.entries(portVariables).reduce(
    (command, [name, { port }]) =>
      command.replaceAll(`127.0.0.1:${port}`, `127.0.0.1:${ports[name as keyof typeof portVariables]}`),
    text,
  );
}

/** Starts what stays up, and waits until it says so. */
async function stayUp(text: string): Promise<string> {
  const child = spawn('bash', ['-c', `exec ${text}`], {
    cwd: project,
    env: environment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  localRun = child;
  let output = '';
  return new Promise((resolve, reject) => {
    const take = (chunk: Buffer): void => {
      output += chunk.toString();
      if (output.includes('Press Ctrl-C to stop')) resolve(output);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.once('close', () => reject(new Error(`${text} has ended: ${output}`)));
  });
}

/** The ports that the local run says it has. */
function readPorts(output: string): typeof ports {
  const port = (name: string): string =>
    new RegExp(`^ *${name} +http://127\\.0\\.0\\.1:(\\d+)$`, 'm').exec(output)?.[1] ?? expect.fail(output);
  return { kinesis: port('kinesis'), s3: port('s3'), dynamoDb: port('dynamoDb'), api: port('api') };
}

describe.skipIf(process.platform === 'win32')('the README’s command', () => {
  for (const { text, answer } of commands) {
    const reason = notRun.find(([pattern]) => pattern.test(text))?.[1];
    const needsAws = /^aws /.test(text) && !installed.aws;
    const why = reason ?? (needsAws ? 'the AWS CLI is not installed' : undefined);
    test.skipIf(why !== undefined)(
      `${text}${why === undefined ? ' works as printed' : ` is not run: ${why}`}`,
      async () => {
        if (text === 'npm ci && npm start') {
          // What `npm ci` installs is what this test runs from.
          const output = await stayUp('npm start');
          expect(output).toContain('The ledger now');
          ports = readPorts(output);
          return;
        }
        if (text.startsWith('export ')) {
          exported.push(text);
          return;
        }
        const script = [...exported, onChosenPorts(text)].join('\n');
        const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', script], {
          cwd: project,
          env: environment(),
          maxBuffer: 64 * 1024 * 1024,
        });
        if (answer !== undefined) expect(JSON.parse(stdout)).toMatchObject(JSON.parse(answer));
      },
    );
  }

  test('of CDK that is not run exists', async () => {
    const { stdout } = await run('npx', ['cdk', '--help'], { cwd: project });
    const named = new Set(commands.flatMap(({ text }) => /^npx cdk (\w+)/.exec(text)?.[1] ?? []));
    expect([...named]).toEqual(['synth', 'bootstrap', 'deploy']);
    for (const name of named) expect(stdout).toMatch(new RegExp(`^ *cdk ${name}\\b`, 'm'));
  });
});

test('the README’s receiver is accepted', () => {
  const snippet =
    /^# In cdk\.json, within "simledger": (.*)$/m.exec(readme)?.[1] ?? expect.fail('There is none');
  const app = new App({ context: { simledger: JSON.parse(`{${snippet}}`) } });
  expect(readConfiguration(app.node).receivers).toEqual([
    {
      ...{ name: 'phone', kind: 'pagerduty', secret: 'simledger/phone' },
      ...{ minimumSeverity: 'info', rules: undefined },
    },
  ]);
});

test('the README’s settings of one’s own carriers are accepted', () => {
  const snippet = /^```json\n("simledger": .*?)^```$/ms.exec(readme)?.[1] ?? expect.fail('There is none');
  const app = new App({ context: JSON.parse(`{${snippet}}`) });
  expect(readConfiguration(app.node).sources.map(({ name, carrier }) => [name, carrier])).toEqual([
    ['1nce', '1nce'],
    ['twilio', 'twilio'],
  ]);
});
