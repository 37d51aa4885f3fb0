import { maxGranuleMilliseconds, minGranuleMilliseconds } from '../../ledger/heard.ts';
import { findGranule } from '../rules.ts';
import {
  findDelivered,
  findLatest,
  findWatermark,
  type HeardList,
  noteProgress,
  type ReadMark,
  type SourceProgress,
  type Watermark,
} from '../watermark.ts';
import { type SourceState, unsweptSource } from './alert-state.ts';
import type { HeardTimes } from './heard-times.ts';
import { noteJudged } from './order.ts';
import { findTrouble, type SourceTrouble } from './source-alerts.ts';
import type { StoredFacts } from './stored-facts.ts';
import type { SweepPorts, SweepRun, SweptSource } from './sweep-run.ts';
import type { WatchedSim } from './watched-sim.ts';

/** What decides which SIMs of a source are judged. */
export interface SweptState {
  readonly state: SourceState;
  readonly upTo: number;
  readonly lateness: number;
  /** The granule of its SIMs' marks. */
  readonly granule: number;
}

const unread: ReadMark = { at: undefined, holds: [] };

/** How far a sweep's sources were read and delivered, and what follows for the alerts of their SIMs. */
export class SweptSources {
  readonly #run: SweepRun;
  readonly #facts: StoredFacts;
  readonly #configured: ReadonlyMap<string, SweptSource>;
  readonly #states: ReadonlyMap<string, SweptState>;
  #progress: ReadonlyMap<string, SourceProgress> = new Map();
  /** When the latest SIM of each source was heard. */
  readonly #lastHeard = new Map<string, number>();
  readonly #watermarks = new Map<string, Watermark>();
  readonly #troubles = new Map<string, SourceTrouble>();
  readonly #openAlerts = new Map<string, string>();

  constructor(run: SweepRun, facts: StoredFacts) {
    this.#run = run;
    this.#facts = facts;
    this.#configured = new Map(run.sources.map((source) => [source.name, source]));
    this.#states = new Map(
      run.sources.map(({ name, lateness }) => {
        const state = facts.states.get(name) ?? unsweptSource;
        const upTo = facts.reads.get(name)?.at ?? run.now;
        return [name, { state, upTo, lateness, granule: this.findGranule(name) }];
      }),
    );
  }

  /** The watermarks by source, after they were found, including sources that are no longer configured. */
  get watermarks(): ReadonlyMap<string, Watermark> {
    return this.#watermarks;
  }

  /** Why alerts of a source cannot be judged, by source. */
  get troubles(): ReadonlyMap<string, SourceTrouble> {
    return this.#troubles;
  }

  /** The ids of source alerts that stay open, by source. */
  get openAlerts(): ReadonlyMap<string, string> {
    return this.#openAlerts;
  }

  /** Undefined for a source that is no longer configured. */
  findState(name: string): SweptState | undefined {
    return this.#states.get(name);
  }

  /** How exactly marks of its SIMs say when a device was heard, in milliseconds. */
  findGranule(name: string): number {
    const limits = { min: minGranuleMilliseconds, max: maxGranuleMilliseconds };
    return findGranule(this.#run.rules, name, limits);
  }

  /** Finds the watermarks from when the SIMs of all sources were heard. */
  async findWatermarks(heard: HeardTimes, ports: SweepPorts): Promise<void> {
    this.#progress = await this.#findProgress(heard, ports);
    for (const [name, source] of this.#progress) {
      const watermark = findWatermark(source);
      const trouble = findTrouble(source, watermark);
      if (trouble !== undefined) this.#troubles.set(name, trouble);
      this.#lastHeard.set(name, findLatest(source.heard, 0));
      this.#watermarks.set(name, allowForFewSims(watermark));
    }
    for (const [source, { content }] of this.#facts.sourceAlerts) {
      const [alert] = content;
      if (alert?.state === 'open' && this.#troubles.has(source)) this.#openAlerts.set(source, alert.id);
    }
  }

  /** Whether the source lags or is read late, so that its alerts are held. */
  isLate(name: string): boolean {
    const { isBehind = false, isReadLate = false } = this.#watermarks.get(name) ?? {};
    return isBehind || isReadLate;
  }

  /** Whether the source may be the cause of a silence: few of its SIMs are alive, and none was heard since. */
  isInDoubt({ source }: WatchedSim, from: number): boolean {
    const { isIndistinct = false } = this.#watermarks.get(source) ?? {};
    return isIndistinct && (this.#lastHeard.get(source) ?? 0) <= from;
  }

  /** Writes up to when sources are judged, and how late they are. */
  async write(
    store: SweepPorts['state'],
    judged: {
      /** Where the sweep stopped for lack of time; undefined if it judged all SIMs of the source. */
      findStop(name: string): number | undefined;
      /** Whether a SIM of the source could not be judged. */
      hasFailed(name: string): boolean;
    },
  ): Promise<void> {
    const { sources, now } = this.#run;
    for (const { name } of sources) {
      const watermark = this.#watermarks.get(name);
      const source = this.#progress.get(name);
      if (watermark === undefined || source === undefined) continue;
      const before = this.#facts.states.get(name) ?? unsweptSource;
      const after =
        watermark.at === undefined
          ? before
          : noteJudged(before, {
              watermark: watermark.at,
              now,
              stoppedAt: judged.findStop(name),
              hasFailed: judged.hasFailed(name),
            });
      await store.writeSource(name, { ...after, days: noteProgress(source, watermark) });
    }
  }

  /** What each source's watermark depends on, including sources that are no longer configured. */
  async #findProgress(
    heardTimes: HeardTimes,
    { reader, onFailure }: SweepPorts,
  ): Promise<Map<string, SourceProgress>> {
    const { sources, now } = this.#run;
    const heard = await heardTimes.find(reader, (...given) => this.#mayBeLate(...given), onFailure);
    const names = new Set([...sources.map(({ name }) => name), ...heardTimes.sources]);
    return new Map(
      [...names].map((name) => {
        const source = this.#configured.get(name);
        return [
          name,
          {
            isConfigured: source !== undefined,
            read: this.#facts.reads.get(name) ?? unread,
            heard: heard.get(name) ?? [],
            lateness: source?.lateness ?? 0,
            days: (this.#facts.states.get(name) ?? unsweptSource).days,
            now,
          },
        ];
      }),
    );
  }

  /** Whether a source may deliver later than it should, according to marks, which are older than their records. */
  #mayBeLate(name: string, marks: HeardList): boolean {
    const source = this.#configured.get(name);
    const { now } = this.#run;
    return source !== undefined && now - (findDelivered(marks, now) ?? 0) > source.lateness;
  }
}

/**
 * A source's watermark. If few SIMs of a source are alive and all are silent, the source or the devices may be the
 * cause. This is reported as silence of the devices, so that nobody misses it.
 */
function allowForFewSims(watermark: Watermark): Watermark {
  return watermark.isIndistinct ? { ...watermark, at: watermark.read.at, isBehind: false } : watermark;
}
