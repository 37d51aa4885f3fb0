import { setTimeout as wait } from 'node:timers/promises';

/** What a local run does again and again while it stays up: sweeps of alerts, metrics. */

/** What is repeated, and how often. */
export interface Repeated {
  /** Milliseconds from the end of one to the beginning of the next. */
  readonly interval: number;
  readonly run: () => Promise<void>;
  /** Called if a run fails; the next one still runs. */
  readonly onFailure: (error: unknown) => void;
}

/** Runs again and again, the first time after the interval, until it is stopped. */
export class RepeatedRuns {
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;

  constructor(repeated: Repeated) {
    this.#running = this.#run(repeated);
  }

  /** Ends the waiting, without waiting for a running one, whose failure is not reported. */
  stop(): void {
    this.#stopping.abort();
  }

  /** Resolves when the last run has ended. */
  waitUntilEnded(): Promise<void> {
    return this.#running;
  }

  async #run({ interval, run, onFailure }: Repeated): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      // An aborted wait is the end.
      await wait(interval, undefined, { signal, ref: false }).catch(() => undefined);
      if (signal.aborted) return;
      try {
        await run();
      } catch (error) {
        if (!signal.aborted) onFailure(error);
      }
    }
  }
}
