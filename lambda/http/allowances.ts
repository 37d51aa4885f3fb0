/** Maximum number of names. Beyond it, the least recently used name is forgotten. */
const maxNames = 10_000;

/** Rate limits by name: one token bucket for each. */
export class Allowances {
  readonly #limits: { readonly perSecond: number; readonly max: number; readonly min: number };
  readonly #levels = new Map<string, { readonly level: number; readonly at: number }>();

  /** @param limits tokens added per second, the maximum, and the minimum, which is negative if buckets may be overdrawn. */
  constructor(limits: { readonly perSecond: number; readonly max: number; readonly min: number }) {
    this.#limits = limits;
  }

  /** Takes a token, down to the minimum. Returns whether there was one. `now` is in milliseconds. */
  take(name: string, now: number): boolean {
    const level = this.#computeLevel(name, now);
    remember(this.#levels, name, { level: level - 1 < this.#limits.min ? level : level - 1, at: now });
    return level >= 1;
  }

  /** Whether the overdraft is used up as well. */
  isSpent(name: string, now: number): boolean {
    return this.#computeLevel(name, now) - 1 < this.#limits.min;
  }

  #computeLevel(name: string, now: number): number {
    const { perSecond, max } = this.#limits;
    const known = this.#levels.get(name);
    if (known === undefined) return max;
    return Math.min(max, known.level + (Math.max(0, now - known.at) / 1000) * perSecond);
  }
}

/** Puts a value at the end of a map, which keeps at most {@link maxNames} names. */
export function remember<Value>(map: Map<string, Value>, name: string, value: Value): void {
  map.delete(name);
  map.set(name, value);
  if (map.size <= maxNames) return;
  const oldest = map.keys().next();
  if (oldest.done !== true) map.delete(oldest.value);
}
