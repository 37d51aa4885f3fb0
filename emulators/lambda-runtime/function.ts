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
  /** Node's options in the function's processes; none by default. */
  readonly nodeOptions?: string;
  /** What the function is configured with, `AWS_ENDPOINT_URL_…` included. */
  readonly environment: Readonly<Record<string, string>>;
  readonly memoryMegabytes: number;
  readonly timeoutSeconds: number;
  /** Maximum concurrent invocations, and so processes; 1 by default. Further invocations wait. */
  readonly concurrency?: number;
  /** Takes each line that the function writes to its standard output or error, without its end. */
  readonly onLog?: (line: string) => void;
  /** `us-east-1` by default. */
  readonly region?: string;
}

/** What a local function is made of. */
export interface LambdaFunctionOptions extends FunctionOptions {
  /** The module that exports `handler(event, context)`, from the project's folder or absolute. */
  readonly entry: string;
  readonly bundling: FunctionBundling;
  /** Further files of the function's folder; none by default. */
  readonly files?: FunctionFiles | undefined;
}

/** A function that runs in processes of its own, as on Lambda. */
export interface LocalFunction {
  readonly name: string;
  readonly arn: string;
  /** Runs the function once. Never rejects: a crash, a time-out or a handler that does not load is a failed result. */
  invoke(event: unknown): Promise<InvocationResult>;
  /** Resolves once all invocations that run or wait now have ended. */
  waitUntilSettled(): Promise<void>;
  /** Invocations that have ended, by how. */
  countInvocations(): { readonly succeeded: number; readonly failed: number };
  /** The most memory that any process of the function had resident at the end of an invocation, in bytes. */
  peakMemoryBytes(): number;
  /** Ends the processes at once and removes the bundle. Running and waiting invocations fail. */
  stop(): Promise<void>;
}

/**
 * Bundles a function as it is deployed and makes it ready to be invoked; its first process starts at once.
 *
 * @throws esbuild's BuildFailure when the entry does not build.
 */
export function createLambdaFunction(options: LambdaFunctionOptions): Promise<LocalFunction> {
  return createFunction(options, (directory) =>
    bundleFunction(options.entry, directory, options.bundling, options.files),
  );
}

/**
 * Makes a function ready to be invoked whose code is bundled already, such as one that was deployed.
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

/** The processes of a function: grown on demand, each replaced when it has ended. */
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

  /** The process that was busy last, and so is warmest; or a new one; or the next to become free. */
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
