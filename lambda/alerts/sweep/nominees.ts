import { measureDistance } from './order.ts';
import type { WatchedSim } from './watched-sim.ts';

/** A SIM that is to be judged, by these rules. */
export interface Nominee {
  readonly sim: WatchedSim;
  readonly rules: readonly string[];
}

interface PlacedNominee extends Nominee {
  /** How far it lies behind the place at which its source's judging begins. */
  readonly distance: number;
}

/** SIMs that one sweep judges, at most: more than it can in its time, whatever its fleet. */
export const maxNominees = 200_000;

/**
 * The SIMs that a sweep is to judge, in the order of their places, each source from where the last sweep had to stop. What
 * is kept is bounded: those that come last in the order are left to the next sweep.
 */
export class Nominees {
  readonly #limit: number;
  #kept: PlacedNominee[] = [];
  /** Those that are as far or farther are left. */
  #farthest = Number.POSITIVE_INFINITY;
  /** Of each source with SIMs that are left, the first one's distance and place. */
  readonly #left = new Map<string, { readonly distance: number; readonly place: number }>();
  /** The rules by which SIMs that are left were nominated. */
  readonly leftRules = new Set<string>();
  #leftSims = 0;

  constructor(limit: number = maxNominees) {
    this.#limit = limit;
  }

  /** SIMs that are left to the next sweep. */
  get leftSims(): number {
    return this.#leftSims;
  }

  /** @param start the place at which its source's judging begins. */
  add({ sim, rules }: Nominee, start: number): void {
    const nominee = { sim, rules, distance: measureDistance(start, sim.place) };
    if (nominee.distance >= this.#farthest) this.leave(nominee);
    else if (this.#kept.push(nominee) >= 2 * this.#limit) this.#cut();
  }

  /** Takes them, those that come first in front. */
  take(): readonly PlacedNominee[] {
    this.#cut();
    const taken = this.#kept;
    this.#kept = [];
    return taken;
  }

  /** Leaves a SIM to the next sweep. */
  leave({ sim: { source, place }, rules, distance }: PlacedNominee): void {
    this.#leftSims += 1;
    for (const rule of rules) this.leftRules.add(rule);
    const first = this.#left.get(source);
    if (first === undefined || distance < first.distance) this.#left.set(source, { distance, place });
  }

  /** The place of the first SIM of a source that is left; undefined where none is. */
  findStop(source: string): number | undefined {
    return this.#left.get(source)?.place;
  }

  #cut(): void {
    this.#kept.sort((a, b) => a.distance - b.distance);
    for (const nominee of this.#kept.splice(this.#limit)) {
      this.#farthest = Math.min(this.#farthest, nominee.distance);
      this.leave(nominee);
    }
  }
}
