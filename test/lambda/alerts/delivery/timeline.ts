/** A virtual timeline: what waits goes on in the order of the times that it waits for, and no clock runs. */
export class Timeline {
  /** Milliseconds since the epoch. */
  now: number;
  /** In the order of their times. */
  readonly #waiting: { readonly at: number; readonly go: () => void }[] = [];
  #held = 0;
  #onReleased: () => void = () => undefined;

  constructor(now: number) {
    this.now = now;
  }

  /** Resolves so many milliseconds later. */
  wait(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const at = this.now + milliseconds;
      // Whoever waits for the same time goes on in the order of coming.
      const later = this.#waiting.findLastIndex((one) => one.at <= at) + 1;
      this.#waiting.splice(later, 0, { at, go: resolve });
    });
  }

  /** Time stands still until something is there that takes real time. */
  async hold<Value>(value: Value | Promise<Value>): Promise<Value> {
    if (!(value instanceof Promise)) return value;
    this.#held += 1;
    try {
      return await value;
    } finally {
      this.#held -= 1;
      if (this.#held === 0) this.#onReleased();
    }
  }

  /** Lets time pass until nothing waits any more. */
  async run(): Promise<void> {
    // Whoever watches this process gets a turn.
    await new Promise((resolve) => setImmediate(resolve));
    await this.#settle();
    for (;;) {
      const first = this.#waiting.shift();
      if (first === undefined) return;
      this.now = first.at;
      first.go();
      await this.#settle();
    }
  }

  /** All that can go on at this moment does. */
  async #settle(): Promise<void> {
    await letOthersGoOn();
    while (this.#held > 0) {
      await new Promise<void>((resolve) => {
        this.#onReleased = resolve;
      });
      await letOthersGoOn();
    }
  }
}

/** All that can go on without waiting does: Node.js takes the next tick when no promise is left that is settled. */
function letOthersGoOn(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}
