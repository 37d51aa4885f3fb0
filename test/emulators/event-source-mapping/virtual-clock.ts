import type { Clock } from '../../../emulators/event-source-mapping/mapping.ts';

/** A clock that advances only by waits, and by what its user adds to it. */
export class VirtualClock implements Clock {
  /** Milliseconds since the epoch. */
  time: number;
  readonly #due: { readonly time: number; readonly act: () => void }[] = [];

  constructor(start: number) {
    this.time = start;
  }

  now(): number {
    return this.time;
  }

  /** Calls back when this many milliseconds have passed. */
  after(milliseconds: number, act: () => void): void {
    this.#due.push({ time: this.time + milliseconds, act });
    this.#due.sort((a, b) => a.time - b.time);
  }

  async pause(milliseconds: number): Promise<void> {
    const end = this.time + milliseconds;
    for (let next = this.#due[0]; next !== undefined && next.time <= end; next = this.#due[0]) {
      this.#due.shift();
      this.time = next.time;
      next.act();
    }
    this.time = end;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
