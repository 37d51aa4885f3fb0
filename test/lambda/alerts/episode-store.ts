import { expect } from 'vitest';
import type { EpisodeWrite, StoredEpisode, Transition } from '../../../lambda/alerts/episode.ts';
import { findJudgingTime, type Judgement, reconcileEpisodes } from '../../../lambda/alerts/episodes.ts';
import type { Known } from '../../../lambda/alerts/known.ts';
import { type Rule, versionRule } from '../../../lambda/alerts/rules.ts';
import { joinSpans } from '../../../lambda/alerts/span.ts';
import { findSpans } from '../../../lambda/alerts/spans.ts';
import { sim } from './records.ts';

/** The episodes of one rule and SIM in memory: one live slot, and history by id. Writes check their conditions. */
export class EpisodeStore {
  readonly #items = new Map<string, StoredEpisode>();
  /** Every message that was ever stored, by episode and sequence. */
  readonly messages = new Map<string, Transition>();

  list(): StoredEpisode[] {
    return this.slots().filter(({ hasLeft }) => hasLeft !== true);
  }

  /** Includes the marks of episodes that have left a slot. */
  slots(): StoredEpisode[] {
    return [...this.#items.values()];
  }

  /** @throws Error if the condition does not hold. */
  write(write: EpisodeWrite): void {
    const { slot, episode, replaces } = write;
    const { id } = episode;
    const key = slot === 'live' ? 'live' : id;
    const standing = this.#items.get(key)?.episode;
    const expectedId = (write.action === 'put' ? write.replacesId : undefined) ?? id;
    const isExpected =
      standing === undefined
        ? replaces === undefined
        : standing.id === expectedId && standing.revision === replaces;
    if (!isExpected) throw new Error('The condition does not hold');
    if (write.action === 'leave') {
      this.#items.set(key, { slot, episode, hasLeft: true });
      return;
    }
    this.#items.set(key, { slot, episode });
    for (const message of episode.messages) this.#keep(`${id} ${message.sequence}`, message);
  }

  /** Receivers identify a message by its episode and sequence, so it must never change. */
  #keep(key: string, message: Transition): void {
    const known = this.messages.get(key);
    if (known !== undefined) expect(message).toEqual(known);
    this.messages.set(key, message);
  }

  /** Removes the messages from the items. */
  deliver(): void {
    for (const [key, { slot, episode, hasLeft }] of this.#items) {
      if (episode.messages.length === 0 || hasLeft === true) continue;
      this.#items.set(key, { slot, episode: { ...episode, messages: [], revision: episode.revision + 1 } });
    }
  }
}

/** The outcome of a sweep. */
export interface Sweep {
  readonly rule: Rule | undefined;
  readonly known: Known;
  readonly watermark: number;
  readonly since?: number;
  readonly now?: number;
  readonly isHeld?: boolean;
  readonly groupWait?: number;
}

/** The decisions of a sweep about the stored items. */
export function judge(stored: readonly StoredEpisode[], sweep: Sweep): Judgement {
  const { rule, known, since = 0, isHeld = false, groupWait = 0 } = sweep;
  const watermark = findJudgingTime(stored, sweep.watermark);
  return {
    rule,
    ruleVersion: rule && versionRule(rule),
    sim,
    source: 'fleet',
    spans: rule === undefined ? [] : joinSpans(findSpans(rule, known, watermark), rule, watermark),
    since,
    watermark,
    now: sweep.now ?? watermark,
    isHeld,
    groupWait,
  };
}

/** One sweep of the SIM; its messages, in order. */
export function sweepOnce(store: EpisodeStore, sweep: Sweep): Transition[] {
  const before = new Set(store.messages.keys());
  const stored = store.slots();
  for (const write of reconcileEpisodes(stored, judge(stored, sweep))) store.write(write);
  return [...store.messages].filter(([key]) => !before.has(key)).map(([, message]) => message);
}
