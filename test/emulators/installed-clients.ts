import { execFile } from 'node:child_process';
import { devNull } from 'node:os';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Without the account of the machine's user, and without looking for one on the network. */
const environment = {
  ...process.env,
  AWS_ACCESS_KEY_ID: 'any',
  AWS_SECRET_ACCESS_KEY: 'any',
  AWS_SESSION_TOKEN: undefined,
  AWS_DEFAULT_REGION: 'us-east-1',
  AWS_CONFIG_FILE: devNull,
  AWS_SHARED_CREDENTIALS_FILE: devNull,
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_PAGER: '',
};

/** Runs the installed AWS CLI against an emulator, and returns what it prints, parsed from JSON when it is any. */
export async function aws(endpoint: string, ...args: string[]): Promise<unknown> {
  const { stdout } = await run('aws', ['--endpoint-url', endpoint, '--output', 'json', ...args], {
    env: environment,
  });
  return stdout.trim() === '' ? undefined : JSON.parse(stdout);
}

/** Runs a Python script that prints JSON, with the emulator's endpoint as its argument. */
export async function python(endpoint: string, script: string): Promise<unknown> {
  const { stdout } = await run('python3', ['-c', script, endpoint], { env: environment });
  return JSON.parse(stdout);
}

/** Whether the AWS CLI and boto3 are installed on this machine. */
export const installed = {
  aws: await answers('aws', '--version'),
  boto3: await answers('python3', '-c', 'import boto3'),
};

async function answers(command: string, ...args: string[]): Promise<boolean> {
  return run(command, args).then(
    () => true,
    () => false,
  );
}
