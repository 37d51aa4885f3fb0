/** A virtual timeline. Waiting tasks continue in the order of their times, without a real clock. */
export class Timeline {
  /** Milliseconds since the epoch. */
  now: number;
  /** Ordered by time. */
  readonly #waiting: { readonly at: number; readonly go: () => void }[] = [];
  #held = 0;
  #onReleased: () => void = () => undefined;
  readonly #letOthersGoOn: () => Promise<void>;

  /** @param letOthersGoOn resolves when all tasks that need not wait have continued. */
  constructor(now: number, letOthersGoOn: () => Promise<void> = passTurn) {
    this.now = now;
    this.#letOthersGoOn = letOthersGoOn;
  }

  /** Resolves after some milliseconds. */
  wait(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const at = this.now + milliseconds;
      // Tasks that wait for the same time continue in the order of their calls.
      const later = this.#waiting.findLastIndex((one) => one.at <= at) + 1;
      this.#waiting.splice(later, 0, { at, go: resolve });
    });
  }

  /** Time stops until something that needs real time is done. */
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

  /** Lets time pass until no task waits. */
  async run(): Promise<void> {
    // Gives a turn to those who watch this process.
    await passTurn();
    await this.#settle();
    for (;;) {
      const first = this.#waiting.shift();
      if (first === undefined) return;
      this.now = first.at;
      first.go();
      await this.#settle();
    }
  }

  /** Lets all tasks continue that can at this moment. */
  async #settle(): Promise<void> {
    await this.#letOthersGoOn();
    while (this.#held > 0) {
      await new Promise<void>((resolve) => {
        this.#onReleased = resolve;
      });
      await this.#letOthersGoOn();
    }
  }
}

/** A turn of the event loop, so that tasks whose answer arrives in a later tick continue too. */
function passTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** If tasks wait only for promises: Node.js begins the next tick when no settled promise is left. */
export function passTick(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}
