/**
 * The SIMs with the most bytes on a day and in its month, as passes list them, so that a report finds them without
 * reading all SIMs.
 *
 * Lists name candidates, and say which SIMs cannot be among the top; the report adds up their usage. A SIM's month is
 * added up after each of its days is stored, from the days as they are then: the last of these sums is exact, and is in
 * the list of that day, or the SIM ranks after the first SIM that the list leaves out.
 */

/** How many SIMs a list has. */
export const maxTopSims = 1_000;

/** A SIM in a list of those with the most bytes. */
export interface TopSim {
  readonly sim: string;
  /** Decimal digits. */
  readonly bytes: string;
}

/** SIMs with the most bytes. */
export interface TopList {
  /** At most {@link maxTopSims}, greatest first. */
  readonly sims: readonly TopSim[];
  /** The first of all that were ever left out; undefined if none was. */
  readonly leftOut?: TopSim | undefined;
}

/** The SIMs with the most bytes on a day, and in its month as far as its days are known. */
export interface TopLists {
  readonly day: TopList;
  readonly month: TopList;
}

/** Orders SIMs: most bytes first, then by key. */
export function compareTopSims(a: TopSim, b: TopSim): number {
  const difference = BigInt(b.bytes) - BigInt(a.bytes);
  if (difference !== 0n) return difference > 0n ? 1 : -1;
  return a.sim < b.sim ? -1 : a.sim > b.sim ? 1 : 0;
}

/** Finds the greatest of many. Memory does not grow with their number. */
export class TopFold {
  readonly #limit: number;
  #kept: TopSim[] = [];
  #leftOut: TopSim | undefined;

  /** @param limit how many SIMs to keep. */
  constructor(limit = maxTopSims) {
    this.#limit = limit;
  }

  /** Adds a SIM, once. A SIM without bytes is in no list. */
  add(sim: string, bytes: bigint): void {
    if (bytes > 0n) this.#keep({ sim, bytes: String(bytes) });
  }

  /**
   * Adds the SIMs of another list.
   *
   * @param replaced SIMs that are added separately.
   */
  addList({ sims, leftOut }: TopList, replaced?: ReadonlySet<string>): void {
    for (const one of sims) if (replaced?.has(one.sim) !== true) this.#keep(one);
    this.#leaveOut(leftOut);
  }

  #keep(one: TopSim): void {
    this.#kept.push(one);
    if (this.#kept.length >= 2 * this.#limit) this.#cut();
  }

  #cut(): void {
    const sorted = this.#kept.sort(compareTopSims);
    this.#leaveOut(sorted[this.#limit]);
    this.#kept = sorted.slice(0, this.#limit);
  }

  #leaveOut(one: TopSim | undefined): void {
    if (one === undefined) return;
    if (this.#leftOut === undefined || compareTopSims(one, this.#leftOut) < 0) this.#leftOut = one;
  }

  get result(): TopList {
    this.#cut();
    return { sims: this.#kept, ...(this.#leftOut !== undefined && { leftOut: this.#leftOut }) };
  }
}

/** Combines lists of the same day that have no SIM in common. */
export function joinTopLists(lists: Iterable<TopLists>): TopLists {
  const folds = { day: new TopFold(), month: new TopFold() };
  for (const { day, month } of lists) {
    folds.day.addList(day);
    folds.month.addList(month);
  }
  return { day: folds.day.result, month: folds.month.result };
}

/**
 * Which SIMs can be among those with the most bytes, according to lists of the same period.
 *
 * @returns each SIM once, as in the list where it has the most bytes, greatest first; and the first of those that are
 *   in no list.
 */
export function rankCandidates(lists: readonly TopList[]): TopList {
  const greatest = new Map<string, TopSim>();
  let leftOut: TopSim | undefined;
  for (const list of lists) {
    for (const one of list.sims) {
      const known = greatest.get(one.sim);
      if (known === undefined || compareTopSims(one, known) < 0) greatest.set(one.sim, one);
    }
    const other = list.leftOut;
    if (other !== undefined && (leftOut === undefined || compareTopSims(other, leftOut) < 0)) leftOut = other;
  }
  return { sims: [...greatest.values()].sort(compareTopSims), leftOut };
}
