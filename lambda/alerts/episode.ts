import type { Rule, Severity } from './rules.ts';
import type { Evidence } from './span.ts';

/**
 * The state of an episode.
 *
 * - `open`: its span lasts, or its recovery time has not passed.
 * - `closed`: its span has ended.
 * - `merged`: late records joined it with an older episode, which continues.
 * - `withdrawn`: according to late records, its condition never held.
 * - `rule-changed`: the rule was removed or changed, and its current condition does not hold.
 */
export const episodeStates = ['open', 'closed', 'merged', 'withdrawn', 'rule-changed'] as const;

export type EpisodeState = (typeof episodeStates)[number];

/** What a message is about. */
export const transitionKinds = [
  /** It began. */
  'opened',
  /** More is known about it: its times, its evidence or its members. */
  'amended',
  /** Its end was sent, but it is open after all. */
  'reopened',
  /** What the rule detects has ended. */
  'closed',
  /** Late records join it with an older episode, which continues. */
  'merged',
  /** Late records show that its condition never held. */
  'withdrawn',
  /** Its rule was changed or removed, and its condition no longer holds. */
  'rule-changed',
] as const satisfies readonly ('opened' | 'amended' | 'reopened' | Exclude<EpisodeState, 'open'>)[];

export type TransitionKind = (typeof transitionKinds)[number];

/** The times and the state of an episode in a message. */
export interface Told {
  readonly state: EpisodeState;
  readonly from: number;
  /** Undefined for an open episode: while it recovers, its end may still move. */
  readonly to: number | undefined;
}

/** A message to deliver, under the episode's id and its sequence number. */
export interface Transition extends Told {
  /**
   * 1 for the first message of an episode, then one more each. Receivers drop messages that are older than the latest
   * one they have.
   */
  readonly sequence: number;
  readonly kind: TransitionKind;
  /** When the sweep found it, by the sweep's clock (operational). */
  readonly foundAt: number;
  /** Whether the source may be the cause, because few of its SIMs are alive and nothing else came from it since. */
  readonly isSourceInDoubt?: true;
}

/** A stored episode. Times are event times, unless they say otherwise. */
export interface Episode {
  /** A hash of the rule, the SIM, and the record that began it when it was first written. It never changes. */
  readonly id: string;
  readonly rule: string;
  readonly ruleVersion: string;
  /** What the rule detects, because messages about a removed rule need it as well. */
  readonly kind: Rule['kind'];
  readonly severity: Severity;
  readonly sim: string;
  readonly source: string;
  readonly state: EpisodeState;
  readonly from: number;
  readonly metAt: number;
  readonly to: number | undefined;
  /**
   * The time whose records decide about it: see {@link findDecidingTime}. Absent while it lasts, and on episodes that
   * an older version wrote.
   */
  readonly decidedFrom?: number | undefined;
  readonly decidedTo?: number | undefined;
  readonly evidence: Evidence;
  /** The id of the episode that continues a merged one. */
  readonly mergedInto: string | undefined;
  /** The id of the group episode that includes it; undefined if it has its own messages. */
  readonly group: string | undefined;
  /** The watermark at which it was last judged. It is never judged by an earlier one. */
  readonly watermark: number;
  /** The state that receivers were last sent, or that waiting messages will send; undefined if there is no message. */
  readonly told: Told | undefined;
  /** Whether a mute, or a source that lags, holds back a message. */
  readonly isHeld: boolean;
  /** How many messages it has had. */
  readonly sequence: number;
  /** The messages that are not delivered to every receiver yet, in order. Delivery removes them. */
  readonly messages: readonly Transition[];
  /** When it was first written, by the sweep's clock. */
  readonly writtenAt: number;
  /** How often this episode was written; conditions of writes compare it. */
  readonly revision: number;
}

/**
 * Where an episode is stored under its rule and SIM: in the `live` slot, of which there is one, or under its id. An
 * open episode belongs in the live slot.
 */
export type Slot = 'live' | 'history';

/** An episode, and where it was found. A crash may leave a copy in each slot: the greater revision counts. */
export interface StoredEpisode {
  readonly slot: Slot;
  readonly episode: Episode;
  /**
   * Whether this is the mark of an episode that has left the slot. A slot that was used never becomes empty: otherwise
   * a sweep that had read it while it was empty could begin the same episode again.
   */
  readonly hasLeft?: true;
}

/** A conditional write. */
export type EpisodeWrite =
  | {
      readonly action: 'put';
      readonly slot: Slot;
      readonly episode: Episode;
      /** The revision that must be stored; undefined if the slot must be empty, even of marks. */
      readonly replaces: number | undefined;
      /** The episode with that revision; undefined if it is the same episode. */
      readonly replacesId?: string;
    }
  | {
      /** Replaces a copy by a mark: see {@link StoredEpisode}. */
      readonly action: 'leave';
      readonly slot: Slot;
      readonly episode: Episode;
      readonly replaces: number;
    };
