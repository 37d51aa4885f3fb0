import { dayMilliseconds } from '../../days/day.ts';
import type { SealedTime } from '../../store/sealed-usage.ts';
import type { StoredEpisode } from '../episode.ts';
import { listCurrent } from '../episodes.ts';
import {
  type Known,
  type KnownFindings,
  nothingKnown,
  type RememberedRecord,
  rememberRecords,
  type SealedUsage,
} from '../known.ts';
import { unsweptSource } from './alert-state.ts';
import type { Nominee } from './nominees.ts';
import { findJudgedMarks } from './order.ts';
import { listNeeded, readKnown, usageOnly } from './read-known.ts';
import { findSince } from './since.ts';
import type { StoredFacts } from './stored-facts.ts';
import type { SweepPorts, SweepRun } from './sweep-run.ts';
import type { SweptRules } from './swept-rules.ts';
import { isDue, isUnmarked, readHeardMark, type WatchedSim } from './watched-sim.ts';

/** What a SIM is judged by: its records, and its closed days. */

/** A rule and its stored episodes; undefined while another sweep is writing them. */
export interface StoredRule {
  readonly rule: string;
  readonly episodes: readonly StoredEpisode[] | undefined;
}

/** A SIM's sealed days, and from when on days may be unsealed. */
interface SealedOfSim extends SealedUsage {
  readonly unsealedFrom: number;
}

/** A SIM's findings, and from which day on they are known. */
interface FoundOfSim {
  readonly from: number;
  readonly findings: KnownFindings;
}

/** What is known about a SIM that is judged. */
export interface SimFacts {
  /** Including sealed days. */
  readonly known: Known;
  readonly records: Known;
  /** From when on records are complete. */
  readonly since: number;
  readonly sealed: SealedOfSim | undefined;
  readonly found: FoundOfSim | undefined;
}

/** What one rule is judged by. */
export interface RuleFacts {
  readonly known: Known;
  /** From when on everything is known, in milliseconds since the epoch. */
  readonly since: number;
  /** From when on nothing has expired. */
  readonly keptSince: number;
}

/** Reads what SIMs are judged by. */
export class SimFactsReader {
  readonly #run: SweepRun;
  readonly #ports: Pick<SweepPorts, 'reader' | 'sealedUsage' | 'closedFindings'>;
  readonly #facts: Pick<StoredFacts, 'states' | 'late' | 'sealedTime' | 'closed'>;
  readonly #rules: SweptRules;
  /** From when on no record has expired. */
  readonly #keptSince: number;

  constructor(run: SweepRun, ports: SweepPorts, facts: StoredFacts, rules: SweptRules) {
    this.#run = run;
    this.#ports = ports;
    this.#facts = facts;
    this.#rules = rules;
    this.#keptSince = run.now - (run.retention ?? Number.POSITIVE_INFINITY);
  }

