import type { Known, KnownFindings } from '../../lambda/alerts/known.ts';
import { addSigns } from '../../lambda/alerts/signs.ts';
import { readKnown } from '../../lambda/alerts/sweep/read-known.ts';
import type { WatchedSim } from '../../lambda/alerts/sweep/watched-sim.ts';
import { type Day, findDay, listDays, shiftDay, startDay } from '../../lambda/days/day.ts';
import { formatTime, toMilliseconds } from '../../lambda/ledger/time.ts';
import { ClosedFindingsReader } from '../../lambda/store/closed-findings.ts';
import { mapConcurrently } from '../../lambda/store/concurrency.ts';
import { type SealedRecords, walkSealedRecords } from '../../lambda/store/lake-records.ts';
import type { LedgerReader } from '../../lambda/store/reader.ts';
import { listSealedDays, openLake, requireUnchanged } from '../days/lake.ts';
import type { Deployment } from '../deployment/deployment.ts';

/**
 * The records of SIMs in a time range, for back-tests: usage and events of sealed days come from the lake, where they
 * do not expire, and everything else comes from the tables. Sessions are kept forever.
 */

/** SIMs that are read concurrently; each takes about five queries. */
const concurrency = 16;

/** Sealed days that are read before the range, to find the latest records before it. */
const daysBefore = 7;

/** A SIM and its records. */
export interface KnownSim {
  readonly sim: WatchedSim;
  readonly known: Known;
}

/** Which days of a range are sealed. */
export interface SealedDays {
  /** Days that are read from the lake, oldest first. */
  readonly days: readonly Day[];
  /** Days of the range without a seal, oldest first. Their records are in the tables. */
  readonly open: readonly Day[];
  /** Whether all days that overlap a range of time are sealed. */
  readonly isSealed: (from: number, to: number) => boolean;
  /**
   * The records of SIMs, each SIM once, in no particular order.
   *
   * @param readsFindings whether to read findings too.
   */
  walk(sims: readonly WatchedSim[], reader: LedgerReader, readsFindings: boolean): AsyncGenerator<KnownSim>;
}

/** Finds the sealed days of a range. Times are milliseconds since the epoch. */
export async function openSealedDays(
  deployment: Deployment,
  time: { readonly from: number; readonly to: number; readonly now: number },
): Promise<SealedDays> {
  const lake = openLake(deployment);
  const [first, last] = [nameDay(time.from), nameDay(Math.min(time.to, time.now))];
  const wanted = new Set(listDays(shiftDay(first, -daysBefore), last));
  const closed = await listSealedDays(deployment, (day) => wanted.has(day));
  const sealed = new Set(closed.map(({ day }) => day));
  const open = listDays(first, last).filter((day) => !sealed.has(day));
  const [firstOpen] = open;
  // Even if all days are sealed, the tables have later records and open sessions.
  const tablesFrom = firstOpen === undefined ? time.to : toMilliseconds(startDay(firstOpen));
  return {
    days: [...sealed],
    open,
    isSealed: (from, to) => listDays(nameDay(from), nameDay(to)).every((day) => sealed.has(day)),
    async *walk(sims, reader, readsFindings) {
      const findings = readsFindings ? await openFindings(deployment, time) : undefined;
      const bySim = new Map(sims.map((sim) => [sim.sim, sim]));
      const sealedRecords = requireUnchanged(walkSealedRecords(lake, closed, [...bySim.keys()]));
      for await (const chunk of gather(sealedRecords, concurrency)) {
        yield* await mapConcurrently(chunk, concurrency, async (records) => {
          const sim = bySim.get(records.sim) as WatchedSim;
          const known = await readMerged({ sim, records, sealed, tablesFrom, from: time.from }, reader);
          return {
            sim,
            known: findings === undefined ? known : { ...known, findings: await findings(sim.sim) },
          };
        });
      }
    },
  };
}

function nameDay(at: number): Day {
  return findDay(formatTime(Math.max(0, at)));
}

interface Reading {
  readonly sim: WatchedSim;
  readonly records: SealedRecords;
  readonly sealed: ReadonlySet<Day>;
  /** The beginning of the first day without a seal. */
  readonly tablesFrom: number;
  /** Return all records from here on, and the latest record before. */
  readonly from: number;
}

async function readMerged(
  { sim, records, sealed, tablesFrom, from }: Reading,
  reader: LedgerReader,
): Promise<Known> {
  const isBefore = [
    ...records.usage.map(({ start }) => start),
    ...records.events.map(({ time }) => time),
  ].some((time) => toMilliseconds(time) < from);
  // If a SIM did nothing on the days before, the tables may have the record with which its silence began.
  const range = { from: isBefore ? tablesFrom : Math.min(from, tablesFrom), keptSince: 0 };
  const [stored, { sessions }] = await Promise.all([
    readKnown(sim, range, reader, { usage: true, events: true, sessions: false, earlier: 'each' }),
    readKnown(sim, { from, keptSince: 0 }, reader, {
      ...{ usage: false, events: false, sessions: true, earlier: 'any' },
    }),
  ]);
  return addSigns({
    sessions,
    usage: [...records.usage, ...stored.usage.filter(({ start }) => !sealed.has(findDay(start)))],
    events: [...records.events, ...stored.events.filter(({ time }) => !sealed.has(findDay(time)))],
  });
}

/** Reads the findings of SIMs, as sweeps do; undefined if no day is closed. */
async function openFindings(
  { dynamoDb, places }: Deployment,
  { from }: { readonly from: number },
): Promise<((sim: string) => Promise<KnownFindings>) | undefined> {
  const { dayState, findings } = places.dayTables;
  const reader = new ClosedFindingsReader(dynamoDb, { dayState, findings });
  const closed = await reader.findClosed();
  if (closed === undefined) return undefined;
  const { closedUntil } = closed;
  return async (sim) => ({
    ...closed,
    days: from < closedUntil ? await reader.readDays(sim, from, closedUntil) : [],
  });
}

/** Groups single elements into batches. */
async function* gather(
  records: AsyncGenerator<SealedRecords>,
  size: number,
): AsyncGenerator<readonly SealedRecords[]> {
  let chunk: SealedRecords[] = [];
  for await (const one of records) {
    chunk.push(one);
    if (chunk.length < size) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}
