import { type Day, shiftDay, startDay } from '../days/day.ts';
import { findFirstKeptDay } from '../days/kept-days.ts';
import { countsSimDay, maxLiveSims, type PartialDay } from '../days/partial-days.ts';
import { prefetch } from '../days/pass/prefetch.ts';
import { compareTopSims, rankCandidates, type TopList, type TopSim } from '../days/top-sims.ts';
import type { Sim } from '../ledger/observation.ts';
import { formatTime } from '../ledger/time.ts';
import { mapConcurrently } from '../store/concurrency.ts';
import { isKey } from '../store/keys.ts';
import type { LedgerReader } from '../store/reader.ts';
import type { ClosedDays, DaySeal } from './closed-days.ts';
import { ParameterError, SlowSumError } from './errors.ts';
import type { Page } from './page.ts';
import type { UsageGroup, UsageOrder } from './parameters.ts';
import {
  clipSpans,
  type DividedTime,
  divideTime,
  type FleetGranularity,
  listPeriodDays,
  nameListedPeriod,
  type RecordRange,
  type TimeSpan,
} from './report-time.ts';
import { type FoundSim, makeUnknownSimError } from './sim-lookup.ts';
import { cutPeriod, type UsagePeriod } from './usage-records.ts';
import {
  type Addend,
  comparePositions,
  type FleetUsageRecord,
  type ReportPeriod,
  type ReportPosition,
  type ReportRow,
  readAddend,
  type UsageFilter,
  UsageReport,
} from './usage-report.ts';

/**
 * Usage of the fleet. Sealed days come from fleet-days and SIM-days, without reading records. Unsealed days, and parts
 * of days at the ends of a period, come from records if at most {@link maxLiveSims} SIMs match. If more match, whole
 * unsealed days come from their last partial pass.
 */

/** How many SIMs, and how many seals, are read concurrently. */
const concurrentReads = 32;

/** How many records a sorted report may skip before the page. */
const maxRank = 100_000;

/** Which usage a report adds up, and how. */
export interface FleetUsageQuery extends UsageFilter {
  readonly groups: readonly UsageGroup[];
  readonly granularity: FleetGranularity;
  readonly period: UsagePeriod;
  readonly sim?: FoundSim | undefined;
  /** SID of a fleet: the one that a SIM belongs to now. */
  readonly fleet?: string | undefined;
  /** Sort by this, greatest first; if undefined, newest period first. */
  readonly order?: UsageOrder | undefined;
  /** The most records of the page. */
  readonly size: number;
  readonly after: FleetPosition | undefined;
  /** How long the report may take; undefined for no limit. */
  readonly maxSeconds?: number | undefined;
}

/** What reports need. */
export interface ReportPorts {
  readonly reader: LedgerReader;
  /** Returns milliseconds since the epoch. */
  readonly now: () => number;
  /** Undefined if days are not closed, so that all usage is read from records. */
  readonly days: ClosedDays | undefined;
  /** Days that usage is kept; forever if 0 or absent. */
  readonly usageDays?: number | undefined;
  /** How many SIMs' records a report reads; {@link maxLiveSims} by default. */
  readonly maxLiveSims?: number | undefined;
}

/** Where a page continues: after so many records, or after a record; in a report by SIM, after a record of a SIM. */
export type FleetPosition =
  | { readonly rank: number }
  | { readonly sim: string | null; readonly row: ReportPosition | null };

/** Which part of a report's period is not sealed. */
export interface Coverage {
  /** The time of the response. */
  readonly as_of: string;
  /** Times that were added up from the records that have arrived. */
  readonly live: readonly TimeSpan[];
  /** Unsealed days that were added up from sums, because more SIMs match than a report reads records of. */
  readonly partial: readonly PartialSpan[];
  /** Times that are missing, because more SIMs match than that and there are no sums. */
  readonly missing: readonly TimeSpan[];
  /** Unsealed times that are so long ago that usage may have expired and is not counted. */
  readonly expired: readonly TimeSpan[];
}

