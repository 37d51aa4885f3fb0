import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { FunctionBundle } from './bundle.ts';
import { endLine, type InvocationError, type InvocationMessage, type RuntimeMessage } from './messages.ts';

/** How an invocation ended. */
export type InvocationResult =
  /** `response` is what the handler returned, converted to JSON and back. */
  | { readonly ok: true; readonly requestId: string; readonly response: unknown }
  | { readonly ok: false; readonly requestId: string; readonly error: InvocationError };

/** Options of a function's process. */
export interface FunctionProcessOptions {
  readonly bundle: FunctionBundle;
  readonly environment: Readonly<Record<string, string>>;
  readonly arn: string;
  readonly memoryMegabytes: number;
  readonly timeoutSeconds: number;
  /** Called with each line that the process writes, without its line feed. */
  readonly onLog: (line: string) => void;
}

/**
 * The share of a function's memory that its JavaScript heap may use, as on Lambda. The rest is for buffers and code.
 */
const heapShare = 0.9;

/** How many seconds a function may take to load its modules. */
const initSeconds = 30;

/** How long a result waits for the output that precedes it, in case a function has closed its own output. */
const lastLinesMilliseconds = 1_000;

/** The running invocation. */
interface Pending {
  readonly requestId: string;
  readonly finish: (result: InvocationResult) => void;
  /** How many of the two streams have not ended the invocation's output yet. */
  openStreams: number;
  result?: InvocationResult;
}

/** One process of a function. It runs one invocation at a time, and none after a timeout or crash. */
export class FunctionProcess {
  readonly #options: FunctionProcessOptions;
  readonly #child: ChildProcess;
  readonly #ready: Promise<void>;
  readonly #ended: Promise<void>;
  #alive = true;
  #fault: InvocationError | undefined;
  #pending: Pending | undefined;
  #peakMemoryBytes = 0;

  /** Starts the process, which loads the handler while it waits for its first invocation. */
  constructor(options: FunctionProcessOptions) {
    this.#options = options;
    this.#child = fork(options.bundle.runtime, [options.bundle.handler], {
      execArgv: [`--max-old-space-size=${Math.floor(options.memoryMegabytes * heapShare)}`],
      env: { ...options.environment },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      serialization: 'advanced',
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream !== null) readLines(stream, (line) => this.#takeLine(line));
    }
    const tooLong = () =>
      this.#kill({ name: 'Sandbox.Timedout', message: `Init timed out after ${initSeconds}.00 seconds` });
    const initTimer = setTimeout(tooLong, initSeconds * 1000);
    const child = this.#child;
    this.#ended = new Promise((resolve) => {
      child.once('close', resolve);
      child.once('error', (error) => {
        this.#fault = { name: 'Runtime.ExitError', message: error.message };
        if (child.pid === undefined) resolve();
      });
    });
    this.#ready = new Promise((resolve) => {
      child.on('message', (message: RuntimeMessage) => {
        if (message.kind === 'ready') resolve();
        else this.#takeMessage(message);
      });
      void this.#ended.then(resolve);
    });
    void this.#ready.then(() => clearTimeout(initTimer));
    void this.#ended.then(() => this.#end());
  }

  /** Whether it can run another invocation. */
  get alive(): boolean {
    return this.#alive;
  }

  /** The process's largest resident memory, in bytes, as of the end of its latest invocation. */
  get peakMemoryBytes(): number {
    return this.#peakMemoryBytes;
  }

  /** Runs the handler. Passes on all of its output before it resolves. */
  async invoke(event: unknown): Promise<InvocationResult> {
    const requestId = randomUUID();
    await this.#ready;
    if (!this.#alive) return { ok: false, requestId, error: this.#makeExitError() };
    return new Promise((resolve) => {
      const { arn, timeoutSeconds } = this.#options;
      const message = `${requestId} Task timed out after ${timeoutSeconds.toFixed(2)} seconds`;
      const timer = setTimeout(
        () => this.#kill({ name: 'Sandbox.Timedout', message }),
        timeoutSeconds * 1000,
      );
      const finish = (result: InvocationResult) => {
        clearTimeout(timer);
        this.#pending = undefined;
        resolve(result);
      };
      this.#pending = { requestId, finish, openStreams: 2 };
      const deadline = Date.now() + timeoutSeconds * 1000;
      const invocation: InvocationMessage = { requestId, event, deadline, arn };
      // If the process is ending, its 'exit' event answers the invocation.
      this.#child.send(invocation, () => undefined);
    });
  }

  /** Ends the process immediately. A running invocation fails. */
  async stop(): Promise<void> {
    this.#kill({ name: 'Runtime.ExitError', message: 'the function was stopped' });
    await this.#ended;
  }

  #kill(fault: InvocationError): void {
    this.#fault ??= fault;
    this.#alive = false;
    this.#child.kill('SIGKILL');
  }

  #takeMessage(message: Exclude<RuntimeMessage, { kind: 'ready' }>): void {
    if (message.kind === 'failed') {
      this.#fault = message.error;
      return;
    }
    this.#peakMemoryBytes = message.peakMemoryBytes;
    const pending = this.#pending;
    if (pending === undefined) return;
    const { requestId, finish } = pending;
    const { outcome } = message;
    const result: InvocationResult =
      'error' in outcome
        ? { ok: false, requestId, error: outcome.error }
        : { ok: true, requestId, response: JSON.parse(outcome.response) };
    pending.result = result;
    if (pending.openStreams === 0) finish(result);
    else setTimeout(() => this.#pending === pending && finish(result), lastLinesMilliseconds).unref();
  }

  #takeLine(line: string): void {
    const pending = this.#pending;
    if (pending !== undefined && line === endLine(pending.requestId)) {
      pending.openStreams--;
      if (pending.openStreams === 0 && pending.result !== undefined) pending.finish(pending.result);
    } else if (line !== '') {
      this.#options.onLog(line);
    }
  }

  #end(): void {
    this.#alive = false;
    const pending = this.#pending;
    pending?.finish(
      pending.result ?? { ok: false, requestId: pending.requestId, error: this.#makeExitError() },
    );
  }

  #makeExitError(): InvocationError {
    const { exitCode, signalCode } = this.#child;
    const how = signalCode === null ? `exit status ${exitCode}` : `signal ${signalCode}`;
    return this.#fault ?? { name: 'Runtime.ExitError', message: `Runtime exited with error: ${how}` };
  }
}

/** Passes on the lines of a stream, including a last one without a line feed. */
function readLines(stream: Readable, onLine: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    const lines = (rest + text).split(/\r?\n/);
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  });
  stream.on('end', () => onLine(rest));
}