  /**
   * Reads all that the rules of a nominee need.
   *
   * @param watermark up to when its source is known.
   * @throws the store's errors.
   */
  async read({ sim, rules }: Nominee, watermark: number, stored: readonly StoredRule[]): Promise<SimFacts> {
    const judged = rules.flatMap((name) => this.#rules.findFor(name, sim) ?? []);
    const aboutPeriods = stored.filter(({ rule }) => this.#rules.isAboutPeriods(rule));
    const aboutFindings = stored.filter(({ rule }) => this.#rules.isAboutFindings(rule));
    const [sealed, found] = await Promise.all([
      this.#readSealed(sim, watermark, aboutPeriods),
      this.#readFindings(sim, watermark, aboutFindings),
    ]);
    const byRecords = stored.filter(
      (one) => !aboutFindings.includes(one) && (sealed === undefined || !aboutPeriods.includes(one)),
    );
    const since = Math.min(
      this.#findSince(sim, watermark, byRecords, this.#keptSince),
      sealed?.unsealedFrom ?? watermark,
    );
    const range = { from: since, keptSince: this.#keptSince };
    const needed = listNeeded(judged, isUnmarked(sim));
    const records =
      judged.length > 0 ? await readKnown(sim, range, this.#ports.reader, needed) : nothingKnown;
    const known: Known =
      sealed === undefined ? records : { ...(await this.#readUnsealed(sim, sealed, records)), sealed };
    return { known, records, since, sealed, found };
  }

  /**
   * Chooses what a rule is judged by. Days and findings do not expire.
   *
   * @returns undefined for a rule about findings if no day is closed, because nothing is known then.
   */
  choose({ rule, episodes = [] }: StoredRule, facts: SimFacts): RuleFacts | undefined {
    const { known, records, since, sealed, found } = facts;
    const keptForEver = Number.NEGATIVE_INFINITY;
    if (this.#rules.isAboutFindings(rule)) {
      if (found === undefined) return undefined;
      const { from, findings } = found;
      return { known: { ...nothingKnown, findings }, since: from, keptSince: keptForEver };
    }
    if (sealed !== undefined && this.#rules.isAboutPeriods(rule))
      return { known, since: sealed.from, keptSince: keptForEver };
    return {
      known: rememberRecords(records, findOpenBegin(episodes), this.#keptSince),
      ...{ since, keptSince: this.#keptSince },
    };
  }

  /** A SIM's findings of closed days, for its rules about findings, from the first day that is completely known. */
  async #readFindings(
    sim: WatchedSim,
    watermark: number,
    stored: readonly StoredRule[],
  ): Promise<FoundOfSim | undefined> {
    const { closed } = this.#facts;
    const { closedFindings } = this.#ports;
    if (stored.length === 0 || closed === undefined || closedFindings === undefined) return undefined;
    const since = this.#findSince(sim, watermark, stored, 0);
    const earliest = Math.min(since, closed.closedUntil - dayMilliseconds);
    const from = Math.floor(earliest / dayMilliseconds) * dayMilliseconds;
    const days = await closedFindings.readDays(sim.sim, from, closed.closedUntil);
    return { from, findings: { ...closed, days } };
  }

  /** A SIM's sealed days, for its rules about days and months; undefined if it is judged by records alone. */
  async #readSealed(
    sim: WatchedSim,
    watermark: number,
    stored: readonly StoredRule[],
  ): Promise<SealedOfSim | undefined> {
    const sealedTime: SealedTime | undefined = this.#facts.sealedTime;
    const { sealedUsage } = this.#ports;
    if (stored.length === 0 || sealedTime === undefined || sealedUsage === undefined) return undefined;
    const { until } = sealedTime;
    const since = this.#findSince(sim, watermark, stored, 0);
    // From the first day that is completely known.
    const from = Math.ceil(since / dayMilliseconds) * dayMilliseconds;
    if (from >= until) return undefined;
    const days = await sealedUsage.readDays(sim.sim, from, until);
    return { from, until, days, unsealedFrom: from < sealedTime.since ? from : until };
  }

  /** What is known about unsealed days: their usage does not expire, although events may be kept for a shorter time. */
  async #readUnsealed(sim: WatchedSim, { unsealedFrom: from }: SealedOfSim, records: Known): Promise<Known> {
    if (this.#keptSince <= from) return records;
    return readKnown(sim, { from, keptSince: 0 }, this.#ports.reader, usageOnly);
  }

  /** From when on a SIM's records are read: all that its rules may detect, and all that its episodes are based on. */
  #findSince(sim: WatchedSim, watermark: number, stored: readonly StoredRule[], keptSince: number): number {
    const { isWhole, now, sources } = this.#run;
    if (isWhole) return Math.max(0, keptSince);
    const state = this.#facts.states.get(sim.source) ?? unsweptSource;
    const { judgedThrough = watermark, sweptAt } = findJudgedMarks(state, sim.place);
    const since = findSince(
      stored.map(({ rule: name, episodes = [] }) => ({
        rule: this.#rules.findFor(name, sim),
        version: this.#rules.findVersion(name),
        episodes,
      })),
      {
        from: Math.min(watermark, judgedThrough),
        lateFrom: this.#facts.late.from.get(sim.sim),
        lateness: sources.find(({ name }) => name === sim.source)?.lateness ?? 0,
        isDeep: sweptAt === undefined || isDue(sim, { sweptAt, now }),
        heardAt: readHeardMark(sim),
      },
    );
    return Math.max(since, keptSince);
  }
}

/** The record with which the open episode began; undefined if none is open. */
function findOpenBegin(stored: readonly StoredEpisode[]): RememberedRecord | undefined {
  const open = listCurrent(stored).find(({ episode }) => episode.state === 'open')?.episode;
  return open && { record: open.evidence.begin, metAt: open.metAt };
}
