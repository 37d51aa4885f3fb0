import { dayMilliseconds } from '../../days/day.ts';
import { readHeardMark, type WatchedSim } from './watched-sim.ts';

/** The silences for which a sweep counts SIMs: as a parameter's value, and in milliseconds. */
export const countedSilences = [
  ['1h', 3_600_000],
  ['6h', 6 * 3_600_000],
  ['24h', dayMilliseconds],
  ['3d', 3 * dayMilliseconds],
  ['7d', 7 * dayMilliseconds],
  ['30d', 30 * dayMilliseconds],
] as const;

/** The SIMs that were last seen in one country. */
export interface CountryCount {
  /** ISO 3166-1 alpha-2; undefined if the latest record about their network states none. */
  readonly country: string | undefined;
  /** Mobile country code; undefined if there is a country, or no code either. */
  readonly mcc: string | undefined;
  readonly sims: number;
  /**
   * SIMs that may be silent for each of {@link countedSilences}, according to their marks, which may be a granule older
   * than the records.
   */
  readonly silent: readonly number[];
}

/**
 * How many countries and codes are distinguished; there are some 250 of each. Anything else that a carrier writes
 * counts as unknown.
 */
const maxCountries = 1_000;

interface Counts {
  sims: number;
  /** As {@link CountryCount.silent}. */
  readonly silent: number[];
}

/**
 * Counts the SIMs of a fleet by country while a sweep scans them. Memory grows with the number of countries, not of
 * SIMs.
 */
export class FleetCounts {
  readonly #now: number;
  readonly #countries = new Map<string, Counts>();
  readonly #codes = new Map<string, Counts>();
  readonly #unknown = makeCounts();

  /** @param now milliseconds since the epoch. */
  constructor(now: number) {
    this.#now = now;
  }

  add(sim: WatchedSim): void {
    const counts = this.#find(sim);
    const heardAt = readHeardMark(sim);
    const silence = heardAt === undefined ? Number.POSITIVE_INFINITY : this.#now - heardAt;
    counts.sims += 1;
    for (const [index, [, milliseconds]] of countedSilences.entries()) {
      if (silence < milliseconds) return;
      counts.silent[index] = (counts.silent[index] ?? 0) + 1;
    }
  }

  list(): CountryCount[] {
    return [
      ...[...this.#countries].map(([country, counts]) => ({ country, mcc: undefined, ...counts })),
      ...[...this.#codes].map(([mcc, counts]) => ({ country: undefined, mcc, ...counts })),
      ...(this.#unknown.sims > 0 ? [{ country: undefined, mcc: undefined, ...this.#unknown }] : []),
    ];
  }

  #find({ country, network }: WatchedSim): Counts {
    const mcc = network?.slice(0, network.indexOf('-'));
    const [places, name] = country === undefined ? [this.#codes, mcc] : [this.#countries, country];
    if (name === undefined) return this.#unknown;
    const known = places.get(name);
    if (known !== undefined) return known;
    if (this.#countries.size + this.#codes.size >= maxCountries) return this.#unknown;
    const counts = makeCounts();
    places.set(name, counts);
    return counts;
  }
}

function makeCounts(): Counts {
  return { sims: 0, silent: countedSilences.map(() => 0) };
}
