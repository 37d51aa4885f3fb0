import type { Day } from '../days/day.ts';
import type { Usage } from '../ledger/observation.ts';

/** Where usage is that has expired from its table. */
export interface UsageArchive {
  /** The first day of which no item can have expired, whatever the retention is or was. */
  findKeptFrom(): Day;
  /** The days, from one to another one, both included, of which a SIM's usage is archived; the newest first. */
  listDays(sim: string, from: Day, through: Day): Promise<readonly Day[]>;
  /** A SIM's archived usage that belongs to a day or is within a second of it, every rendering, in any order. */
  readUsage(sim: string, day: Day): Promise<readonly Usage[]>;
}
