import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { KnownFindings } from '../alerts/known.ts';
import { findDay, shiftDay, startDay } from '../days/day.ts';
import { formatTime, toMilliseconds } from '../ledger/time.ts';
import { FenceTable } from './day-fence.ts';
import { FindingsTable } from './findings.ts';
import { OpenDaysTable } from './open-days.ts';

/** Which days are closed, and which of them are not sealed. Times are milliseconds since the epoch. */
export type ClosedDays = Omit<KnownFindings, 'days'>;

/** Reads the findings of closed days, for alerts about findings. */
export class ClosedFindingsReader {
  readonly #fence: FenceTable;
  readonly #openDays: OpenDaysTable;
  readonly #findings: FindingsTable;

  constructor(client: DynamoDBClient, names: { readonly dayState: string; readonly findings: string }) {
    this.#fence = new FenceTable(client, names.dayState);
    this.#openDays = new OpenDaysTable(client, names.dayState);
    this.#findings = new FindingsTable(client, names.findings);
  }

  /** Which days are closed; undefined if none is. */
  async findClosed(): Promise<ClosedDays | undefined> {
    const [closedThrough, open] = await Promise.all([this.#fence.read(), this.#openDays.list()]);
    if (closedThrough === undefined) return undefined;
    // A day that was never ordered to be read has no findings, and will not get any.
    const unsealed = open.flatMap(({ day, orderedAt }) =>
      orderedAt === undefined || day > closedThrough ? [] : [toMilliseconds(startDay(day))],
    );
    return { closedUntil: toMilliseconds(startDay(shiftDay(closedThrough, 1))), unsealed };
  }

  /**
   * The SIMs with findings on any day that overlaps the time range, in pages. Times are milliseconds since the epoch.
   */
  listSims(from: number, until: number): AsyncIterable<readonly string[]> {
    return this.#findings.listSims(findDay(formatTime(Math.max(0, from))), findDay(formatTime(until - 1)));
  }

  /** A SIM's findings on the days that overlap the time range, by day. Times are milliseconds since the epoch. */
  async readDays(sim: string, from: number, until: number): Promise<KnownFindings['days']> {
    const through = findDay(formatTime(until - 1));
    const stored = await this.#findings.read(sim, findDay(formatTime(Math.max(0, from))), through);
    return stored.map(({ day, findings }) => ({ from: toMilliseconds(startDay(day)), findings }));
  }
}
