/** Rows in the order of their SIMs. */
export interface RowList<Row> {
  readonly length: number;
  /** @returns undefined after the last row. */
  readonly readSim: (index: number) => string | undefined;
  readonly read: (index: number) => Row;
}

/** Rows in an array. */
export class ListedRows<Row extends { readonly sim: string }> implements RowList<Row> {
  readonly #rows: readonly Row[];

  constructor(rows: readonly Row[]) {
    this.#rows = rows;
  }

  get length(): number {
    return this.#rows.length;
  }

  readSim(index: number): string | undefined {
    return this.#rows[index]?.sim;
  }

  /** @throws RangeError if there is no such row. */
  read(index: number): Row {
    const row = this.#rows[index];
    if (row === undefined) throw new RangeError(`There is no row ${index}`);
    return row;
  }
}

/** Reads rows that are in the order of their SIMs, SIM by SIM. Keeps one group of rows in memory. */
export class SimRowReader<Row extends { readonly sim: string }> {
  readonly #groups: AsyncGenerator<readonly Row[] | RowList<Row>> | undefined;
  #rows: RowList<Row> = new ListedRows<Row>([]);
  #next = 0;

  /** @param groups the rows, in groups; undefined for none. */
  constructor(groups: AsyncGenerator<readonly Row[] | RowList<Row>> | undefined) {
    this.#groups = groups;
  }

  /** The next SIM that has rows; undefined at the end. */
  async peekSim(): Promise<string | undefined> {
    while (this.#next === this.#rows.length) {
      const group = await this.#groups?.next();
      if (group === undefined || group.done === true) return undefined;
      this.#rows = 'readSim' in group.value ? group.value : new ListedRows(group.value);
      this.#next = 0;
    }
    return this.#rows.readSim(this.#next);
  }

  /** The rows of a SIM. SIMs must be requested in the order of their keys. */
  async take(sim: string): Promise<Row[]> {
    const taken: Row[] = [];
    while ((await this.peekSim()) === sim) {
      for (; this.#rows.readSim(this.#next) === sim; this.#next += 1) taken.push(this.#rows.read(this.#next));
    }
    return taken;
  }
}
