import { type Day, findDay, shiftDay } from '../days/day.ts';
import type { LakeReader } from '../days/lake-reader.ts';
import type { SimPeriod } from '../days/sim-days.ts';
import type { Usage } from '../ledger/observation.ts';
import { formatTime } from '../ledger/time.ts';
import type { ClosedDays, DaySeal } from '../queries/closed-days.ts';
import type { UsageArchive } from './usage-archive.ts';

/** Closed days as they are stored: SIM-days in their table, the rest in the lake. */

/** The table of SIM-days, as it is read. */
export interface StoredSimDays {
  /** A SIM's days and months from one period to another one, both included. */
  readPeriods(sim: string, from: string, through: string): Promise<readonly SimPeriod[]>;
  /** The SIMs with the most bytes in a day or month, those with the most first. */
  listTop(period: string, limit: number): Promise<readonly string[]>;
}

/**
 * Days of which no usage can have expired, the current one included: below the least `retention.usageDays`, by more than
 * clocks differ.
 */
export const keptDays = 12;

/** What reports read of closed days, and what has expired of them. */
export class StoredDays implements ClosedDays, UsageArchive {
  readonly #simDays: StoredSimDays;
  readonly #lake: LakeReader;
  readonly #now: () => number;

  /** @param now milliseconds since the epoch. */
  constructor(simDays: StoredSimDays, lake: LakeReader, now: () => number) {
    this.#simDays = simDays;
    this.#lake = lake;
    this.#now = now;
  }

  readSeal(day: Day): Promise<DaySeal | undefined> {
    return this.#lake.readManifest(day);
  }

  async readSimDays(sim: string, from: Day, through: Day): Promise<SimPeriod[]> {
    const periods = await this.#simDays.readPeriods(sim, from, through);
    return periods.filter(({ period }) => period.length === from.length);
  }

  listTopSims(period: string, limit: number): Promise<readonly string[]> {
    return this.#simDays.listTop(period, limit);
  }

  findKeptFrom(): Day {
    return shiftDay(findDay(formatTime(this.#now())), 1 - keptDays);
  }

  async listDays(sim: string, from: Day, through: Day): Promise<Day[]> {
    const periods = await this.#simDays.readPeriods(sim, from, through);
    return periods
      .filter(({ period, usageRecords }) => period.length === through.length && usageRecords > 0)
      .map(({ period }) => period)
      .sort()
      .reverse();
  }

  readUsage(sim: string, day: Day): Promise<readonly Usage[]> {
    return this.#lake.readUsage(sim, day);
  }
}
