import { formatTime, toMilliseconds } from '../../ledger/time.ts';
import { decideHeard, type HeardSim } from '../../queries/last-heard.ts';
import { mapConcurrently } from '../../store/concurrency.ts';
import type { LedgerReader } from '../../store/reader.ts';
import type { HeardList } from '../watermark.ts';
import { readHeardMark, type WatchedSim } from './watched-sim.ts';

/**
 * If a source has fewer SIMs than this, they are read one by one. Among few SIMs, even the latest marks may be most of
 * a granule older than their records; among many, some marks are always recent.
 */
export const maxExactSims = 1_000;

/** How many SIMs are read concurrently; each takes up to two queries. */
const concurrency = 24;

/** When the SIMs of each source were last heard, which shows how far the carrier has delivered. */
export class HeardTimes {
  /** By source, in milliseconds since the epoch. */
  readonly #marks = new Map<string, GrowingList>();
  /** The SIMs of a source while there are few; undefined if there are more. */
  readonly #sims = new Map<string, WatchedSim[] | undefined>();

  /** Adds a SIM's marks. */
  add(sim: WatchedSim): void {
    const { source } = sim;
    this.#keep(source, sim);
    const mark = readHeardMark(sim);
    if (mark === undefined) return;
    let marks = this.#marks.get(source);
    if (marks === undefined) {
      marks = new GrowingList();
      this.#marks.set(source, marks);
    }
    marks.push(mark);
  }

  /** The sources of the SIMs that were heard. */
  get sources(): Iterable<string> {
    return this.#marks.keys();
  }

  /**
   * When each SIM of the sources was last heard, in milliseconds since the epoch, by source. Exact if a source has
   * fewer SIMs than {@link maxExactSims} and its marks do not show whether it is late; otherwise by the marks. SIMs
   * that were never heard are left out.
   *
   * @param mayBeLate whether a source may be late, according to the marks of its SIMs.
   * @param onFailure called with a SIM whose records could not be read; its mark is used instead.
   */
  async find(
    reader: LedgerReader,
    mayBeLate: (source: string, marks: HeardList) => boolean,
    onFailure: (error: unknown) => void,
  ): Promise<ReadonlyMap<string, HeardList>> {
    const found = new Map<string, HeardList>(
      [...this.#marks].map(([source, marks]) => [source, marks.list()]),
    );
    for (const [source, sims] of this.#sims) {
      if (sims === undefined || !mayBeLate(source, found.get(source) ?? new Float64Array())) continue;
      const heard = await mapConcurrently(sims, concurrency, async (sim) => {
        try {
          const { at } = await decideHeard(describeHeardSim(sim), reader);
          return at === undefined ? undefined : toMilliseconds(at);
        } catch (error) {
          onFailure(error);
          return readHeardMark(sim);
        }
      });
      found.set(source, Float64Array.from(heard.filter((at) => at !== undefined)));
    }
    return found;
  }

  #keep(source: string, sim: WatchedSim): void {
    const sims = this.#sims.get(source);
    if (sims === undefined) {
      if (!this.#sims.has(source)) this.#sims.set(source, [sim]);
    } else if (sims.length + 1 < maxExactSims) sims.push(sim);
    else this.#sims.set(source, undefined);
  }
}

function describeHeardSim({ sim, carrier, signalledAt, bytesAt, lastEventAt }: WatchedSim): HeardSim {
  const state = (at: number | undefined) =>
    at === undefined ? undefined : { at: formatTime(at), group: {} };
  return {
    sim,
    origin: { group: { carrier } },
    groups: {
      signalled: state(signalledAt),
      bytes: state(bytesAt),
      lastEvent:
        lastEventAt === undefined ? undefined : { group: { lastEventTime: formatTime(lastEventAt) } },
    },
  };
}

/** Numbers in 8 bytes each, because there may be a million. */
class GrowingList {
  #numbers = new Float64Array(1_024);
  #length = 0;

  push(number: number): void {
    if (this.#length === this.#numbers.length) {
      const longer = new Float64Array(2 * this.#length);
      longer.set(this.#numbers);
      this.#numbers = longer;
    }
    this.#numbers[this.#length] = number;
    this.#length += 1;
  }

  list(): Float64Array {
    return this.#numbers.subarray(0, this.#length);
  }
}
