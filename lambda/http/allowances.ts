/** Maximum number of names; beyond it, the one that was seen first is forgotten. */
const maxNames = 10_000;

/** Token buckets, one for each name. */
export class Allowances {
  readonly #limits: { readonly perSecond: number; readonly max: number; readonly min: number };
  readonly #levels = new Map<string, { readonly level: number; readonly at: number }>();

  /** @param limits tokens that are added each second, the maximum, and how far a bucket may be overdrawn. */
  constructor(limits: { readonly perSecond: number; readonly max: number; readonly min: number }) {
    this.#limits = limits;
  }

  /** Takes a token, down to the minimum; returns whether there was one. */
  take(name: string, now: number): boolean {
    const level = this.#computeLevel(name, now);
    remember(this.#levels, name, { level: level - 1 < this.#limits.min ? level : level - 1, at: now });
    return level >= 1;
  }

  /** Whether the overdraft is used up, too. */
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

/** Puts a value at the end of a map that holds at most {@link maxNames}. */
export function remember<Value>(map: Map<string, Value>, name: string, value: Value): void {
  map.delete(name);
  map.set(name, value);
  if (map.size <= maxNames) return;
  const oldest = map.keys().next();
  if (oldest.done !== true) map.delete(oldest.value);
}
