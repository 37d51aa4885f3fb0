import { divideIntoChunks, forEachConcurrently } from '../../store/concurrency.ts';
import { LiveSlots } from '../../store/episodes.ts';
import type { StoredEpisode } from '../episode.ts';
import {
  findJudgingTime,
  type Judgement,
  joinGroup,
  listCurrent,
  maxToldAge,
  reconcileEpisodes,
  tellAlone,
} from '../episodes.ts';
import { groupThreshold } from '../groups.ts';
import type { Known } from '../known.ts';
import { findMute } from '../mutes.ts';
import { isAboutFindings, matchesSim, type Rule } from '../rules.ts';
import { sourceRule } from '../shared-episodes.ts';
import { AliveSims } from './alive.ts';
import { findMarks } from './find-marks.ts';
import { FleetCounts } from './fleet-counts.ts';
import {
  findOpen,
  formGroups,
  type GroupJudgement,
  type GroupResult,
  type SilentMember,
  type SilentSims,
} from './form-groups.ts';
import { HeardTimes } from './heard-times.ts';
import { type Nominee, Nominees } from './nominees.ts';
import { findJudgedMarks } from './order.ts';
import { relayMessages } from './relay.ts';
import { listMembers } from './shared.ts';
import { SilenceNotes } from './silence-notes.ts';
import { LongestSilent, maxScannedSims } from './silent-list.ts';
import { type RuleFacts, SimFactsReader } from './sim-facts.ts';
import { findSettledSince, listSettledSpans } from './since.ts';
import { updateSourceAlert } from './source-alerts.ts';
import { readStoredFacts, type StoredFacts } from './stored-facts.ts';
import type { SweepPorts, SweepReport, SweepRun } from './sweep-run.ts';
import { SweptRules } from './swept-rules.ts';
import { SweptSources } from './swept-sources.ts';
import { isSettled, staysSilent } from './unchanged.ts';
import {
  isDue,
  isHourly,
  isUnmarked,
  listSharedValues,
  nominatesSim,
  readHeardMark,
  readWatchedSim,
  type SourceTimes,
  type WatchedSim,
} from './watched-sim.ts';

/**
 * A sweep makes the stored episodes of all SIMs agree with their records, and passes messages on.
 *
 * Sweeps may overlap, run out of time and die anywhere: each write of an episode has a condition, and the next sweep
 * continues from what is stored. SIMs for which a sweep has no time are judged first by the next one.
 */

/** How many SIMs are judged concurrently; each takes several queries. */
const concurrency = 24;

/** How many SIMs' live episodes are read together. */
const readTogether = 200;

/** Milliseconds of a sweep's time that are reserved for the parts that follow. */
const reserved = {
  /** For messages, after the last SIM was judged. */
  telling: 120_000,
  /** For what is still running, after the last message. */
  ending: 30_000,
} as const;

/**
 * How much longer than the rule's `groupWait` silent SIMs wait for others that a sweep had no time for, because all of
 * them may form one group. After that, they are reported without these.
 */
const maxWaitForOthers = 3_600_000;

/**
 * Runs one sweep.
 *
 * @throws the store's errors while the fleet is read. Errors about one SIM are passed to `onFailure`.
 */
export async function sweep(run: SweepRun, ports: SweepPorts): Promise<SweepReport> {
  return new Sweep(run, ports, await readStoredFacts(run, ports)).run();
}

/** An entry that was never written. */
const noEntry = { revision: 0, content: [] } as const;

class Sweep {
  readonly #run: SweepRun;
  readonly #ports: SweepPorts;
  readonly #facts: StoredFacts;
  readonly #rules: SweptRules;
  readonly #simFacts: SimFactsReader;
  readonly #sources: SweptSources;
  readonly #nominees = new Nominees();
  readonly #heard = new HeardTimes();
  readonly #longestSilent = new LongestSilent();
  readonly #counts: FleetCounts;
  readonly #alive = new AliveSims();
  readonly #notes: SilenceNotes;
  /** Sources with a SIM that could not be judged. */
  readonly #failedSources = new Set<string>();
  /** SIMs with late records that were judged. */
  readonly #lateJudged = new Set<string>();
  #sims = 0;
  #judged = 0;
  #failed = 0;
  #told = 0;

