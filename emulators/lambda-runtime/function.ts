import { randomUUID } from 'node:crypto';
import { localAccount, localRegion } from '../aws-json-protocol.ts';
import { createTemporaryFolder } from '../temporary-folder.ts';
import {
  bundleFunction,
  type FunctionBundle,
  type FunctionBundling,
  type FunctionFiles,
  placeBundle,
} from './bundle.ts';
import { makeEnvironment } from './environment.ts';
import { FunctionProcess, type FunctionProcessOptions, type InvocationResult } from './process.ts';

/** How a local function runs. */
export interface FunctionOptions {
  readonly name: string;
  /** `NODE_OPTIONS` of the function's processes; none by default. */
  readonly nodeOptions?: string;
  /** The function's configuration, including `AWS_ENDPOINT_URL_…`. */
  readonly environment: Readonly<Record<string, string>>;
  readonly memoryMegabytes: number;
  readonly timeoutSeconds: number;
  /** The most concurrent invocations, and so processes; 1 by default. Further invocations wait. */
  readonly concurrency?: number;
  /** Called with each line that the function writes to standard output or standard error, without its line feed. */
  readonly onLog?: (line: string) => void;
  /** `us-east-1` by default. */
  readonly region?: string;
}

/** Options of a local function. */
export interface LambdaFunctionOptions extends FunctionOptions {
  /** The module that exports `handler(event, context)`; absolute, or relative to the project. */
  readonly entry: string;
  readonly bundling: FunctionBundling;
  /** Further files of the function's folder; none by default. */
  readonly files?: FunctionFiles | undefined;
}

/** A function that runs in its own processes, as on Lambda. */
export interface LocalFunction {
  readonly name: string;
  readonly arn: string;
  /**
   * Runs the function once. Never rejects: a crash, a timeout, or a handler that does not load gives a failed result.
   */
  invoke(event: unknown): Promise<InvocationResult>;
  /** Resolves when all invocations that are running or waiting now have ended. */
  waitUntilSettled(): Promise<void>;
  /** How many invocations have succeeded and failed. */
  countInvocations(): { readonly succeeded: number; readonly failed: number };
  /** The largest resident memory of any process of the function, in bytes, as of the end of its latest invocation. */
  peakMemoryBytes(): number;
  /** Ends the processes immediately and removes the bundle. Running and waiting invocations fail. */
  stop(): Promise<void>;
}

/**
 * Bundles a function as it is deployed, and starts its first process.
 *
 * @throws esbuild's BuildFailure if the entry does not compile.
 */
export function createLambdaFunction(options: LambdaFunctionOptions): Promise<LocalFunction> {
  return createFunction(options, (directory) =>
    bundleFunction(options.entry, directory, options.bundling, options.files),
  );
}

/**
 * Starts a function that is already bundled, for example one that was deployed.
 *
 * @param code its `index.js`.
 */
export function createBundledFunction(options: FunctionOptions, code: Uint8Array): Promise<LocalFunction> {
  return createFunction(options, (directory) => placeBundle(code, directory));
}

async function createFunction(
  options: FunctionOptions,
  bundleInto: (directory: string) => Promise<FunctionBundle>,
): Promise<LocalFunction> {
  const {
    name,
    nodeOptions,
    memoryMegabytes,
    timeoutSeconds,
    region = localRegion,
    onLog = () => undefined,
  } = options;
  const { path: directory, remove } = await createTemporaryFolder(name);
  try {
    const bundle = await bundleInto(directory);
    const environment = makeEnvironment(
      { name, memoryMegabytes, region, nodeOptions },
      directory,
      options.environment,
    );
    const arn = `arn:aws:lambda:${region}:${localAccount}:function:${name}`;
    const start = { bundle, environment, arn, memoryMegabytes, timeoutSeconds, onLog };
    return new ProcessPool(name, start, options.concurrency ?? 1, remove);
  } catch (error) {
    await remove();
    throw error;
  }
}

/** A function's processes. More are started on demand, and those that have ended are replaced. */
class ProcessPool implements LocalFunction {
  readonly name: string;
  readonly #options: FunctionProcessOptions;
  readonly #concurrency: number;
  readonly #remove: () => Promise<void>;
  readonly #processes = new Set<FunctionProcess>();
  readonly #idle: FunctionProcess[] = [];
  readonly #waiting: ((process: FunctionProcess) => void)[] = [];
  readonly #invocations = new Set<Promise<InvocationResult>>();
  #stopping: Promise<void> | undefined;
  #succeeded = 0;
  #failed = 0;
  #peakMemoryBytes = 0;

  constructor(
    name: string,
    options: FunctionProcessOptions,
    concurrency: number,
    remove: () => Promise<void>,
  ) {
    this.name = name;
    this.#options = options;
    this.#concurrency = concurrency;
    this.#remove = remove;
    this.#idle.push(this.#start());
  }

  get arn(): string {
    return this.#options.arn;
  }

  async invoke(event: unknown): Promise<InvocationResult> {
    if (this.#stopping) {
      const error = { name: 'Runtime.ExitError', message: 'the function was stopped' };
      return { ok: false, requestId: randomUUID(), error };
    }
    const invocation = this.#run(event).finally(() => this.#invocations.delete(invocation));
    this.#invocations.add(invocation);
    return invocation;
  }

  async waitUntilSettled(): Promise<void> {
    await Promise.allSettled(this.#invocations);
  }

  async #run(event: unknown): Promise<InvocationResult> {
    const process = await this.#acquire();
    const result = await process.invoke(event);
    if (result.ok) this.#succeeded++;
    else this.#failed++;
    this.#peakMemoryBytes = Math.max(this.#peakMemoryBytes, process.peakMemoryBytes);
    this.#release(process);
    return result;
  }

  countInvocations(): { readonly succeeded: number; readonly failed: number } {
    return { succeeded: this.#succeeded, failed: this.#failed };
  }

  peakMemoryBytes(): number {
    return this.#peakMemoryBytes;
  }

  stop(): Promise<void> {
    this.#stopping ??= Promise.all([...this.#processes].map((process) => process.stop())).then(this.#remove);
    return this.#stopping;
  }

  /** The process that was used last, because it is the warmest; else a new one; else the next one that becomes free. */
  #acquire(): FunctionProcess | Promise<FunctionProcess> {
    for (let process = this.#idle.pop(); process !== undefined; process = this.#idle.pop()) {
      if (process.alive) return process;
      this.#processes.delete(process);
    }
    if (this.#processes.size < this.#concurrency) return this.#start();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #release(process: FunctionProcess): void {
    const next = this.#waiting.shift();
    if (process.alive || this.#stopping) {
      if (next === undefined) this.#idle.push(process);
      else next(process);
      return;
    }
    this.#processes.delete(process);
    next?.(this.#start());
  }

  #start(): FunctionProcess {
    const process = new FunctionProcess(this.#options);
    this.#processes.add(process);
    return process;
  }
}
