import type { Day } from '../days/day.ts';
import type { Usage } from '../ledger/observation.ts';

/** The archive of expired usage. */
export interface UsageArchive {
  /** The first day whose items cannot have expired, whatever the retention is or was. */
  findKeptFrom(): Day;
  /** The days of a range, both ends included, whose usage of a SIM is archived; newest first. */
  listDays(sim: string, from: Day, through: Day): Promise<readonly Day[]>;
  /** A SIM's archived usage that belongs to a day or is within a second of it: every rendering, in any order. */
  readUsage(sim: string, day: Day): Promise<readonly Usage[]>;
}
