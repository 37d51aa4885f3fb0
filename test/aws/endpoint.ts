import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { type RecordingProxy, startRecordingProxy } from './recording-proxy.ts';

/** An AWS-compatible endpoint, and how everything here finds it. */
export interface Endpoint {
  readonly proxy: RecordingProxy;
  readonly region: string;
  readonly account: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** The environment of a process that works on the endpoint, as far as AWS is concerned. */
  readonly env: Readonly<Record<string, string>>;
}

/** How a program ended. */
export interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

export const projectFolder = fileURLToPath(new URL('../..', import.meta.url));

/** Environment variables with which a user's own AWS configuration would get in. */
const ownConfiguration =
  /^AWS_(PROFILE|DEFAULT_PROFILE|CONFIG_FILE|SHARED_CREDENTIALS_FILE|SESSION_TOKEN)$|^AWS_ENDPOINT_URL/;

/**
 * Opens the endpoint of `AWS_ENDPOINT_URL`, through a proxy that notes what it fails at. Credentials and region are
 * those of the environment, where it has some; an endpoint that asks for none takes any.
 */
export async function openEndpoint(url: string): Promise<Endpoint> {
  const region = process.env['AWS_REGION'] ?? process.env['AWS_DEFAULT_REGION'] ?? 'us-east-1';
  const credentials = {
    accessKeyId: process.env['AWS_ACCESS_KEY_ID'] ?? 'test',
    secretAccessKey: process.env['AWS_SECRET_ACCESS_KEY'] ?? 'test',
  };
  const proxy = await startRecordingProxy(url);
  const sts = new STSClient({ endpoint: proxy.url, region, credentials });
  try {
    const { Account = '' } = await sts.send(new GetCallerIdentityCommand({}));
    const env = {
      AWS_ENDPOINT_URL: proxy.url,
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      // The endpoint fetches the template from itself.
      AWS_ENDPOINT_URL_S3_FOR_CLOUDFORMATION: withLocalName(url),
    };
    return { proxy, region, account: Account, credentials, env };
  } catch (error) {
    await proxy.close();
    throw error;
  } finally {
    sts.destroy();
  }
}

/** Runs a script of this project, or of a package, on the endpoint. */
export async function runScript(endpoint: Endpoint, script: string, args: readonly string[]): Promise<Ended> {
  const machine = Object.entries(process.env).filter(([name]) => !ownConfiguration.test(name));
  const child = spawn(process.execPath, [script, ...args], {
    cwd: projectFolder,
    env: { ...Object.fromEntries(machine), ...endpoint.env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [[code], output, errors] = await Promise.all([
    once(child, 'close'),
    text(child.stdout),
    text(child.stderr),
  ]);
  return { code: code as number | null, output, errors };
}

/** An endpoint on loopback by its name: some tell by it that a path begins with a bucket. */
function withLocalName(url: string): string {
  const named = new URL(url);
  if (/^(127\.|\[::1\])/.test(named.hostname)) named.hostname = 'localhost';
  return named.origin;
}
