/**
 * Limits the time of an invocation's requests. What DynamoDB has not accepted by then is reported as failed. So an
 * outage never makes an invocation time out; if one does, a record is the cause.
 */
export class Deadline {
  /** The running task: whether its time is up, and who must be told when it is. */
  #task: { isOver: boolean; readonly waiting: Set<() => void> } | undefined;

  /**
   * Runs a task whose requests must end in time.
   *
   * @param milliseconds the time, from now on.
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
   * Waits for a response until the time is up; outside of a task, without limit.
   *
   * @throws DeadlineError when the time is up, and the request's errors. A request that is given up may still have its
   *   effect.
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
