/** What an endpoint lacks, each once, in the order in which it was found. */
export class Lacks {
  readonly #found = new Map<string, string>();

  /**
   * Notes something that the endpoint lacks.
   *
   * @param what service and operation, or resource type.
   * @param error what the endpoint says of it, or what is seen instead.
   */
  add(what: string, error: string): void {
    if (!this.#found.has(what)) this.#found.set(what, shorten(error));
  }

  has(what: string): boolean {
    return this.#found.has(what);
  }

  /** A line each. */
  toString(): string {
    if (this.#found.size === 0) return 'The endpoint lacks nothing that was asked of it.';
    const lines = [...this.#found].map(([what, error]) => `  ${what}: ${error}`);
    return ['What the endpoint lacks:', ...lines].join('\n');
  }
}

/** Characters of an error that are shown. */
const maxErrorLength = 120;

function shorten(error: string): string {
  const line = error.replaceAll(/\s+/g, ' ').trim();
  return line.length > maxErrorLength ? `${line.slice(0, maxErrorLength - 1)}…` : line;
}
