import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { findDay, shiftDay, startDay } from '../days/day.ts';
import { epochMilliseconds, formatTime } from '../ledger/time.ts';
import { FenceTable } from './day-fence.ts';
import { OpenDaysTable } from './open-days.ts';
import { SimDayStore } from './sim-days.ts';

/** The bytes of a SIM's sealed days, for alerts about days and months. Times are milliseconds since the epoch. */
export class SealedUsageReader {
  readonly #fence: FenceTable;
  readonly #openDays: OpenDaysTable;
  readonly #simDays: SimDayStore;

  constructor(client: DynamoDBClient, names: { readonly dayState: string; readonly simDays: string }) {
    this.#fence = new FenceTable(client, names.dayState);
    this.#openDays = new OpenDaysTable(client, names.dayState);
    this.#simDays = new SimDayStore(client, names.simDays);
  }

  /** The end of the last day up to which all closed days are sealed; undefined where no day is. */
  async findEnd(): Promise<number | undefined> {
    const [closedThrough, open] = await Promise.all([this.#fence.read(), this.#openDays.list()]);
    if (closedThrough === undefined) return undefined;
    const [first] = open.map(({ day }) => day).sort();
    const end = first !== undefined && first <= closedThrough ? first : shiftDay(closedThrough, 1);
    return epochMilliseconds(startDay(end));
  }

  /** The days from one moment to another one, not included, on which a SIM did anything, with their bytes. */
  async readDays(sim: string, from: number, until: number): Promise<{ from: number; bytes: bigint }[]> {
    const through = shiftDay(findDay(formatTime(until)), -1);
    const days = await this.#simDays.readDays(sim, findDay(formatTime(from)), through);
    return days.map(({ period, usage }) => ({
      from: epochMilliseconds(startDay(period)),
      bytes: usage.reduce((sum, { dataTotal }) => sum + BigInt(dataTotal), 0n),
    }));
  }
}
