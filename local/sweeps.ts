import { setTimeout as wait } from 'node:timers/promises';

/** Sweeps of a run that stays up. */

/** What is repeated, and how often. */
export interface RepeatedSweep {
  /** Milliseconds from the end of one to the beginning of the next. */
  readonly interval: number;
  readonly sweep: () => Promise<void>;
  /** Called if a sweep fails; the next one still runs. */
  readonly onFailure: (error: unknown) => void;
}

/** Sweeps again and again, the first time after the interval, until it is stopped. */
export class RepeatedSweeps {
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;

  constructor(repeated: RepeatedSweep) {
    this.#running = this.#run(repeated);
  }

  /** Ends the waiting, without waiting for a running sweep, whose failure is not reported. */
  stop(): void {
    this.#stopping.abort();
  }

  /** Resolves when the last sweep has ended. */
  ended(): Promise<void> {
    return this.#running;
  }

  async #run({ interval, sweep, onFailure }: RepeatedSweep): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      // An aborted wait is the end.
      await wait(interval, undefined, { signal, ref: false }).catch(() => undefined);
      if (signal.aborted) return;
      try {
        await sweep();
      } catch (error) {
        if (!signal.aborted) onFailure(error);
      }
    }
  }
}
