/** A virtual timeline: what waits goes on in the order of the times that it waits for, and no clock runs. */
export class Timeline {
  /** Milliseconds since the epoch. */
  now: number;
  /** In the order of their times. */
  readonly #waiting: { readonly at: number; readonly go: () => void }[] = [];
  #held = 0;
  #onReleased: () => void = () => undefined;
  readonly #letOthersGoOn: () => Promise<void>;

  /** @param letOthersGoOn resolves when all that can go on without waiting has done so. */
  constructor(now: number, letOthersGoOn: () => Promise<void> = passTurn) {
    this.now = now;
    this.#letOthersGoOn = letOthersGoOn;
  }

  /** Resolves so many milliseconds later. */
  wait(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const at = this.now + milliseconds;
      // Those who wait for the same time go on in the order of coming.
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
    // Who watches this process gets a turn.
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

  /** All that can go on at this moment does. */
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

/** A turn of the event loop: also what answers at once, but not within the same tick, goes on. */
function passTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Where nothing but promises is waited for: Node.js takes the next tick when none is left that is settled. */
export function passTick(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}
