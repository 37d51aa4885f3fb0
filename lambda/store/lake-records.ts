import { findBucket } from '../days/buckets.ts';
import { makeFileKey } from '../days/pass/lake-objects.ts';
import type { Lake } from '../days/pass/ports.ts';
import type { SimRowReader } from '../days/pass/sim-row-reader.ts';
import { compareTexts, type EventRow } from '../days/rows.ts';
import type { Usage } from '../ledger/observation.ts';
import { type ClosedDay, countParts, openReaders, readFile } from './lake-sims.ts';

/** Usage and events of a SIM on sealed days: those that count. */
export interface SealedRecords {
  readonly sim: string;
  readonly usage: readonly Usage[];
  readonly events: readonly EventRow[];
}

/**
 * Reads some SIMs, with their records of sealed days. Each file is read once, a part of the fleet at a time, of each
 * day one group of rows: memory grows with the days, and not with the fleet.
 *
 * @returns each SIM once, also one without rows, in no order.
 * @throws ConflictError if a file is written meanwhile.
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

/** The rows of a SIM; those of SIMs before it are passed over. */
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
