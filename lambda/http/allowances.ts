/** Names that are told apart; of more, the one that was seen first is forgotten. */
const maxNames = 10_000;

/** What each of many has left of something that comes again with time. */
export class Allowances {
  readonly #limits: { readonly perSecond: number; readonly max: number; readonly min: number };
  readonly #levels = new Map<string, { readonly level: number; readonly at: number }>();

  /** @param limits what comes each second, what is saved up at most, and how far it may be overdrawn. */
  constructor(limits: { readonly perSecond: number; readonly max: number; readonly min: number }) {
    this.#limits = limits;
  }

  /** Takes one, down to the minimum; whether there was one. */
  take(name: string, now: number): boolean {
    const level = this.#level(name, now);
    remember(this.#levels, name, { level: level - 1 < this.#limits.min ? level : level - 1, at: now });
    return level >= 1;
  }

  /** Whether not even an overdraft is left. */
  isSpent(name: string, now: number): boolean {
    return this.#level(name, now) - 1 < this.#limits.min;
  }

  #level(name: string, now: number): number {
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
