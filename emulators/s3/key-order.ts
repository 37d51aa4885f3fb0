/** Compares two keys by their UTF-8 bytes, as S3's lists are ordered. */
export function compareKeys(left: string, right: string): number {
  const shared = Math.min(left.length, right.length);
  for (let index = 0; index < shared; index++) {
    const a = left.charCodeAt(index);
    const b = right.charCodeAt(index);
    if (a !== b) return rankByte(a) - rankByte(b);
  }
  return left.length - right.length;
}

/** Surrogates encode code points above U+FFFF, so they come after every other code unit. */
function rankByte(codeUnit: number): number {
  return codeUnit >= 0xd800 && codeUnit <= 0xdfff ? codeUnit + 0x10000 : codeUnit;
}

/** A map that lists its keys in order. Puts cost nothing extra, because keys are sorted only when they are listed. */
export class KeyedMap<T> {
  readonly #values = new Map<string, T>();
  #ordered: readonly string[] = [];
  #added: string[] = [];
  #stale = false;

  get size(): number {
    return this.#values.size;
  }

  get(key: string): T | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: T): void {
    if (!this.#values.has(key)) {
      this.#added.push(key);
      this.#stale = true;
    }
    this.#values.set(key, value);
  }

  delete(key: string): boolean {
    const present = this.#values.delete(key);
    if (present) this.#stale = true;
    return present;
  }

  values(): IterableIterator<T> {
    return this.#values.values();
  }

  /** All keys in order. */
  keys(): readonly string[] {
    if (!this.#stale) return this.#ordered;
    const candidates = new Set([...this.#ordered, ...this.#added]);
    this.#ordered = [...candidates].filter((key) => this.#values.has(key)).sort(compareKeys);
    this.#added = [];
    this.#stale = false;
    return this.#ordered;
  }
}