interface PartialSpan extends TimeSpan {
  /** Records that had arrived by then are counted. */
  readonly as_of: string;
}

/** A page of a report, and what it covers. */
export interface FleetUsagePage extends Page<FleetUsageRecord, FleetPosition> {
  readonly coverage: Coverage;
}

/** A position in a report; undefined if the value is not one. */
export function readFleetPosition(value: unknown): FleetPosition | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { rank, sim, row } = value as Readonly<Record<string, unknown>>;
  if (rank !== undefined) {
    return Number.isSafeInteger(rank) && Number(rank) > 0 && Number(rank) <= maxRank
      ? { rank: Number(rank) }
      : undefined;
  }
  const known = sim === null || isKey(sim, 'partition') ? sim : undefined;
  if (known === undefined || row === undefined) return undefined;
  if (row === null) return known === null ? undefined : { sim: known, row };
  const { start, subject } = row as Readonly<Record<string, unknown>>;
  if (typeof start !== 'string' || typeof subject !== 'string') return undefined;
  return { sim: known, row: { start, subject } };
}

/**
 * Adds up usage of the fleet.
 *
 * @throws NotFoundError if no record of the SIM has arrived, SlowSumError if it takes too long, ParameterError for
 *   hours of too many SIMs.
 */
export async function listFleetUsage(query: FleetUsageQuery, ports: ReportPorts): Promise<FleetUsagePage> {
  const report = await FleetReport.open(query, ports);
  const { resources, next } = await report.readPage();
  return { resources, next, coverage: report.coverage };
}

/** One report: which part of its period is sealed, and which records must be read. */
class FleetReport {
  readonly #query: FleetUsageQuery;
  readonly #ports: ReportPorts;
  readonly #now: string;
  readonly #seals: ReadonlyMap<Day, DaySeal>;
  /** Unsealed days as of their last partial passes. */
  readonly #partialDays: ReadonlyMap<Day, PartialDay>;
  /** The days that are added up from sums. */
  readonly #summedDays: readonly Day[];
  readonly #ranges: readonly RecordRange[];
  /** The requested SIM, if there is one. */
  readonly #sim: Sim | undefined;
  /** Whether to read records. */
  readonly #readsRecords: boolean;
  readonly #limit: TimeLimit;

  private constructor(
    query: FleetUsageQuery,
    ports: ReportPorts,
    found: {
      readonly now: string;
      readonly seals: ReadonlyMap<Day, DaySeal>;
      readonly partialDays: ReadonlyMap<Day, PartialDay>;
      readonly sim: Sim | undefined;
      readonly divided: DividedTime;
      readonly isSmall: boolean;
      readonly limit: TimeLimit;
    },
  ) {
    this.#query = query;
    this.#ports = ports;
    this.#now = found.now;
    this.#seals = found.seals;
    this.#sim = found.sim;
    this.#partialDays = found.partialDays;
    this.#summedDays = found.divided.summed;
    this.#ranges = found.divided.ranges;
    this.#readsRecords = found.isSmall;
    this.#limit = found.limit;
  }

  static async open(query: FleetUsageQuery, ports: ReportPorts): Promise<FleetReport> {
    const limit = new TimeLimit(query.maxSeconds);
    const now = formatTime(ports.now());
    const { reader } = ports;
    const [sim, seals] = await Promise.all([
      query.sim && reader.readSim(query.sim.sim),
      readSeals(query.period, now, ports.days),
    ]);
    if (query.sim !== undefined && sim === undefined) throw makeUnknownSimError(query.sim.sim);
    const bySeals = divideTime(query, now, seals, noPartialDays);
    const isSmall =
      sim !== undefined || bySeals.ranges.length === 0 || (await matchesFewSims(query, ports, limit));
    if (!isSmall && query.granularity === 'hour') {
      throw new ParameterError(
        'Granularity',
        'hour',
        `day or all, unless Sim or Fleet leaves at most ${ports.maxLiveSims ?? maxLiveSims} SIMs: hours are added up from records`,
      );
    }
    const partialDays = isSmall ? noPartialDays : await readPartialDays(query.period, seals, now, ports.days);
    const divided = isSmall ? bySeals : divideTime(query, now, seals, partialDays);
    return new FleetReport(query, ports, { now, seals, partialDays, sim, divided, isSmall, limit });
  }

