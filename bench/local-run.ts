import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { portVariables } from '../local/options.ts';

const starter = fileURLToPath(new URL('../local/start.mjs', import.meta.url));

/** A local run with an empty ledger, in a process of its own. */
export class LocalRun {
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(child: ChildProcess, folder: string) {
    this.#child = child;
    this.#folder = folder;
  }

  /**
   * Resolves when its API answers, as `npm start` reports.
   *
   * @throws Error if the process ends before.
   */
  static async start(): Promise<{ run: LocalRun; env: NodeJS.ProcessEnv }> {
    const folder = await mkdtemp(join(tmpdir(), 'simledger-bench-'));
    const ports = Object.fromEntries(Object.values(portVariables).map(({ variable }) => [variable, '0']));
    const args = [starter, '--empty', '--data', folder];
    const child = spawn(process.execPath, args, {
      env: { ...process.env, ...ports },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    for await (const line of createInterface({ input: child.stdout ?? countExpected('an output') })) {
      const [, port] = /^ +api +http:\/\/127\.0\.0\.1:(\d+)/.exec(line) ?? [];
      if (port !== undefined) {
        child.stdout?.resume();
        return { run: new LocalRun(child, folder), env: { [portVariables.api.variable]: port } };
      }
    }
    throw new Error('The local run has ended');
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, 'close');
    this.#child.kill('SIGTERM');
    await ended;
    await rm(this.#folder, { recursive: true, force: true });
  }
}

function countExpected(what: string): never {
  throw new Error(`The local run has not ${what}`);
}
