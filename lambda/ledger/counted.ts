/**
 * Decides which stored items count.
 *
 * The key of a usage record or event is its time and its id. A carrier's file may round a time that its stream states
 * in milliseconds, so the table may hold one record twice, under keys that are a second apart. Both items stay,
 * because the table is a function of the set of records; readers count one of them.
 *
 * The rule: an item counts unless a fuller item of the same SIM, source and id is at most a second away. The rule
 * looks only at neighbours, so the result does not depend on where a reader begins, ends or pauses, and a reader that
 * looks a second beyond its range decides like every other. Of three items, each within a second of the next, the
 * fullest counts; one at the other end also counts if it is fuller than the middle one.
 */

/** Maximum distance between the times of two renderings of one record, in milliseconds. */
export const renderingDistance = 1_000;

/**
 * The keys of two renderings differ by less than this, in milliseconds. A key's time may be truncated to the second,
 * so keys can differ by more than times do.
 */
export const keyDistance = 2_000;

/** The parts of an item that show whether another item renders the same record. */
export interface Rendering {
  /** The item's partition. Items of one partition are consecutive. */
  readonly sim: string;
  /** Source and id of the record, as one text. */
  readonly record: string;
  /** When the record happened, in milliseconds since the epoch. */
  readonly at: number;
  /** The time in the item's key, in milliseconds since the epoch, by which the items of a SIM are in order. */
  readonly keyAt: number;
}

interface Candidate<Item> extends Rendering {
  readonly item: Item;
  counts: boolean;
}

/**
 * Filters the items that count out of items in the order of their keys, ascending or descending. Its memory is
 * limited to the items of two seconds of one SIM.
 */
export class CountedItems<Item> {
  readonly #describe: (item: Item) => Rendering;
  readonly #isFuller: (item: Item, other: Item) => boolean;
  #window: Candidate<Item>[] = [];
  /** The items of the window by record; empty while the window holds only one item, which has no rival. */
  readonly #byRecord = new Map<string, Candidate<Item>[]>();
  #lastDecided: Item | undefined;

  /** @param isFuller whether an item says more than another one of the same record; must be a total order. */
  constructor(describe: (item: Item) => Rendering, isFuller: (item: Item, other: Item) => boolean) {
    this.#describe = describe;
    this.#isFuller = isFuller;
  }

  /** The last item, in order, that is decided; all items before it are decided as well. */
  get lastDecided(): Item | undefined {
    return this.#lastDecided;
  }

  /** Adds the next items, and returns those that are now known to count. */
  add(items: readonly Item[]): Item[] {
    const counted: Item[] = [];
    for (const item of items) {
      const { sim, record, at, keyAt } = this.#describe(item);
      const candidate = { sim, record, at, keyAt, item, counts: true };
      this.#release(this.#countDecided(candidate), counted);
      const [first] = this.#window;
      if (first !== undefined) {
        // Most items have no neighbour, so the first one is compared only when there is a second.
        if (this.#byRecord.size === 0) this.#compare(first);
        this.#compare(candidate);
      }
      this.#window.push(candidate);
    }
    return counted;
  }

  /** Signals that there are no more items, and returns the last ones that count. */
  end(): Item[] {
    const counted: Item[] = [];
    this.#release(this.#window.length, counted);
    return counted;
  }

  /** How many items of the window are too far from the next item to be renderings of it or of a later one. */
  #countDecided({ sim, keyAt }: Rendering): number {
    const first = this.#window.findIndex(
      (one) => one.sim === sim && Math.abs(one.keyAt - keyAt) < keyDistance,
    );
    return first === -1 ? this.#window.length : first;
  }

  #release(count: number, counted: Item[]): void {
    if (count === 0) return;
    const isEach = count === this.#window.length;
    const decided = isEach ? this.#window : this.#window.splice(0, count);
    for (const { record, item, counts } of decided) {
      if (counts) counted.push(item);
      this.#lastDecided = item;
      if (isEach) continue;
      // Candidates of one record are released in the order in which they were added.
      const rivals = this.#byRecord.get(record);
      rivals?.shift();
      if (rivals?.length === 0) this.#byRecord.delete(record);
    }
    if (!isEach) return;
    this.#window = [];
    this.#byRecord.clear();
  }

  #compare(candidate: Candidate<Item>): void {
    const rivals = this.#byRecord.get(candidate.record);
    if (rivals === undefined) {
      this.#byRecord.set(candidate.record, [candidate]);
      return;
    }
    for (const rival of rivals) {
      if (Math.abs(rival.at - candidate.at) > renderingDistance) continue;
      const loser = this.#isFuller(candidate.item, rival.item) ? rival : candidate;
      loser.counts = false;
    }
    rivals.push(candidate);
  }
}
