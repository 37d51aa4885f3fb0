import { measureDistance } from './order.ts';
import type { WatchedSim } from './watched-sim.ts';

/** A SIM to judge, with the rules for it. */
export interface Nominee {
  readonly sim: WatchedSim;
  readonly rules: readonly string[];
}

interface PlacedNominee extends Nominee {
  /** The distance from the place where judging its source begins. */
  readonly distance: number;
}

/** The most SIMs that one sweep judges: more than its time allows for any fleet. */
export const maxNominees = 200_000;

/**
 * The SIMs that a sweep must judge, in the order of their places, each source from where the last sweep had to stop.
 * Memory is bounded: the last SIMs in this order are left to the next sweep.
 */
export class Nominees {
  readonly #limit: number;
  #kept: PlacedNominee[] = [];
  /** SIMs at this distance or farther are left. */
  #farthest = Number.POSITIVE_INFINITY;
  /** For each source with SIMs that are left, the first one's distance and place. */
  readonly #left = new Map<string, { readonly distance: number; readonly place: number }>();
  /** The rules for SIMs that are left. */
  readonly leftRules = new Set<string>();
  #leftSims = 0;

  constructor(limit: number = maxNominees) {
    this.#limit = limit;
  }

  /** How many SIMs are left to the next sweep. */
  get leftSims(): number {
    return this.#leftSims;
  }

  /** @param start the place where judging its source begins. */
  add({ sim, rules }: Nominee, start: number): void {
    const nominee = { sim, rules, distance: measureDistance(start, sim.place) };
    if (nominee.distance >= this.#farthest) this.leave(nominee);
    else if (this.#kept.push(nominee) >= 2 * this.#limit) this.#cut();
  }

  /** Removes and returns them, nearest first. */
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

  /** The place of the first SIM of a source that is left; undefined if none is. */
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
