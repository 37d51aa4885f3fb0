import type { AttributeTable } from '../ledger/attributes.ts';
import { type ActivityCount, type Period, type SimPeriod, sumCounts } from './sim-days.ts';
import { type UsageDimensions, UsageGroups, type UsageSums, usageDimensions, usageSums } from './sums.ts';

/** Fleet-days: what all SIMs together did on one day, folded from their SIM-days. Months likewise. */

/** The fleet's usage in a period, of one combination of dimensions. */
export interface FleetUsage extends UsageDimensions, UsageSums {
  readonly period: Period;
  /** `usage#<dimensions>`. */
  readonly entry: string;
  /** Number of SIMs with such usage. */
  readonly sims: number;
}

/** What else the fleet did in a period. */
export interface FleetActivity extends Readonly<Record<ActivityCount, number>> {
  readonly period: Period;
  /** `activity`. */
  readonly entry: string;
  /** Number of SIMs with a usage record, an event or the end of a session. */
  readonly sims: number;
  /** Those of them whose device was heard. */
  readonly simsHeard: number;
}

/** The attributes of {@link FleetUsage}. */
export const fleetUsage = {
  period: 'text',
  entry: 'text',
  ...usageDimensions,
  ...usageSums,
  sims: 'number',
} as const satisfies AttributeTable<FleetUsage>;

/** The attributes of {@link FleetActivity}. */
export const fleetActivity = {
  period: 'text',
  entry: 'text',
  sims: 'number',
  simsHeard: 'number',
  usageRecords: 'number',
  events: 'number',
  sessionsStarted: 'number',
  sessionsEnded: 'number',
  sessionsFailed: 'number',
  sessionsWithoutBytes: 'number',
  attachments: 'number',
  attachmentsRefused: 'number',
} as const satisfies AttributeTable<FleetActivity>;

/** What the fleet did in a period. */
export interface FleetPeriod {
  /** In the order of their entries. */
  readonly usage: readonly FleetUsage[];
  readonly activity: FleetActivity;
}

/**
 * Folds one period of many SIMs, or of several parts of the fleet. Holds one sum for each combination of dimensions, so
 * memory does not grow with the fleet.
 */
export class FleetFold {
  readonly #period: Period;
  readonly #groups = new UsageGroups();
  readonly #counts = new Map<ActivityCount, number>();
  #sims = 0;
  #simsHeard = 0;

  constructor(period: Period) {
    this.#period = period;
  }

  /** Adds what one SIM did in the period; of no SIM more than once. */
  addSim({ usage, activity }: SimPeriod): void {
    for (const sums of usage) this.#groups.add(sums, sums.records);
    this.#sims += 1;
    if (activity.lastHeard !== undefined) this.#simsHeard += 1;
    this.#addCounts(activity);
  }

  /** Adds what a part of the fleet did in the period; parts have no SIM in common. */
  addPart({ usage, activity }: FleetPeriod): void {
    for (const sums of usage) this.#groups.add(sums, sums.records, sums.sims);
    this.#sims += activity.sims;
    this.#simsHeard += activity.simsHeard;
    this.#addCounts(activity);
  }

  #addCounts(counts: Readonly<Record<ActivityCount, number>>): void {
    sumCounts((name) => {
      const sum = (this.#counts.get(name) ?? 0) + counts[name];
      this.#counts.set(name, sum);
      return sum;
    });
  }

  /** What all of them did. */
  get result(): FleetPeriod {
    const period = this.#period;
    return {
      usage: this.#groups.list().map(({ key, dimensions, sum, parts }) => ({
        period,
        entry: `usage#${key}`,
        ...dimensions,
        ...sum.sums,
        sims: parts,
      })),
      activity: {
        period,
        entry: 'activity',
        sims: this.#sims,
        simsHeard: this.#simsHeard,
        ...sumCounts((name) => this.#counts.get(name) ?? 0),
      },
    };
  }
}
