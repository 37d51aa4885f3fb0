import { findBucket } from '../days/buckets.ts';
import { makeFileKey } from '../days/pass/lake-objects.ts';
import type { Lake } from '../days/pass/ports.ts';
import type { SimRowReader } from '../days/pass/sim-row-reader.ts';
import { compareTexts, type EventRow } from '../days/rows.ts';
import type { Usage } from '../ledger/observation.ts';
import { type ClosedDay, countParts, openReaders, readFile } from './lake-sims.ts';

/** A SIM's usage and events of sealed days, without those that do not count. */
export interface SealedRecords {
  readonly sim: string;
  readonly usage: readonly Usage[];
  readonly events: readonly EventRow[];
}

/**
 * Reads the records that the given SIMs have on sealed days. Each file is read once, one part of the fleet at a time
 * and one row group of each day at a time: memory grows with the number of days, not with the fleet.
 *
 * @returns each SIM once, also without rows, in no particular order.
 * @throws ConflictError if a file is replaced meanwhile.
 */
export async function* walkSealedRecords(
  lake: Pick<Lake, 'open'>,
  days: readonly ClosedDay[],
  sims: readonly string[],
): AsyncGenerator<SealedRecords> {
  const parts = countParts(days);
  for (let part = 0; part < parts; part += 1) {
    const own = sims.filter((sim) => findBucket(sim, parts) === part).sort(compareTexts);
    if (own.length === 0) continue;
    const [usage, events] = await Promise.all([
      openReaders(lake, days, part, parts, (...[from, day, bucket, buckets]) =>
        readFile(from, makeFileKey('usage', day, bucket, buckets), 'usage'),
      ),
      openReaders(lake, days, part, parts, (...[from, day, bucket, buckets]) =>
        readFile(from, makeFileKey('events', day, bucket, buckets), 'events'),
      ),
    ]);
    for (const sim of own)
      yield { sim, usage: await takeRows(usage, sim), events: await takeRows(events, sim) };
  }
}

/** Takes a SIM's rows from the readers, and skips rows of SIMs that sort before it. */
async function takeRows<Row extends { readonly sim: string }>(
  readers: readonly SimRowReader<Row>[],
  sim: string,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const reader of readers) {
    let next = await reader.peekSim();
    while (next !== undefined && compareTexts(next, sim) < 0) {
      await reader.take(next);
      next = await reader.peekSim();
    }
    rows.push(...(await reader.take(sim)));
  }
  return rows;
}
