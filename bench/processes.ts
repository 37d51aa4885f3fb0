import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type FunctionName, queueHost, readDeployedFunction } from './deployed.ts';
import type { StubPorts } from './stub-dynamodb.ts';
import type { StubFleet } from './stub-fleet.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));

/** Starts fresh processes: each figure comes from a process that did nothing else before. */

const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

/** The table in which the full peer notes which records it has processed. */
export const idempotencyTable = 'Idempotency';

/**
 * The environment of one of simledger's functions as it is deployed, with AWS's services at an endpoint.
 *
 * Because its options state the size of the young generation, Lambda leaves the heap's limit to V8, which takes half of
 * the memory. The limit also determines how much garbage V8 accumulates, and this machine's would be many times higher.
 */
export function makeFunctionEnvironment(
  endpoint: string,
  name: FunctionName = 'kinesisConsumer',
): Record<string, string> {
  const { memoryMegabytes, environment } = readDeployedFunction(name);
  // Queues are at the endpoint as well.
  const variables = Object.entries(environment).map(([key, value]) => [
    key,
    value.replace(queueHost, endpoint),
  ]);
  const nodeOptions = `${environment['NODE_OPTIONS'] ?? ''} --max-old-space-size=${Math.floor(memoryMegabytes / 2)}`;
  return {
    ...makeRuntimeEnvironment(endpoint, memoryMegabytes),
    ...Object.fromEntries(variables),
    NODE_OPTIONS: nodeOptions,
  };
}

/**
 * The environment of a peer instead of a function. Its options do not state sizes, so it gets those of Lambda's
 * runtime: 5 % of the memory for young objects and 90 % for old ones.
 */
export function makePeerEnvironment(
  endpoint: string,
  name: FunctionName = 'kinesisConsumer',
): Record<string, string> {
  const { memoryMegabytes, environment } = readDeployedFunction(name);
  const [young, old] = [0.05, 0.9].map((share) => Math.floor(memoryMegabytes * share));
  return {
    ...makeRuntimeEnvironment(endpoint, memoryMegabytes),
    ...environment,
    NODE_OPTIONS: `--max-semi-space-size=${young} --max-old-space-size=${old}`,
    IDEMPOTENCY_TABLE: idempotencyTable,
  };
}

/** What Lambda sets. */
function makeRuntimeEnvironment(endpoint: string, memoryMegabytes: number): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    TZ: 'UTC',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'measured',
    AWS_SECRET_ACCESS_KEY: 'measured',
    AWS_ENDPOINT_URL_DYNAMODB: endpoint,
    AWS_ENDPOINT_URL_KINESIS: endpoint,
    AWS_ENDPOINT_URL_S3: endpoint,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: endpoint,
    AWS_LAMBDA_FUNCTION_NAME: 'measured',
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMegabytes),
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  };
}

/** Options of a program of this folder that sends one report to its parent. */
export interface ProbeOptions {
  readonly arguments: readonly string[];
  readonly env: Record<string, string>;
  /** Options for Node.js. */
  readonly execArgv?: readonly string[];
  /** Whether it is JavaScript and runs without a TypeScript loader. */
  readonly plain?: boolean;
}

/**
 * Runs a probe in a fresh process, by its path (absolute, or relative to this folder), and returns its report.
 *
 * @throws Error if it ends without a report.
 */
export async function probe<Result>(path: string, options: ProbeOptions): Promise<Result> {
  const child = start(path, options);
  try {
    return await waitForMessage<Result>(child, path);
  } finally {
    child.kill();
  }
}

/** A stub that runs until it is stopped. */
export interface Stub {
  readonly endpoint: string;
  /** The address at which half of the usage records are stored. */
  readonly halfEndpoint: string;
  stop(): void;
}

/** @param contents path of the {@link import('./stub-dynamodb.ts').StubContents} to answer from; nothing by default. */
export async function startStub(contents?: string): Promise<Stub> {
  const child = start('stub-dynamodb.ts', {
    arguments: contents === undefined ? [] : [contents],
    env: { PATH: process.env['PATH'] ?? '' },
  });
  const { port, halfPort } = await waitForMessage<StubPorts>(child, 'stub-dynamodb.ts');
  return {
    endpoint: `http://127.0.0.1:${port}`,
    halfEndpoint: `http://127.0.0.1:${halfPort}`,
    stop: () => child.kill(),
  };
}

/** A stub of a fleet that runs until it is stopped. */
export async function startFleet(fleet: StubFleet): Promise<Pick<Stub, 'endpoint' | 'stop'>> {
  const path = 'stub-fleet.ts';
  const child = start(path, {
    arguments: [JSON.stringify(fleet)],
    env: { PATH: process.env['PATH'] ?? '' },
  });
  const { port } = await waitForMessage<Pick<StubPorts, 'port'>>(child, path);
  return { endpoint: `http://127.0.0.1:${port}`, stop: () => child.kill() };
}

function start(
  path: string,
  { arguments: args, env, execArgv = [], plain = false }: ProbeOptions,
): ChildProcess {
  return fork(resolve(folder, path), [...args], {
    execArgv: [...(plain ? [] : ['--import', tsx]), ...execArgv],
    env,
    // Functions write their metrics to standard output.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
}

async function waitForMessage<Result>(child: ChildProcess, path: string): Promise<Result> {
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`${path} ended with ${code} before it reported`);
  });
  const [message] = await Promise.race([once(child, 'message'), ended]);
  return message as Result;
}
