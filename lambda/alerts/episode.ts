import type { Rule, Severity } from './rules.ts';
import type { Evidence } from './span.ts';

/**
 * How an episode stands.
 *
 * - `open`: its span lasts, or its recovery time has not passed.
 * - `closed`: its span is over.
 * - `merged`: late records joined it with an older episode, which goes on.
 * - `withdrawn`: by late records its condition never held.
 * - `rule-changed`: the rule was removed or changed, and does not hold as it is now.
 */
export const episodeStates = ['open', 'closed', 'merged', 'withdrawn', 'rule-changed'] as const;

export type EpisodeState = (typeof episodeStates)[number];

/** What a message tells. */
export const transitionKinds = [
  /** It began. */
  'opened',
  /** More is known of it: its times, its evidence or its members. */
  'amended',
  /** Its end was sent, but it is open after all. */
  'reopened',
  /** What the rule looks for is over. */
  'closed',
  /** Late records join it with an older episode, which goes on. */
  'merged',
  /** Late records show that its condition never held. */
  'withdrawn',
  /** Its rule was changed or removed, and no longer holds. */
  'rule-changed',
] as const satisfies readonly ('opened' | 'amended' | 'reopened' | Exclude<EpisodeState, 'open'>)[];

export type TransitionKind = (typeof transitionKinds)[number];

/** The times and the state of an episode as a message tells them. */
export interface Told {
  readonly state: EpisodeState;
  readonly from: number;
  /** Of an episode that is open, undefined: while it recovers, its end may still move. */
  readonly to: number | undefined;
}

/** A message to deliver, under the episode's id and its sequence number. */
export interface Transition extends Told {
  /** 1 for the first message of an episode, then one more each. Receivers drop what is older than what they have. */
  readonly sequence: number;
  readonly kind: TransitionKind;
  /** When the sweep found it: operation, by the sweep's clock. */
  readonly foundAt: number;
  /** Whether nothing else came from the source since, and few of its SIMs are alive: it may be the source. */
  readonly isSourceInDoubt?: true;
}

/** An episode as it is stored. Times are those of events, unless they say otherwise. */
export interface Episode {
  /** A hash of the rule, the SIM and the record that began it when it was first written. It never changes. */
  readonly id: string;
  readonly rule: string;
  readonly ruleVersion: string;
  /** What the rule looks for: messages about a removed rule need it, too. */
  readonly kind: Rule['kind'];
  readonly severity: Severity;
  readonly sim: string;
  readonly source: string;
  readonly state: EpisodeState;
  readonly from: number;
  readonly metAt: number;
  readonly to: number | undefined;
  /**
   * The time whose records decide about it: see {@link findDecidingTime}. Absent while it lasts, and of one that an older
   * version wrote.
   */
  readonly decidedFrom?: number | undefined;
  readonly decidedTo?: number | undefined;
  readonly evidence: Evidence;
  /** The id of the episode that goes on in place of a merged one. */
  readonly mergedInto: string | undefined;
  /** The id of the group episode that tells of it; undefined where it is told alone. */
  readonly group: string | undefined;
  /** The watermark at which it was last judged. It is never judged by an earlier one. */
  readonly watermark: number;
  /** The state that receivers were last sent, or will be sent by the waiting messages; undefined without one. */
  readonly told: Told | undefined;
  /** Whether a mute, or a source that lags, holds back a message. */
  readonly isHeld: boolean;
  /** The number of messages so far. */
  readonly sequence: number;
  /** The messages that are not delivered to every receiver yet, in order. Delivery removes them. */
  readonly messages: readonly Transition[];
  /** When it was first written, by the sweep's clock. */
  readonly writtenAt: number;
  /** Counts the writes of this episode; conditions of writes compare it. */
  readonly revision: number;
}

/**
 * Where an episode is stored: at its rule and SIM as the `live` one, of which there is one, or under its id. An episode
 * that is open belongs in the live slot.
 */
export type Slot = 'live' | 'history';

/** An episode and where it was found. A crash may leave a copy in each slot: the greater revision counts. */
export interface StoredEpisode {
  readonly slot: Slot;
  readonly episode: Episode;
  /**
   * Whether this is the mark of an episode that has left the slot. No slot that was used is ever empty again: so a sweep
   * that read it while it was empty cannot begin the same episode a second time.
   */
  readonly hasLeft?: true;
}

/** A write to make, on a condition. */
export type EpisodeWrite =
  | {
      readonly action: 'put';
      readonly slot: Slot;
      readonly episode: Episode;
      /** The revision that must stand there; undefined where nothing may, not even a mark. */
      readonly replaces: number | undefined;
      /** Whose revision that is; undefined where it is the episode's own. */
      readonly replacesId?: string;
    }
  | {
      /** Leaves a mark in place of a copy: see {@link StoredEpisode}. */
      readonly action: 'leave';
      readonly slot: Slot;
      readonly episode: Episode;
      readonly replaces: number;
    };
