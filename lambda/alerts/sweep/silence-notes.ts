import type { Episode, StoredEpisode } from '../episode.ts';
import { listCurrent } from '../episodes.ts';
import type { SilentMember } from './form-groups.ts';
import type { StoredFacts } from './stored-facts.ts';
import type { SweepRun } from './sweep-run.ts';
import type { SweptSources } from './swept-sources.ts';
import type { WatchedSim } from './watched-sim.ts';

/** SIMs with an open episode of a silent rule, and what else groups depend on. */
export interface RuleNotes {
  readonly silent: SilentMember[];
  /** When the last member of a group was heard again, by group. */
  readonly backAt: Map<string, number>;
  /** SIMs with stored episodes of the rule that were not judged: without them, no group may end. */
  unjudged: number;
}

/** What a sweep notes about the SIMs that it judged, for groups of silent SIMs and source alerts. */
export class SilenceNotes {
  readonly #groupWait: number;
  readonly #stored: StoredFacts['stored'];
  readonly #sources: SweptSources;
  /** By silent rule, including removed ones. */
  readonly #rules = new Map<string, RuleNotes>();
  /** By source: SIMs whose alerts wait for it, and those in the source's alert. */
  readonly #waiting = new Map<string, Set<WatchedSim>>();

  constructor({ groupWait }: SweepRun, { stored }: StoredFacts, sources: SweptSources) {
    this.#groupWait = groupWait;
    this.#stored = stored;
    this.#sources = sources;
  }

  /** Rules with notes. */
  get rules(): Iterable<string> {
    return this.#rules.keys();
  }

  /** SIMs with an open episode of any silent rule. */
  listSilent(): SilentMember[] {
    return [...this.#rules.values()].flatMap(({ silent }) => silent);
  }

  /** SIMs of a source whose alerts wait for it, or that are in its alert, in order. */
  listWaiting(source: string): WatchedSim[] {
    return [...(this.#waiting.get(source) ?? [])].sort((a, b) => (a.sim < b.sim ? -1 : 1));
  }

  /** The notes of a rule, which are empty at first. */
  find(rule: string): RuleNotes {
    let notes = this.#rules.get(rule);
    if (notes === undefined) {
      notes = { silent: [], backAt: new Map(), unjudged: 0 };
      this.#rules.set(rule, notes);
    }
    return notes;
  }

  /** Notes the episodes of a SIM that was judged by a rule, or about which nothing new is known. */
  noteJudged(
    rule: string,
    sim: WatchedSim,
    stored: readonly StoredEpisode[],
    isHeld: boolean,
    watermark: number,
  ): void {
    if (this.#stored.get(sim.sim)?.includes(rule) === true) this.find(rule).unjudged -= 1;
    const current = listCurrent(stored).map(({ episode }) => episode);
    if (current.some((episode) => episode.isHeld) && this.#sources.troubles.has(sim.source)) {
      this.noteWaiting(sim);
    }
    for (const episode of current) {
      if (episode.kind !== 'silent') continue;
      if (episode.state === 'open') this.#noteSilent(sim, episode, isHeld, watermark);
      else if (episode.group !== undefined && episode.to !== undefined) {
        const { backAt } = this.find(episode.rule);
        backAt.set(episode.group, Math.max(backAt.get(episode.group) ?? episode.to, episode.to));
      }
    }
  }

  /** Notes a SIM whose alerts wait for its source, or that is in the source's alert. */
  noteWaiting(sim: WatchedSim): void {
    const waiting = this.#waiting.get(sim.source);
    if (waiting === undefined) this.#waiting.set(sim.source, new Set([sim]));
    else waiting.add(sim);
  }

  #noteSilent(
    sim: WatchedSim,
    { id: episode, rule, from, metAt, group, told, writtenAt }: Episode,
    isHeld: boolean,
    watermark: number,
  ): void {
    const isTold = told !== undefined;
    const tellsFrom = metAt + this.#groupWait;
    const member = { sim, episode, from, tellsFrom, watermark, group, writtenAt, isTold, isHeld };
    this.find(rule).silent.push(member);
  }
}
