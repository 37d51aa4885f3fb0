import { isAccount, readFilesKey } from '../../ledger/accounts.ts';
import { findBucket } from '../buckets.ts';
import type { Day } from '../day.ts';
import { FiledRecords } from '../filed-records.ts';
import type { SimRows } from '../rows.ts';
import { makeSimDay, type SimPeriod } from '../sim-days.ts';
import type { DayPorts, SimFindings } from './ports.ts';
import { readSim } from './read-sim.ts';

/** Compares the tables with what the lake has of a sealed day. */

/** What is compared with the rows of a day, besides its seal. */
export interface TableComparison {
  /** The tables' SIMs that are in a bucket. */
  listSims(bucket: number, buckets: number): readonly string[];
  /** Reads a SIM's day again: the rows in the lake, merged with the tables. */
  read(sim: string, before: SimRows): Promise<SimRows>;
  /** What is stored for a SIM's day but does not follow from its rows in the lake: one sentence each. */
  compareStored(sim: string, rows: SimRows): Promise<readonly string[]>;
}

/** Where the pass stores what it derives from rows. */
export interface StoredResults {
  readonly simDays: {
    /** Whether exactly this SIM-day is stored. Reads consistently. */
    holds(simDay: SimPeriod): Promise<boolean>;
  };
  readonly findings: {
    /** Whether exactly these findings are stored. Reads consistently. */
    holds(found: SimFindings): Promise<boolean>;
  };
}

/**
 * What the tables have of a day, for comparison with the lake. A SIM with a marker is left out, because its late
 * records will still be read.
 *
 * @param sims all SIMs and accounts of the tables.
 */
export function compareTables(
  day: Day,
  ports: Pick<DayPorts, 'tables' | 'notes' | 'lake'> & StoredResults,
  {
    sims,
    marked,
    closedThrough,
  }: {
    readonly sims: readonly string[];
    readonly marked: ReadonlySet<string>;
    readonly closedThrough: Day;
  },
): TableComparison {
  const byBucket = new Map<number, string[]>();
  let divided = 0;
  let filed = new FiledRecords(ports.tables, day, 0, 1);
  return {
    listSims: (bucket, buckets) => {
      filed = new FiledRecords(ports.tables, day, bucket, buckets);
      if (divided !== buckets) {
        byBucket.clear();
        for (const sim of sims) {
          const number = findBucket(sim, buckets);
          const list = byBucket.get(number) ?? [];
          byBucket.set(number, list);
          list.push(sim);
        }
        divided = buckets;
      }
      return byBucket.get(bucket) ?? [];
    },
    read: async (sim, before) => {
      if (marked.has(sim)) return before;
      const reading = { sim, day, isFirst: false, closedThrough, sessionIds: [], before, filed };
      return (await readSim(ports, reading)).rows;
    },
    compareStored: async (sim, rows) => {
      if (isAccount(sim)) return [];
      const { findings } = rows;
      const [hasSimDay, hasFindings] = await Promise.all([
        // Missing files are findings that belong to no SIM.
        readFilesKey(sim) !== undefined || ports.simDays.holds(makeSimDay(sim, day, rows)),
        ports.findings.holds({ sim, day, findings }),
      ]);
      return [
        ...(hasSimDay ? [] : [`The SIM-day of ${sim} is not the sum of its rows`]),
        ...(hasFindings ? [] : [`The findings of ${sim} are not those of the lake`]),
      ];
    },
  };
}
