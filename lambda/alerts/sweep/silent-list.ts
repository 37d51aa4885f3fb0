import { readHeardMark, type WatchedSim } from './watched-sim.ts';

/**
 * The SIMs of a large fleet that have been silent longest, as the last sweep found them, so that a query for silent
 * SIMs need not scan all of them.
 *
 * Those of each source are stored in parts, by the SIMs' places. A part is written as a whole, and a SIM is always in
 * the same part, so parts of different sweeps miss no SIM.
 */

/** Up to so many SIMs, a query scans the whole fleet. */
export const maxScannedSims = 100_000;

/** A SIM and its mark, in milliseconds since the epoch; null if it was never heard. */
export type ListedSim = readonly [sim: string, heardAt: number | null];

/** The SIMs of one part of a source: first those that were never heard, then the longest silent. */
export interface SilentPart {
  readonly source: string;
  readonly part: number;
  /** Whether there are more SIMs, and only those that were silent longest are listed. */
  readonly isCut: boolean;
  readonly sims: readonly ListedSim[];
}

/** Parts of a source. */
export const silentParts = 16;

/** SIMs of a part: 10,000 of a source, and 30 KB. */
export const maxListedSims = 625;

/** Collects them while a sweep scans the SIMs. */
export class LongestSilent {
  readonly #limit: number;
  /** By source, and by part. */
  readonly #parts = new Map<string, OldestSims[]>();

  constructor(limit: number = maxListedSims) {
    this.#limit = limit;
  }

  add(sim: WatchedSim): void {
    let parted = this.#parts.get(sim.source);
    if (parted === undefined) {
      parted = Array.from({ length: silentParts }, () => new OldestSims(this.#limit));
      this.#parts.set(sim.source, parted);
    }
    parted[sim.place % silentParts]?.add(sim.sim, readHeardMark(sim) ?? Number.NEGATIVE_INFINITY);
  }

  /** The sources of the SIMs. */
  get sources(): string[] {
    return [...this.#parts.keys()];
  }

  list(): SilentPart[] {
    return [...this.#parts].flatMap(([source, parted]) =>
      parted.map((oldest, part) => ({ source, part, ...oldest.list() })),
    );
  }
}

/** Keeps those SIMs with the oldest marks. */
class OldestSims {
  readonly #limit: number;
  #sims: (readonly [sim: string, heardAt: number])[] = [];
  #latest = Number.POSITIVE_INFINITY;
  #isCut = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(sim: string, heardAt: number): void {
    if (heardAt > this.#latest) this.#isCut = true;
    else if (this.#sims.push([sim, heardAt]) >= 2 * this.#limit) this.#cut();
  }

  list(): Pick<SilentPart, 'sims' | 'isCut'> {
    this.#cut();
    const sims = this.#sims.map(
      ([sim, heardAt]): ListedSim => [sim, heardAt === Number.NEGATIVE_INFINITY ? null : heardAt],
    );
    return { sims, isCut: this.#isCut };
  }

  #cut(): void {
    this.#sims.sort(([a, heardAt], [b, otherAt]) =>
      heardAt === otherAt ? (a < b ? -1 : 1) : heardAt - otherAt,
    );
    if (this.#sims.length <= this.#limit) return;
    this.#sims.length = this.#limit;
    this.#isCut = true;
    this.#latest = this.#sims.at(-1)?.[1] ?? this.#latest;
  }
}
