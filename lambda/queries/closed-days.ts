import type { Day } from '../days/day.ts';
import type { FleetPeriod } from '../days/fleet-days.ts';
import type { PartialDay } from '../days/partial-days.ts';
import type { TopLists } from '../days/top-sims.ts';
import type { StoredSimPeriod } from '../store/sim-day-items.ts';

/** What reports need of closed days. */
export interface ClosedDays {
  /** A day's seal; undefined if the day is not sealed. */
  readSeal(day: Day): Promise<DaySeal | undefined>;
  /** Whether a day is sealed. */
  isSealed(day: Day): Promise<boolean>;
  /** A day as of its last partial pass; undefined if no partial pass has read it. */
  readPartialDay(day: Day): Promise<PartialDay | undefined>;
  /**
   * A SIM's stored days in a range, both ends included, by day, including those of partial passes. Days on which it was
   * inactive are left out.
   */
  readSimDays(sim: string, from: Day, through: Day): Promise<readonly StoredSimPeriod[]>;
  /**
   * The SIMs with the most bytes on a sealed day, and in its month as of when it was read; undefined if nothing lists
   * them.
   */
  readTop(day: Day): Promise<TopLists | undefined>;
}

/** What reports need of a day's manifest. */
export interface DaySeal {
  /** When the day's version was sealed. */
  readonly sealedAt: string;
  readonly fleet: FleetPeriod;
}
