import { setTimeout as wait } from 'node:timers/promises';

/** What a local run repeats while it is up: sweeps of alerts, metrics. */

/** What to repeat, and how often. */
export interface Repeated {
  /** Milliseconds from the end of one run to the start of the next. */
  readonly interval: number;
  readonly run: () => Promise<void>;
  /** Called if a run fails; the next one still takes place. */
  readonly onFailure: (error: unknown) => void;
}

/** Repeats runs until it is stopped. The first run starts after one interval. */
export class RepeatedRuns {
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;

  constructor(repeated: Repeated) {
    this.#running = this.#run(repeated);
  }

  /** Stops repeating. Does not wait for a running one, whose failure is then not reported. */
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
