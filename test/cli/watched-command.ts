import { vi } from 'vitest';
import { run } from '../../cli/main.ts';

/** A running command line, and what it has printed so far. */
export class WatchedCommand {
  /** How it ended. */
  readonly code: Promise<number>;
  output = '';
  errors = '';
  readonly #interruption = new AbortController();

  constructor(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    const terminal = {
      out: { isTTY: false, write: (text: string) => (this.output += text) },
      err: { write: (text: string) => (this.errors += text) },
      env,
      now: Date.now,
    };
    this.code = run(args, { terminal, signal: this.#interruption.signal });
  }

  /** Waits until it has printed a text to standard output or error. */
  async prints(text: string): Promise<void> {
    await vi.waitUntil(() => `${this.output}${this.errors}`.includes(text), {
      timeout: 60_000,
      interval: 50,
    });
  }

  /** Ctrl-C. */
  interrupt(): Promise<number> {
    this.#interruption.abort();
    return this.code;
  }
}
