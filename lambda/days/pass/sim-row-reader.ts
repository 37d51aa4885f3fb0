/** Goes through rows in the order of their SIMs, SIM by SIM. It holds one group of rows. */
export class SimRowReader<Row extends { readonly sim: string }> {
  readonly #groups: AsyncGenerator<readonly Row[]> | undefined;
  #rows: readonly Row[] = [];
  #next = 0;

  /** @param groups the rows, some at a time; undefined for none. */
  constructor(groups: AsyncGenerator<readonly Row[]> | undefined) {
    this.#groups = groups;
  }

  /** The next SIM that has rows; undefined behind the last one. */
  async peekSim(): Promise<string | undefined> {
    while (this.#next === this.#rows.length) {
      const group = await this.#groups?.next();
      if (group === undefined || group.done === true) return undefined;
      this.#rows = group.value;
      this.#next = 0;
    }
    return this.#rows[this.#next]?.sim;
  }

  /** The rows of a SIM; SIMs are asked for in the order of their keys. */
  async take(sim: string): Promise<Row[]> {
    const taken: Row[] = [];
    while ((await this.peekSim()) === sim) {
      const from = this.#next;
      while (this.#rows[this.#next]?.sim === sim) this.#next += 1;
      for (const row of this.#rows.slice(from, this.#next)) taken.push(row);
    }
    return taken;
  }
}
