import type { RowDays } from '../../lambda/billing/row-days.ts';
import type { SimRecords } from '../../lambda/billing/sim-records.ts';
import { type Day, listDays, shiftDay, startDay } from '../../lambda/days/day.ts';
import { listExpiredDays } from '../../lambda/days/kept-days.ts';
import type { DayTables } from '../../lambda/days/pass/ports.ts';
import { makeRows } from '../../lambda/days/rows.ts';
import { isAccount } from '../../lambda/ledger/accounts.ts';
import { mapConcurrently } from '../../lambda/store/concurrency.ts';
import { countParts, type FurtherRecords, walkLakeSims } from '../../lambda/store/lake-sims.ts';
import type { CommandContext } from '../command.ts';
import { listSealedDays, openDayTables, openLake, requireUnchanged } from '../days/lake.ts';
import { findToday } from '../days/range.ts';

/** The records of a bill: sealed days from the lake; for small fleets, days without a seal from the tables. */

/** The most SIMs whose unsealed days are read from the tables. */
const maxLiveSims = 1_000;
/** SIMs that are read concurrently. */
const concurrentReads = 16;

/** Opened records, and which days are missing. */
export interface OpenRecords {
  /** Sealed days. */
  readonly sealed: readonly Day[];
  /** Days without a seal whose records come from the tables. */
  readonly live: readonly Day[];
  /** Days without a seal whose records are left out, because the fleet is too large. */
  readonly missing: readonly Day[];
  /** Unsealed days so old that usage may have expired. Expired usage is not in the bill. */
  readonly expired: readonly Day[];
  /** Parts of the fleet. */
  readonly parts: number;
  /**
   * The SIMs that have records and the others given, each once: one part of the fleet after the other, in key order
   * within a part.
   */
  walk(others: Iterable<string>): AsyncGenerator<SimRecords>;
}

/** Which days of a range to read. */
export interface DaySelection {
  /** All by default. */
  readonly isWanted?: (day: Day) => boolean;
  /** Whether to leave out days without a seal. */
  readonly isSealedOnly?: boolean;
  /** Whether a SIM's usage of a sealed day may be added up. */
  readonly isFolded?: boolean;
}

/**
 * Opens the records of some days.
 *
 * @param readsSessions whether the times of sessions matter.
 */
export async function openRecords(
  { deployment, terminal }: CommandContext,
  { from, through }: RowDays,
  readsSessions: boolean,
  { isWanted = () => true, isSealedOnly = false, isFolded = false }: DaySelection = {},
): Promise<OpenRecords> {
  const lake = openLake(deployment);
  const today = findToday(terminal.now());
  const last = through < today ? through : today;
  const days = await listSealedDays(deployment, (day) => day >= (from ?? '') && day <= last && isWanted(day));
  const sealed = days.map(({ day }) => day);
  const open = isSealedOnly ? [] : listOpenDays(sealed, from, last).filter(isWanted);
  const tables = openDayTables(deployment).tables;
  const sims = open.length === 0 ? [] : await listFewSims(tables);
  const further: ReadonlyMap<string, FurtherRecords> =
    sims === undefined ? new Map() : await readLive(tables, sims, open, readsSessions);
  return {
    sealed,
    live: sims === undefined ? [] : open,
    missing: sims === undefined ? open : [],
    expired: listExpiredDays(open, deployment.places.usageRetentionDays, terminal.now()),
    parts: countParts(days),
    walk: (others) =>
      requireUnchanged(
        walkLakeSims(lake, { days, readsSessions, isFolded, further: addSilent(further, others) }),
      ),
  };
}

const noRecords: FurtherRecords = { usage: [], sessions: [] };

/** Adds SIMs that may have no records, since some of them still cost something. */
function addSilent(
  known: ReadonlyMap<string, FurtherRecords>,
  sims: Iterable<string>,
): ReadonlyMap<string, FurtherRecords> {
  const all = new Map(known);
  for (const sim of sims) if (!all.has(sim)) all.set(sim, noRecords);
  return all;
}

/** Days without a seal from the range's beginning, or else from the first sealed day. */
function listOpenDays(sealed: readonly Day[], from: Day | undefined, last: Day): Day[] {
  const first = from ?? sealed[0] ?? last;
  const known = new Set(sealed);
  return listDays(first, last).filter((day) => !known.has(day));
}

/** All SIMs; undefined if there are too many to read from the tables. */
async function listFewSims(tables: Pick<DayTables, 'listSims'>): Promise<string[] | undefined> {
  const sims: string[] = [];
  for await (const some of tables.listSims()) {
    sims.push(...some.filter((sim) => !isAccount(sim)));
    if (sims.length > maxLiveSims) return undefined;
  }
  return sims;
}

async function readLive(
  tables: Pick<DayTables, 'readRecords' | 'readSessions'>,
  sims: readonly string[],
  days: readonly Day[],
  readsSessions: boolean,
): Promise<ReadonlyMap<string, FurtherRecords>> {
  const [first, last] = [days[0], days.at(-1)];
  if (first === undefined || last === undefined) return new Map();
  const span = { from: startDay(shiftDay(first, -1)), to: startDay(shiftDay(last, 2)) };
  const read = await mapConcurrently(sims, concurrentReads, async (sim) => {
    const [{ usage, events }, sessions] = await Promise.all([
      tables.readRecords(sim, span),
      readsSessions
        ? tables.readSessions(sim, { ...span, from: startDay(shiftDay(first, -maxSessionDays)) }, [])
        : [],
    ]);
    const ended = days.flatMap((day) => makeRows(day, { usage: [], events: [], sessions }).sessions);
    const items = { usage, events, sessions: [] };
    return [
      sim,
      {
        usage: days.flatMap((day) => makeRows(day, items).usage),
        sessions: ended.map(({ sessionId, start, terminal, origin }) => ({
          ...{ sessionId, start, end: terminal.end, source: origin.group.source },
        })),
      },
    ] as const;
  });
  return new Map(read);
}

/** A session of an unsealed day is found only if it began at most this many days before. */
const maxSessionDays = 62;
