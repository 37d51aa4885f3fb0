import type { Day } from '../days/day.ts';
import type { FleetPeriod } from '../days/fleet-days.ts';
import type { PartialDay } from '../days/partial-days.ts';
import type { TopLists } from '../days/top-sims.ts';
import type { StoredSimPeriod } from '../store/sim-day-items.ts';

/** What reports read of closed days. */
export interface ClosedDays {
  /** A day's seal; undefined if the day is not sealed. */
  readSeal(day: Day): Promise<DaySeal | undefined>;
  /** Whether a day is sealed. */
  isSealed(day: Day): Promise<boolean>;
  /** A day as of its last partial pass; undefined without one. */
  readPartialDay(day: Day): Promise<PartialDay | undefined>;
  /**
   * A SIM's stored days from one day to another one, both included, in their order, those of partial passes among them. Days
   * on which it did nothing are left out.
   */
  readSimDays(sim: string, from: Day, through: Day): Promise<readonly StoredSimPeriod[]>;
  /** The SIMs with the most bytes in a sealed day, and in its month when it was read; undefined where nothing lists them. */
  readTop(day: Day): Promise<TopLists | undefined>;
}

/** What reports read of a day's manifest. */
export interface DaySeal {
  /** When the day's version was sealed. */
  readonly sealedAt: string;
  readonly fleet: FleetPeriod;
}
