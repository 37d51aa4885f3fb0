/**
 * The time that an invocation has for its requests. What the store does not take by then is reported as failed. So an
 * outage never makes an invocation run out of time; if one does, a record is to blame.
 */
export class Deadline {
  /** The running task: whether its time is up, and what waits for an answer meanwhile. */
  #task: { isOver: boolean; readonly waiting: Set<() => void> } | undefined;

  /**
   * Runs a task whose requests must be over in time.
   *
   * @param milliseconds from now on.
   */
  async runWithin<T>(milliseconds: number, run: () => Promise<T>): Promise<T> {
    const task = { isOver: false, waiting: new Set<() => void>() };
    const timer = setTimeout(
      () => {
        task.isOver = true;
        for (const giveUp of task.waiting) giveUp();
      },
      Math.max(0, milliseconds),
    );
    this.#task = task;
    try {
      return await run();
    } finally {
      clearTimeout(timer);
      this.#task = undefined;
    }
  }

  /**
   * Waits for an answer, as long as there is time; outside of a task, as long as it takes.
   *
   * @throws DeadlineError when the time is up, and what the request throws. A request that is given up may still arrive.
   */
  async waitForAnswer<T>(request: () => Promise<T>): Promise<T> {
    const task = this.#task;
    if (task === undefined) return request();
    if (task.isOver) throw new DeadlineError();
    return new Promise((resolve, reject) => {
      const giveUp = (): void => reject(new DeadlineError());
      task.waiting.add(giveUp);
      request()
        .then(resolve, reject)
        .finally(() => task.waiting.delete(giveUp));
    });
  }
}

/** An invocation's time is up. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError';

  constructor() {
    super('The store did not answer within the time that the invocation has for its requests');
  }
}
