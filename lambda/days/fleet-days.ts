import type { AttributeTable } from '../ledger/attributes.ts';
import {
  type ActivityCounts,
  activityCounts,
  isActive,
  mapCounts,
  type Period,
  type SimPeriod,
} from './sim-days.ts';
import { type UsageDimensions, UsageGroups, type UsageSums, usageDimensions, usageSums } from './sums.ts';

/** Fleet-days: what all SIMs together did on a day, folded from their SIM-days. Months likewise. */

/** The fleet's usage in a period, for one combination of dimensions. */
export interface FleetUsage extends UsageDimensions, UsageSums {
  /** How many SIMs have such usage. */
  readonly sims: number;
}

/** What the fleet did in a period. */
export interface FleetPeriod extends ActivityCounts {
  readonly period: Period;
  /** How many SIMs had a usage record, an event or the end of a session. */
  readonly sims: number;
  /** How many of these SIMs' devices were heard. */
  readonly simsHeard: number;
  /** By dimensions, sorted by key. */
  readonly usage: readonly FleetUsage[];
}

/** The attributes of {@link FleetUsage}. */
export const fleetUsage = {
  ...usageDimensions,
  ...usageSums,
  sims: 'number',
} as const satisfies AttributeTable<FleetUsage>;

/** The attributes of {@link FleetPeriod}, except its usage. */
export const fleetPeriod = {
  period: 'text',
  sims: 'number',
  simsHeard: 'number',
  ...activityCounts,
} as const satisfies AttributeTable<Omit<FleetPeriod, 'usage'>>;

/**
 * Folds one period of many SIMs, or of several parts of the fleet. Keeps one sum per combination of dimensions, so
 * memory does not grow with the fleet.
 */
export class FleetFold {
  readonly #period: Period;
  readonly #groups = new UsageGroups();
  #counts = mapCounts(() => 0);
  #sims = 0;
  #simsHeard = 0;

  constructor(period: Period) {
    this.#period = period;
  }

  /** Adds what one SIM did in the period. Add each SIM at most once. */
  addSim(sim: SimPeriod): void {
    for (const sums of sim.usage) this.#groups.add(sums, sums.records);
    if (isActive(sim)) this.#sims += 1;
    if (sim.lastHeard !== undefined) this.#simsHeard += 1;
    this.#addCounts(sim);
  }

  /** Adds what a part of the fleet did in the period. Parts must have no SIM in common. */
  addPart(part: FleetPeriod): void {
    for (const sums of part.usage) this.#groups.add(sums, sums.records, sums.sims);
    this.#sims += part.sims;
    this.#simsHeard += part.simsHeard;
    this.#addCounts(part);
  }

  #addCounts(added: ActivityCounts): void {
    const counts = this.#counts;
    this.#counts = mapCounts((name) => counts[name] + added[name]);
  }

  /** What all of them did. */
  get result(): FleetPeriod {
    return {
      period: this.#period,
      sims: this.#sims,
      simsHeard: this.#simsHeard,
      ...this.#counts,
      usage: this.#groups
        .list()
        .map(({ dimensions, sum, parts }) => ({ ...dimensions, ...sum.sums, sims: parts })),
    };
  }
}
