import { type Day, findDay, shiftDay } from '../days/day.ts';
import type { LakeReader } from '../days/lake-reader.ts';
import type { PartialDay } from '../days/partial-days.ts';
import type { TopLists } from '../days/top-sims.ts';
import type { Usage } from '../ledger/observation.ts';
import { formatTime } from '../ledger/time.ts';
import type { ClosedDays, DaySeal } from '../queries/closed-days.ts';
import type { StoredSimPeriod } from './sim-day-items.ts';
import type { SimDayStore } from './sim-days.ts';
import type { UsageArchive } from './usage-archive.ts';

/**
 * How many recent days, including the current one, cannot have expired usage: fewer than the least
 * `retention.usageDays`, by more than clocks differ.
 */
export const keptDays = 12;

/**
 * Reads closed days for reports, and what has expired of them: SIM-days from their table, everything else from the
 * lake.
 */
export class StoredDays implements ClosedDays, UsageArchive {
  readonly #simDays: Pick<SimDayStore, 'readDays'>;
  readonly #lake: LakeReader;
  readonly #now: () => number;

  /** @param now milliseconds since the epoch. */
  constructor(simDays: Pick<SimDayStore, 'readDays'>, lake: LakeReader, now: () => number) {
    this.#simDays = simDays;
    this.#lake = lake;
    this.#now = now;
  }

  readSeal(day: Day): Promise<DaySeal | undefined> {
    return this.#lake.readManifest(day);
  }

  isSealed(day: Day): Promise<boolean> {
    return this.#lake.isSealed(day);
  }

  readPartialDay(day: Day): Promise<PartialDay | undefined> {
    return this.#lake.readPartialDay(day);
  }

  readSimDays(sim: string, from: Day, through: Day): Promise<readonly StoredSimPeriod[]> {
    return this.#simDays.readDays(sim, from, through);
  }

  readTop(day: Day): Promise<TopLists | undefined> {
    return this.#lake.readTop(day);
  }

  findKeptFrom(): Day {
    return shiftDay(findDay(formatTime(this.#now())), 1 - keptDays);
  }

  async listDays(sim: string, from: Day, through: Day): Promise<Day[]> {
    const days = await this.#simDays.readDays(sim, from, through);
    return days
      .filter(({ usageRecords, asOf }) => usageRecords > 0 && asOf === undefined)
      .map(({ period }) => period)
      .reverse();
  }

  readUsage(sim: string, day: Day): Promise<readonly Usage[]> {
    return this.#lake.readUsage(sim, day);
  }
}
