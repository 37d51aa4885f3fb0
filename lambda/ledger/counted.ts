/**
 * Which of the stored items count.
 *
 * A usage record's or event's key is its time and its id. A carrier's file may round a time that its stream states with
 * milliseconds, so that one record is in the table twice, under keys that are a second apart. Both stay, since the table
 * is a function of the set of records. Readers count one of them.
 *
 * The rule: an item counts unless a fuller item of the same SIM, source and id is at most a second away. It looks at
 * neighbours only, so what counts does not depend on where a reader begins, ends or pauses, and a reader that looks a
 * second beyond its range decides as every other does. Of three in a row, each within a second of the next, the fullest
 * counts, and one at the other end counts too if it is fuller than the one between them.
 */

/** How far apart the times of two renderings of one record may be, in milliseconds. */
export const renderingDistance = 1_000;

/**
 * The keys of two renderings differ by less than this, in milliseconds. A key's time may be cut to the second, so keys can
 * differ by more than the times do.
 */
export const keyDistance = 2_000;

/** The parts of an item that show whether another item renders the same record. */
export interface Rendering {
  /** The item's partition. Items of one partition come one after the other. */
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
 * Takes items in the order of their keys, forwards or backwards, and returns those that count, in the same order. It
 * holds the items of two seconds of one SIM.
 */
export class CountedItems<Item> {
  readonly #describe: (item: Item) => Rendering;
  readonly #isFuller: (item: Item, other: Item) => boolean;
  #window: Candidate<Item>[] = [];
  /** Those of the window by record; empty while there is one, which has no rival. */
  readonly #byRecord = new Map<string, Candidate<Item>[]>();
  #lastDecided: Item | undefined;

  /**
   * @param isFuller whether an item says more than another one of the same record; a total order.
   */
  constructor(describe: (item: Item) => Rendering, isFuller: (item: Item, other: Item) => boolean) {
    this.#describe = describe;
    this.#isFuller = isFuller;
  }

  /** The last item, in order, that is decided; all items before it are decided, too. */
  get lastDecided(): Item | undefined {
    return this.#lastDecided;
  }

  /** Takes the next items, and returns those that are now known to count. */
  add(items: readonly Item[]): Item[] {
    const counted: Item[] = [];
    for (const item of items) {
      const { sim, record, at, keyAt } = this.#describe(item);
      const candidate = { sim, record, at, keyAt, item, counts: true };
      this.#release(this.#countDecided(candidate), counted);
      const [first] = this.#window;
      if (first !== undefined) {
        // Most items have no neighbour, so the first one is looked at when there is a second.
        if (this.#byRecord.size === 0) this.#compare(first);
        this.#compare(candidate);
      }
      this.#window.push(candidate);
    }
    return counted;
  }

  /** Ends the items, and returns the last ones that count. */
  end(): Item[] {
    const counted: Item[] = [];
    this.#release(this.#window.length, counted);
    return counted;
  }

  /** How many items of the window are too far from the next one to be renderings of it or of any later one. */
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
      // Candidates of one record are released in the order in which they came.
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
