/**
 * The time that an invocation has for its requests. What the store does not take by then is reported as failed, so that
 * an outage ends invocations in an orderly way: those that run out of time are the ones that a record is to blame for.
 */
export class Deadline {
  #signal: AbortSignal | undefined;

  /**
   * Runs a task whose requests must be over in time.
   *
   * @param milliseconds from now on.
   */
  async within<T>(milliseconds: number, task: () => Promise<T>): Promise<T> {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(new DeadlineError()), Math.max(0, milliseconds));
    this.#signal = controller.signal;
    try {
      return await task();
    } finally {
      clearTimeout(timer);
      this.#signal = undefined;
    }
  }

  /** Aborted once the time is up; undefined while no task runs. */
  get signal(): AbortSignal | undefined {
    return this.#signal;
  }

  /**
   * Waits for an answer, as long as there is time.
   *
   * @throws DeadlineError when the time is up, and what the request throws. A request that is given up may still arrive.
   */
  async answered<T>(request: () => Promise<T>): Promise<T> {
    const signal = this.#signal;
    if (signal === undefined) return request();
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const giveUp = (): void => reject(signal.reason);
      signal.addEventListener('abort', giveUp, { once: true });
      request()
        .then(resolve, reject)
        .finally(() => signal.removeEventListener('abort', giveUp));
    });
  }
}

/** An invocation's time is up. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError';

  constructor() {
    super('The store did not answer in the time that the invocation has');
  }
}