  constructor(run: SweepRun, ports: SweepPorts, facts: StoredFacts) {
    this.#run = run;
    this.#ports = ports;
    this.#facts = facts;
    this.#counts = new FleetCounts(run.now);
    this.#rules = new SweptRules(run.rules);
    this.#simFacts = new SimFactsReader(run, ports, facts, this.#rules);
    this.#sources = new SweptSources(run, facts);
    this.#notes = new SilenceNotes(run, facts, this.#sources);
  }

  async run(): Promise<SweepReport> {
    await this.#ports.reader.scanWatchedSims((sims) => {
      for (const stored of sims) this.#meet(readWatchedSim(stored));
    });
    await this.#sources.findWatermarks(this.#heard, this.#ports);
    await this.#judge();
    await this.#settleLate();
    // Messages follow from the stored episodes, so the next sweep sends what this one does not.
    await this.#sources.write(this.#ports.state, {
      findStop: (name) => this.#nominees.findStop(name),
      hasFailed: (name) => this.#failedSources.has(name),
    });
    await this.#listSilent();
    await this.#tellOfSilence();
    await this.#tellOfSources();
    return {
      sims: this.#sims,
      judged: this.#judged,
      failed: this.#failed,
      left: this.#nominees.leftSims,
      told: this.#told,
      sources: [...this.#sources.watermarks].map(([name, watermark]) => ({ name, ...watermark })),
    };
  }

  /** Whether no more time is left than what follows needs. */
  #isShort(what: keyof typeof reserved): boolean {
    return (this.#ports.measureTimeLeft?.() ?? Number.POSITIVE_INFINITY) < reserved[what];
  }

  #meet(sim: WatchedSim): void {
    this.#sims += 1;
    this.#heard.add(sim);
    this.#longestSilent.add(sim);
    this.#counts.add(sim);
    const heardAt = readHeardMark(sim);
    if (heardAt !== undefined) this.#alive.add(listSharedValues(sim), heardAt);
    const stored = this.#facts.stored.get(sim.sim);
    for (const name of stored ?? []) this.#notes.find(name).unjudged += 1;
    const rules = this.#nominate(sim, stored ?? []);
    // SIMs of sources that are no longer configured have no state, so each sweep begins with a different one.
    const { resumeAt = 0 } = this.#sources.findState(sim.source)?.state ?? {
      resumeAt: this.#run.now % 2 ** 32,
    };
    if (rules.length > 0) this.#nominees.add({ sim, rules }, resumeAt);
  }

  /** The rules by which to judge a SIM, those of its stored episodes first. */
  #nominate(sim: WatchedSim, stored: readonly string[]): readonly string[] {
    const source = this.#sources.findState(sim.source);
    if (source === undefined) return stored;
    const { now, rules, isWhole } = this.#run;
    const { state, upTo, lateness } = source;
    const times = { ...findJudgedMarks(state, sim.place), upTo, lateness, now };
    const isEach = isWhole || this.#facts.late.from.has(sim.sim);
    let names: string[] | undefined;
    for (const rule of rules) {
      if (stored.includes(rule.name)) continue;
      const isNominated = isEach ? matchesSim(rule.match, sim) : this.#nominates(rule, sim, times);
      if (!isNominated) continue;
      names ??= [...stored];
      names.push(rule.name);
    }
    return names ?? stored;
  }

  #nominates(rule: Rule, sim: WatchedSim, times: SourceTimes): boolean {
    const { closed, withFindings } = this.#facts;
    if (isAboutFindings(rule) && closed === undefined) return false;
    if (nominatesSim(rule, sim, times)) return true;
    return isAboutFindings(rule) && withFindings?.has(sim.sim) === true && matchesSim(rule.match, sim);
  }

  /** Judges the nominees as long as there is time. */
  async #judge(): Promise<void> {
    let isOver = false;
    for (const nominees of divideIntoChunks(this.#nominees.take(), readTogether)) {
      const slots = nominees.flatMap(({ sim: { sim }, rules }) => rules.map((rule) => ({ rule, sim })));
      const live = isOver ? new LiveSlots([], slots) : await this.#ports.episodes.readLive(slots);
      await forEachConcurrently(nominees, concurrency, async (nominee) => {
        isOver ||= this.#isShort('telling');
        if (isOver) {
          this.#nominees.leave(nominee);
          return;
        }
        this.#judged += 1;
        await this.#judgeSim(nominee, live);
      });
    }
  }

  /** Deletes the notes of late records that were judged. SIMs of the remaining notes are judged again. */
  async #settleLate(): Promise<void> {
    const { late, onFailure } = this.#ports;
    try {
      await late.settle(this.#facts.late.notes, (sim) => this.#lateJudged.has(sim), this.#run.now);
    } catch (error) {
      onFailure(error);
    }
  }

  /** Lists the SIMs that have been silent longest, if the fleet is too large for queries to scan it. */
  async #listSilent(): Promise<void> {
    const { state } = this.#ports;
    const { now: sweptAt, listsSilentAbove = maxScannedSims } = this.#run;
    if (this.#sims > listsSilentAbove) {
      await forEachConcurrently(this.#longestSilent.list(), concurrency, (part) =>
        state.writeSilent(part, sweptAt),
      );
    }
    // Queries use the list only after this is written.
    await state.writeFleet({
      sims: this.#sims,
      sources: this.#longestSilent.sources,
      countries: this.#counts.list(),
      sweptAt,
    });
  }

  async #judgeSim(nominee: Nominee, live: LiveSlots): Promise<void> {
    const { sim, rules } = nominee;
    try {
      const watermark = this.#sources.watermarks.get(sim.source)?.at;
      const unchanged = watermark === undefined ? undefined : this.#findUnchanged(nominee, live);
      if (watermark !== undefined && unchanged !== undefined) {
        for (const one of unchanged) {
          const { rule } = one.episode;
          this.#notes.noteJudged(
            rule,
            sim,
            [one],
            this.#isHeld(rule, sim),
            findJudgingTime([one], watermark),
          );
        }
        return;
      }
      const stored = await Promise.all(
        rules.map(async (rule) => {
          const isUnused = live.find({ rule, sim: sim.sim }) === 'never used';
          return { rule, episodes: isUnused ? [] : await this.#readRelayed(rule, sim) };
        }),
      );
      if (watermark === undefined) {
        // Nothing of its source was ever read, so nothing new is known.
        for (const { rule, episodes = [] } of stored) this.#notes.noteJudged(rule, sim, episodes, true, 0);
        return;
      }
      const facts = await this.#simFacts.read(nominee, watermark, stored);
      if (isUnmarked(sim)) await this.#writeMarks(sim, facts.known);
      let isJudged = true;
      for (const { rule, episodes } of stored) {
        if (episodes === undefined) {
          isJudged = false;
          continue;
        }
        const ruleFacts = this.#simFacts.choose({ rule, episodes }, facts);
        if (ruleFacts === undefined) continue;
        const judgement = this.#makeJudgement(rule, sim, { ...ruleFacts, watermark, episodes });
        const writes = reconcileEpisodes(episodes, judgement);
        if (writes.length > 0 && !(await this.#ports.episodes.write(writes))) isJudged = false;
        const written = writes.length > 0 ? await this.#readRelayed(rule, sim) : episodes;
        if (written === undefined) continue;
        this.#notes.noteJudged(rule, sim, written, judgement.isHeld, judgement.watermark);
      }
      if (isJudged && this.#facts.late.from.has(sim.sim)) this.#lateJudged.add(sim.sim);
    } catch (error) {
      this.#failed += 1;
      this.#failedSources.add(sim.source);
      this.#ports.onFailure(error);
    }
  }

  /**
   * The open episodes of a SIM by its rules, if each is still as it was last judged: see {@link staysSilent}. Findings
   * are looked at once an hour.
   */
  #findUnchanged({ sim, rules }: Nominee, live: LiveSlots): StoredEpisode[] | undefined {
    const { now, isWhole } = this.#run;
    const source = this.#sources.findState(sim.source);
    if (isWhole || source === undefined) return undefined;
    if (this.#facts.late.from.has(sim.sim) || this.#facts.waiting.has(sim.sim)) return undefined;
    const { sweptAt } = findJudgedMarks(source.state, sim.place);
    if (sweptAt === undefined || isDue(sim, { sweptAt, now })) return undefined;
    const unchanged: StoredEpisode[] = [];
    for (const name of rules) {
      const version = this.#rules.findVersion(name) ?? '';
      const rule = this.#rules.findFor(name, sim);
      const stored = live.find({ rule: name, sim: sim.sim });
      if (rule === undefined || typeof stored === 'string') return undefined;
      const ruleNow = { rule, version };
      const isUnchanged = isAboutFindings(rule)
        ? !isHourly({ sweptAt, now }) && isSettled(stored, ruleNow, sim)
        : staysSilent(stored, ruleNow, sim, source);
      if (!isUnchanged) return undefined;
      unchanged.push(stored);
    }
    return unchanged;
  }

  /**
   * Writes when a device was heard whose item does not state it, so that it is not judged again before that is old
   * enough.
   */
  async #writeMarks({ sim, source }: WatchedSim, known: Known): Promise<void> {
    const granule = this.#sources.findGranule(source);
    await this.#ports.marks?.write(sim, findMarks(known, sim, granule));
  }

  /** Forms groups of the SIMs that fell silent, and reports the others alone. */
  async #tellOfSilence(): Promise<void> {
    const names = new Set([...this.#notes.rules, ...this.#facts.groups.keys()]);
    const judgement: GroupJudgement = {
      now: this.#run.now,
      countAlive: (dimension, value, since) => this.#alive.count(dimension, value, since),
      threshold: this.#run.groupsAbove ?? groupThreshold,
      isMuted: (rule, source = '') => this.#findMute(rule, '', source),
      sourceAlerts: new Set(this.#sources.openAlerts.values()),
    };
    for (const name of names) {
      const { silent, backAt, unjudged } = this.#notes.find(name);
      const rule = this.#rules.find(name);
      const version = this.#rules.findVersion(name);
      const isWaiting = this.#mustWait(name, silent);
      const sims: SilentSims = {
        ...{ name, version, backAt },
        silent: isWaiting ? silent.filter(({ group }) => group !== undefined) : silent,
        rule: rule?.kind === 'silent' ? rule : undefined,
        isComplete: unjudged === 0 && !this.#nominees.leftRules.has(name),
      };
      const ports = { ...this.#ports, isOver: () => this.#isShort('ending') };
      const result = await formGroups(sims, judgement, ports, this.#facts.groups.get(name) ?? noEntry);
      this.#told += result.told;
      const alone = isWaiting ? [] : listUngrouped(silent, result);
      await forEachConcurrently(alone, concurrency, async (member) => {
        if (!this.#isShort('ending')) await this.#tellAlone(name, member);
      });
    }
  }

  /**
   * Whether SIMs that fell silent must wait for those for which there was no time, and that may have fallen silent with
   * them.
   */
  #mustWait(rule: string, silent: readonly SilentMember[]): boolean {
    if (!this.#nominees.leftRules.has(rule)) return false;
    const { now, groupWait } = this.#run;
    const isOverdue = ({ isTold, isHeld, group, writtenAt }: SilentMember): boolean =>
      !isTold && !isHeld && group === undefined && now - writtenAt >= groupWait + maxWaitForOthers;
    return !silent.some(isOverdue);
  }

  /** Reports a silent SIM, or lets the alert of its source report it, if few SIMs are alive. */
  async #tellAlone(rule: string, { sim, episode, from, watermark }: SilentMember): Promise<void> {
    const isDoubtful = this.#sources.troubles.get(sim.source)?.cause === 'carrier-or-devices';
    const sourceAlert = isDoubtful ? this.#sources.openAlerts.get(sim.source) : undefined;
    if (sourceAlert !== undefined) this.#notes.noteWaiting(sim);
    try {
      const stored = findOpen((await this.#readRelayed(rule, sim)) ?? [], episode);
      if (stored === undefined) return;
      const { now, groupWait } = this.#run;
      const write =
        sourceAlert === undefined
          ? tellAlone(stored, {
              now,
              groupWait,
              watermark,
              isSourceInDoubt: this.#sources.isInDoubt(sim, from),
            })
          : joinGroup(stored, sourceAlert);
      if (write === undefined) return;
      await this.#ports.episodes.write([write]);
      await this.#readRelayed(rule, sim);
    } catch (error) {
      this.#failed += 1;
      this.#ports.onFailure(error);
    }
  }

  /** Opens, amends and ends the alerts about sources. */
  async #tellOfSources(): Promise<void> {
    const { openAlerts, troubles } = this.#sources;
    const covered = new Set(
      this.#notes
        .listSilent()
        .filter(({ sim, group }) => group === undefined || group !== openAlerts.get(sim.source))
        .map(({ sim }) => sim.source),
    );
    for (const source of new Set([...troubles.keys(), ...this.#facts.sourceAlerts.keys()])) {
      const facts = {
        source,
        trouble: troubles.get(source),
        members: listMembers(this.#notes.listWaiting(source)),
        isCovered: covered.has(source),
        isMuted: this.#findMute(sourceRule, '', source),
      };
      const entry = this.#facts.sourceAlerts.get(source) ?? noEntry;
      this.#told += await updateSourceAlert(facts, entry, this.#run.now, this.#ports);
    }
  }

  /** Whether a mute is in force, or the source lags or is read late. */
  #isHeld(rule: string, { sim, source }: WatchedSim): boolean {
    return this.#sources.isLate(source) || this.#findMute(rule, sim, source);
  }

  #findMute(rule: string, sim: string, source: string): boolean {
    return findMute(this.#facts.mutes, { rule, sim, source }, this.#run.now) !== undefined;
  }

  /**
   * Reads the episodes of a rule and a SIM, and passes their messages on. An episode is judged only if none of its
   * messages waits, so that its sequence has no gap in the outbox.
   *
   * @returns undefined if another sweep is writing it: that one judges the SIM, or the next one does.
   */
  async #readRelayed(rule: string, sim: WatchedSim): Promise<StoredEpisode[] | undefined> {
    const stored = await this.#ports.episodes.read(rule, sim.sim);
    const waiting = listCurrent(stored).filter(({ episode }) => episode.messages.length > 0);
    if (waiting.length === 0) return stored;
    for (const one of waiting) {
      if (!(await relayMessages(one, sim, this.#ports))) return undefined;
      this.#told += one.episode.messages.length;
    }
    const relayed = await this.#ports.episodes.read(rule, sim.sim);
    return listCurrent(relayed).some(({ episode }) => episode.messages.length > 0) ? undefined : relayed;
  }

  #makeJudgement(
    name: string,
    sim: WatchedSim,
    {
      known,
      since,
      keptSince,
      watermark: at,
      episodes,
    }: RuleFacts & { readonly watermark: number; readonly episodes: readonly StoredEpisode[] },
  ): Judgement {
    const { now, groupWait } = this.#run;
    const { source } = sim;
    const rule = this.#rules.findFor(name, sim);
    const watermark = findJudgingTime(episodes, at);
    const isSilence = rule?.kind === 'silent';
    return {
      rule,
      ruleVersion: rule && this.#rules.findVersion(name),
      ...{ sim: sim.sim, source, watermark, now, keptSince },
      since: rule === undefined ? since : Math.max(since, findSettledSince(rule, keptSince)),
      spans: rule === undefined ? [] : listSettledSpans(rule, known, watermark, keptSince),
      isHeld: this.#isHeld(name, sim),
      // Only SIMs that fall silent are grouped.
      groupWait: isSilence ? groupWait : 0,
      isGroupedFirst: isSilence,
      // If all records are judged, they are all there.
      isHistory:
        !this.#run.isWhole && (this.#facts.late.from.get(sim.sim) ?? watermark) < watermark - maxToldAge,
    };
  }
}

/** Silent SIMs that are due, were not reported yet, and are in no group. */
function listUngrouped(silent: readonly SilentMember[], { grouped }: GroupResult): SilentMember[] {
  if (grouped === undefined) return [];
  return silent.filter(
    ({ episode, isTold, isHeld, tellsFrom, watermark }) =>
      !isTold && !isHeld && watermark >= tellsFrom && !grouped.has(episode),
  );
}