  get coverage(): Coverage {
    const unsealed = this.#ranges.filter(({ isLive }) => isLive);
    return {
      as_of: this.#now,
      live: this.#readsRecords ? clipSpans(unsealed, this.#now) : [],
      partial: [...this.#partialDays].map(([day, { asOf }]) => {
        const from = startDay(day);
        const [span] = clipSpans([{ from, to: startDay(shiftDay(day, 1)), isLive: true }], this.#now);
        return { ...(span ?? { start_time: from, end_time: from }), as_of: asOf };
      }),
      missing: this.#readsRecords ? [] : clipSpans(this.#ranges, this.#now),
      expired: this.#listExpired(unsealed),
    };
  }

  #listExpired(unsealed: readonly RecordRange[]): TimeSpan[] {
    const { usageDays = 0, now } = this.#ports;
    const kept = findFirstKeptDay(usageDays, now());
    return kept === undefined ? [] : clipSpans(unsealed, startDay(kept));
  }

  /** @throws SlowSumError */
  readPage(): Promise<Page<FleetUsageRecord, FleetPosition>> {
    const { order, groups } = this.#query;
    if (order !== undefined) return this.#readSorted(order);
    return groups.includes('sim') && this.#sim === undefined ? this.#readBySim() : this.#readWhole();
  }

  /** A page of records of the whole fleet. */
  async #readWhole(): Promise<Page<FleetUsageRecord, FleetPosition>> {
    const { size, after } = this.#query;
    const rows = await this.#sumUp();
    const position = after !== undefined && 'row' in after ? (after.row ?? undefined) : undefined;
    const rest =
      position === undefined ? rows : rows.filter((row) => comparePositions(row.position, position) > 0);
    const page = rest.slice(0, size);
    const last = page.at(-1);
    return {
      resources: page.map(({ record }) => record),
      next: rest.length > size && last !== undefined ? { sim: null, row: last.position } : undefined,
    };
  }

  /** A page of records, one SIM after the other. */
  async #readBySim(): Promise<Page<FleetUsageRecord, FleetPosition>> {
    const { size, after } = this.#query;
    const position = after !== undefined && 'sim' in after ? after : undefined;
    const resources: FleetUsageRecord[] = [];
    let last: FleetPosition | undefined;
    const sims = prefetch(this.#listSims(position), concurrentReads, async (sim) => ({
      sim: sim.sim,
      rows: await this.#sumUpSim(sim),
    }));
    for await (const { sim, rows } of sims) {
      const from = position?.sim === sim ? position.row : null;
      for (const row of rows) {
        if (from !== null && comparePositions(row.position, from) <= 0) continue;
        if (resources.length === size) return { resources, next: last };
        resources.push(row.record);
        last = { sim, row: row.position };
      }
      if (this.#limit.isOver) {
        // What was read is a page, and the next one continues.
        return { resources, next: { sim, row: null } };
      }
    }
    return { resources, next: undefined };
  }

  /** A page of the greatest records. */
  async #readSorted(order: UsageOrder): Promise<Page<FleetUsageRecord, FleetPosition>> {
    const { size, after } = this.#query;
    const rank = after !== undefined && 'rank' in after ? after.rank : 0;
    const wanted = rank + size + 1;
    const rows = (await this.#readTop(order, wanted)) ?? (await this.#sortAll(order, wanted));
    const next = rank + size < rows.length && rank + size <= maxRank ? { rank: rank + size } : undefined;
    return { resources: rows.slice(rank, rank + size).map(({ record }) => record), next };
  }

  /** The greatest of all records. In a report by SIM, memory grows with the number that is requested. */
  async #sortAll(order: UsageOrder, wanted: number): Promise<ReportRow[]> {
    const compare = compareBy(order);
    if (!this.#query.groups.includes('sim') || this.#sim !== undefined) {
      return (await this.#sumUp()).sort(compare);
    }
    let greatest: ReportRow[] = [];
    const sims = prefetch(this.#listSims(undefined), concurrentReads, (sim) => this.#sumUpSim(sim));
    for await (const rows of sims) {
      this.#limit.require();
      greatest.push(...rows);
      if (greatest.length > 2 * wanted + concurrentReads) greatest = greatest.sort(compare).slice(0, wanted);
    }
    return greatest.sort(compare).slice(0, wanted);
  }

  /**
   * The SIMs with the most bytes, from the lists that passes make, without reading all SIMs; undefined if no list
   * covers the request. Lists cover whole days and months of whole SIMs only.
   */
  async #readTop(order: UsageOrder, wanted: number): Promise<ReportRow[] | undefined> {
    const { groups, granularity, period, fleet, network, isoCountry } = this.#query;
    const { days } = this.#ports;
    const isPlain = [fleet, network, isoCountry, this.#sim].every((filter) => filter === undefined);
    const listed = nameListedPeriod(period, this.#now);
    if (this.#readsRecords && this.#ranges.length > 0) return undefined;
    if (days === undefined || listed === undefined || !isPlain || order !== 'bytes') return undefined;
    if (granularity !== 'all' || groups.length !== 1 || groups[0] !== 'sim') return undefined;
    const lists = await this.#readTopLists(days, listed);
    return lists && this.#sumUpTop(rankCandidates(lists), wanted);
  }

  /** The lists of sealed days, or of the newest partial pass. */
  async #readTopLists(days: ClosedDays, period: string): Promise<readonly TopList[] | undefined> {
    const summed = this.#summedDays;
    const newest = summed.findLast((day) => this.#partialDays.has(day));
    if (newest !== undefined) {
      const partial = this.#partialDays.get(newest);
      // What is newer than the pass is not in its list.
      if (partial === undefined || newest !== summed.at(-1)) return undefined;
      return [partial.top[period === newest ? 'day' : 'month']];
    }
    const found = await mapConcurrently(summed, concurrentReads, (day) => days.readTop(day));
    const lists = found.flatMap((top) => (top === undefined ? [] : [top]));
    if (lists.length < summed.length) return undefined;
    return lists.map((top) => top[summed.includes(period) ? 'day' : 'month']);
  }

  /**
   * Adds up candidates, greatest in the lists first, until no other SIM can exceed those that are requested; undefined
   * if SIMs that are in no list might.
   */
  async #sumUpTop({ sims, leftOut }: TopList, wanted: number): Promise<ReportRow[] | undefined> {
    const found: { readonly row: ReportRow; readonly top: TopSim }[] = [];
    const compare = compareBy('bytes');
    for (let from = 0; ; from += wanted) {
      const some = sims.slice(from, from + wanted).map(({ sim }) => sim);
      const rows = await mapConcurrently(
        await this.#ports.reader.readSims(some),
        concurrentReads,
        async (sim) =>
          (await this.#sumUpSim(sim)).map((row) => {
            return { row, top: { sim: sim.sim, bytes: String(row.measures.bytes) } };
          }),
      );
      this.#limit.require();
      found.push(...rows.flat());
      found.sort((a, b) => compareTopSims(a.top, b.top));
      const others = [sims[from + wanted], leftOut].filter((other) => other !== undefined);
      const last = found[wanted - 1];
      const isFound = last !== undefined && others.every((other) => compareTopSims(last.top, other) < 0);
      if (others.length === 0 || isFound) {
        const rowsOfTop = found.slice(0, wanted).map(({ row }) => row);
        return rowsOfTop.sort(compare);
      }
      if (from + wanted >= sims.length) return undefined;
    }
  }

  /** The records of all SIMs that match. */
  async #sumUp(): Promise<ReportRow[]> {
    const { groups, network, isoCountry, fleet, granularity, period } = this.#query;
    const report = new UsageReport(groups, { network, isoCountry }, { sim: this.#sim, fleet });
    if (granularity === 'all' && groups.length === 0) report.addPeriod(this.#makePeriod(period.from));
    const isBySim = this.#sim !== undefined || fleet !== undefined || groups.includes('fleet');
    if (!isBySim) this.#addFleetDays(report);
    const hasRecords = this.#readsRecords && this.#ranges.length > 0;
    if (!isBySim && !hasRecords) return report.list();
    const sims = prefetch(this.#listSims(undefined), concurrentReads, (sim) =>
      this.#addSim(report, sim, isBySim),
    );
    for await (const _ of sims) this.#limit.require();
    return report.list();
  }

  /** The records of one SIM. */
  async #sumUpSim(sim: Sim): Promise<ReportRow[]> {
    const { groups, network, isoCountry, fleet } = this.#query;
    const report = new UsageReport(groups, { network, isoCountry }, { sim: this.#sim, fleet });
    await this.#addSim(report, sim, true);
    return report.list();
  }

  #addFleetDays(report: UsageReport): void {
    for (const day of this.#summedDays) {
      const period = this.#makePeriod(startDay(day));
      const { fleet } = this.#seals.get(day) ?? this.#partialDays.get(day) ?? {};
      const isLive = !this.#seals.has(day);
      for (const usage of fleet?.usage ?? [])
        report.add(period, undefined, usage, { records: usage.records, isLive });
    }
  }

  /** Adds a SIM's days, if they are needed, and its records. */
  async #addSim(report: UsageReport, sim: Sim, addsDays: boolean): Promise<void> {
    await Promise.all([
      addsDays ? this.#addSimDays(report, sim) : undefined,
      this.#readsRecords ? this.#addRecords(report, sim, this.#ranges) : undefined,
    ]);
  }

  async #addSimDays(report: UsageReport, sim: Sim): Promise<void> {
    const [first, last] = [this.#summedDays[0], this.#summedDays.at(-1)];
    if (first === undefined || last === undefined) return;
    const stored = (await this.#ports.days?.readSimDays(sim.sim, first, last)) ?? [];
    const summed = new Set(this.#summedDays);
    for (const { period: day, usage, leftOut, asOf } of stored) {
      if (!summed.has(day) || !countsSimDay(asOf, this.#partialDays.get(day)?.asOf)) continue;
      const isLive = !this.#seals.has(day);
      if (leftOut.length > 0) {
        // Its item had too many combinations of dimensions, so its records are read to distinguish them.
        await this.#addRecords(report, sim, [
          { from: startDay(day), to: startDay(shiftDay(day, 1)), isLive },
        ]);
        continue;
      }
      const period = this.#makePeriod(startDay(day));
      for (const sums of usage) report.add(period, sim, sums, { records: sums.records, isLive });
    }
  }

  async #addRecords(report: UsageReport, sim: Sim, ranges: readonly RecordRange[]): Promise<void> {
    await Promise.all(
      ranges.map(async ({ from, to, isLive }) => {
        for await (const records of this.#ports.reader.readUsage({ sim: sim.sim, from, to })) {
          for (const record of records) {
            const addend: Addend = readAddend(record);
            report.add(this.#makePeriod(record.start), sim, addend, { records: 1, isLive });
          }
          this.#limit.require();
        }
      }),
    );
  }

  /** The SIMs that match, from a position on, in an order that stays the same. */
  async *#listSims(position: { readonly sim: string | null; readonly row: unknown } | undefined) {
    const { fleet } = this.#query;
    const { reader } = this.#ports;
    if (this.#sim !== undefined) {
      if (fleet === undefined || this.#sim.groups.ids?.group.fleetSid === fleet) yield this.#sim;
      return;
    }
    let after = position?.sim ?? undefined;
    if (after !== undefined && position?.row !== null) {
      const begun = await reader.readSim(after);
      if (begun !== undefined) yield begun;
    }
    do {
      const { sims, next } = await reader.scanSims({ fleet }, maxLiveSims, after);
      yield* sims;
      after = next;
    } while (after !== undefined);
  }

  /** The period of a report's record with a given time. */
  #makePeriod(time: string): ReportPeriod {
    const { granularity, period } = this.#query;
    const { from, to } = period;
    return granularity === 'all' ? { start: from, end: to } : cutPeriod(time, granularity, from, to);
  }
}

/** How long a report may take. */
class TimeLimit {
  readonly #begin = performance.now();
  readonly #seconds: number;

  constructor(seconds = Number.POSITIVE_INFINITY) {
    this.#seconds = seconds;
  }

  get isOver(): boolean {
    return performance.now() - this.#begin > this.#seconds * 1_000;
  }

  /** @throws SlowSumError */
  require(): void {
    if (this.isOver) throw new SlowSumError(this.#seconds);
  }
}

/** The seals of a period's days, up to today. */
async function readSeals(
  period: UsagePeriod,
  now: string,
  days: ClosedDays | undefined,
): Promise<Map<Day, DaySeal>> {
  if (days === undefined) return new Map();
  const past = listPeriodDays(period, now).filter((day) => startDay(shiftDay(day, 1)) <= now);
  const seals = await mapConcurrently(past, concurrentReads, async (day) => ({
    day,
    seal: await days.readSeal(day),
  }));
  return new Map(seals.flatMap(({ day, seal }) => (seal === undefined ? [] : [[day, seal] as const])));
}

const noPartialDays: ReadonlyMap<Day, PartialDay> = new Map();

/**
 * The unsealed days of a period as of their last partial passes: those that are completely in the period, as far as
 * they have come.
 */
async function readPartialDays(
  period: UsagePeriod,
  seals: ReadonlyMap<Day, DaySeal>,
  now: string,
  days: ClosedDays | undefined,
): Promise<Map<Day, PartialDay>> {
  if (days === undefined) return new Map();
  const { from, to } = period;
  const unsealed = listPeriodDays(period, now).filter((day) => {
    const isWhole = from <= startDay(day) && (to >= startDay(shiftDay(day, 1)) || to >= now);
    return isWhole && startDay(day) <= now && !seals.has(day);
  });
  const found = await mapConcurrently(unsealed, concurrentReads, async (day) => ({
    day,
    partial: await days.readPartialDay(day),
  }));
  return new Map(
    found.flatMap(({ day, partial }) => (partial === undefined ? [] : [[day, partial] as const])),
  );
}

/** Greatest first. */
function compareBy(order: UsageOrder): (a: ReportRow, b: ReportRow) => number {
  return (a, b) => {
    const difference = b.measures[order] - a.measures[order];
    return difference === 0n ? comparePositions(a.position, b.position) : difference > 0n ? 1 : -1;
  };
}

/** Whether so few SIMs match that their records can be read. */
async function matchesFewSims(
  { fleet }: FleetUsageQuery,
  { reader, maxLiveSims: most = maxLiveSims }: ReportPorts,
  limit: TimeLimit,
): Promise<boolean> {
  let count = 0;
  let after: string | undefined;
  do {
    const { sims, next } = await reader.scanSims({ fleet }, most + 1 - count, after);
    limit.require();
    count += sims.length;
    after = next;
  } while (after !== undefined && count <= most);
  return count <= most;
}
