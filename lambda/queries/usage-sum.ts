import { formatTime, toMilliseconds } from '../ledger/time.ts';
import type { LedgerReader } from '../store/reader.ts';
import type { StoredUsage } from '../store/records.ts';
import { type Bill, nothingBilled, sumCharges } from './billing.ts';
import { addVolumes, noVolumes, type Volumes } from './session-totals.ts';

/** How many ranges are read concurrently when a whole period is added up. */
const concurrentReads = 8;
/** Shorter ranges are not split. */
const minRangeMilliseconds = 2 * 86_400_000;

/** The sum of usage records. */
export class UsageSum {
  #volumes = noVolumes;
  #bill = nothingBilled;
  #latest: string | undefined;

  get volumes(): Volumes {
    return this.#volumes;
  }

  get bill(): Bill {
    return this.#bill;
  }

  /** The latest time in a record; undefined if there are no records. */
  get latest(): string | undefined {
    return this.#latest;
  }

  add(record: StoredUsage): void {
    this.#volumes = addVolumes(this.#volumes, record);
    this.#bill = sumCharges(this.#bill, record);
    // In real records, the start may be later than the end.
    for (const time of [record.start, record.end]) {
      if (this.#latest === undefined || time > this.#latest) this.#latest = time;
    }
  }
}

/**
 * Adds up a SIM's usage in a period; its end is excluded. A long period is read as several concurrent ranges, because a
 * year of records every few minutes is some fifty megabytes. Records are added up and dropped, so that memory does not
 * grow with the period.
 *
 * @param maxSeconds how long it may take; no limit by default.
 * @returns undefined if it takes longer.
 */
export function sumUsageWithin(
  reader: LedgerReader,
  sim: string,
  from: string,
  to: string,
): Promise<UsageSum>;
export function sumUsageWithin(
  reader: LedgerReader,
  sim: string,
  from: string,
  to: string,
  maxSeconds: number | undefined,
): Promise<UsageSum | undefined>;
export async function sumUsageWithin(
  reader: LedgerReader,
  sim: string,
  from: string,
  to: string,
  maxSeconds = Number.POSITIVE_INFINITY,
): Promise<UsageSum | undefined> {
  const sum = new UsageSum();
  const begin = performance.now();
  let isLate = false;
  await Promise.all(
    splitRange(from, to).map(async (range) => {
      for await (const records of reader.readUsage({ sim, ...range })) {
        for (const record of records) sum.add(record);
        isLate ||= performance.now() - begin > maxSeconds * 1_000;
        if (isLate) return;
      }
    }),
  );
  return isLate ? undefined : sum;
}

/**
 * Splits a period into ranges. As ranges of keys they do not overlap, because a key is longer than the time it begins
 * with.
 */
function splitRange(from: string, to: string): { from: string; to: string }[] {
  const begin = toMilliseconds(from);
  const length = toMilliseconds(to) - begin;
  const count = Math.max(1, Math.min(concurrentReads, Math.floor(length / minRangeMilliseconds)));
  return Array.from({ length: count }, (_, at) => ({
    from: formatTime(begin + Math.floor((length * at) / count)),
    to: formatTime(begin + Math.floor((length * (at + 1)) / count)),
  }));
}
