import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { findDay, shiftDay, startDay } from '../days/day.ts';
import { formatTime, toMilliseconds } from '../ledger/time.ts';
import { FenceTable } from './day-fence.ts';
import { OpenDaysTable } from './open-days.ts';
import { ScheduleStartTable } from './schedule-start.ts';
import { SimDayStore } from './sim-days.ts';

/** A time span of which all days are sealed, in milliseconds since the epoch. Days before it may be sealed as well. */
export interface SealedTime {
  readonly since: number;
  readonly until: number;
}

/** Reads the bytes of a SIM's sealed days, for alerts about days and months. Times are milliseconds since the epoch. */
export class SealedUsageReader {
  readonly #fence: FenceTable;
  readonly #openDays: OpenDaysTable;
  readonly #start: ScheduleStartTable;
  readonly #simDays: SimDayStore;

  constructor(client: DynamoDBClient, names: { readonly dayState: string; readonly simDays: string }) {
    this.#fence = new FenceTable(client, names.dayState);
    this.#openDays = new OpenDaysTable(client, names.dayState);
    this.#start = new ScheduleStartTable(client, names.dayState);
    this.#simDays = new SimDayStore(client, names.simDays);
  }

  /** Which days are sealed; undefined if no day is closed. */
  async findSealed(): Promise<SealedTime | undefined> {
    const [closedThrough, open, scheduledFrom] = await Promise.all([
      this.#fence.read(),
      this.#openDays.list(),
      this.#start.read(),
    ]);
    if (closedThrough === undefined) return undefined;
    // Days that were never ordered to be read are before those of the schedule.
    const [first] = open.flatMap(({ day, orderedAt }) => (orderedAt === undefined ? [] : [day])).sort();
    const end = first !== undefined && first <= closedThrough ? first : shiftDay(closedThrough, 1);
    const until = toMilliseconds(startDay(end));
    const since = scheduledFrom === undefined ? until : toMilliseconds(startDay(scheduledFrom));
    return { since: Math.min(since, until), until };
  }

  /** The days from `from` (included) to `until` (excluded) on which a SIM was active, with their bytes. */
  async readDays(sim: string, from: number, until: number): Promise<{ from: number; bytes: bigint }[]> {
    const through = shiftDay(findDay(formatTime(until)), -1);
    const days = await this.#simDays.readDays(sim, findDay(formatTime(from)), through);
    return days.map(({ period, usage }) => ({
      from: toMilliseconds(startDay(period)),
      bytes: usage.reduce((sum, { dataTotal }) => sum + BigInt(dataTotal), 0n),
    }));
  }
}
