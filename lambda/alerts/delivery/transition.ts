import type { EpisodeState, TransitionKind } from '../episode.ts';
import type { GroupDimension } from '../groups.ts';
import { ruleKinds, type Severity } from '../rules.ts';
import type { SourceCause } from '../shared-episodes.ts';

/**
 * A change of an episode that receivers are told about. A transition is a fact: it is stored with the episode in one
 * write, has one sequence number, and is sent under one id however often.
 */

/** What a rule detects. `source` is the alert about a source that is behind. */
export const alertKinds = [...ruleKinds, 'source'] as const;
export type AlertKind = (typeof alertKinds)[number];

/** The rule of an episode. */
export interface AlertRule {
  readonly name: string;
  readonly version: string;
  readonly kind: AlertKind;
  readonly severity: Severity;
}

/** A SIM as receivers know it. It has no IMSI, IMEI or MSISDN, so that these cannot be sent. */
export interface AlertSim {
  readonly source: string;
  /** The SIM's key in the ledger: its ICCID, or the carrier's id if no record states an ICCID. */
  readonly sim: string;
  /** The name that the customer gave the SIM at the carrier. */
  readonly name?: string;
}

/** The beginning of a list, and its total length. */
export interface Excerpt<T> {
  readonly total: number;
  readonly first: readonly T[];
}

/** The most members of a group, and the most records of evidence, that a transition lists. */
export const maxMembers = 50;
export const maxEvidence = 20;

/** What an episode is about. */
export type AlertSubject =
  | ({
      readonly kind: 'sim';
      readonly country?: string;
      readonly network?: string;
      /** Whether the source may be the cause, because few of its SIMs are alive and none was heard since. */
      readonly isSourceInDoubt?: true;
    } & AlertSim)
  | {
      readonly kind: 'group';
      readonly by: GroupDimension;
      /** The network (MCC and MNC), model (type allocation code), country or source that the members share. */
      readonly value: string;
      readonly members: Excerpt<AlertSim>;
    }
  | {
      readonly kind: 'source';
      readonly source: string;
      readonly cause: SourceCause;
      /** SIMs whose own alerts wait for the source. */
      readonly members: Excerpt<AlertSim>;
    };

/** Tables whose items are evidence. */
export const evidenceTables = ['Sessions', 'Usage', 'Events', 'Findings'] as const;

/** A record that shows what the rule detects, identified by its item in the ledger. */
export interface EvidenceRecord {
  readonly table: (typeof evidenceTables)[number];
  /** The item's sort key, which contains the carrier's id of the record; the id of a finding. */
  readonly key: string;
  /** The record's time. */
  readonly time: string;
}

/** One transition of an episode. Times are ISO 8601 in UTC. */
export interface AlertTransition {
  /** The episode's id: letters, digits, `-` and `_`, without a full stop. */
  readonly episode: string;
  /** 1 for the first transition, and a higher number for each that follows. */
  readonly sequence: number;
  readonly kind: TransitionKind;
  readonly state: EpisodeState;
  /** Time of the sweep that decided it. */
  readonly decidedAt: string;
  readonly rule: AlertRule;
  readonly subject: AlertSubject;
  /** Beginning, in event time. */
  readonly from: string;
  /** End, in event time; absent while it lasts. */
  readonly to?: string;
  readonly evidence: Excerpt<EvidenceRecord>;
  /** For `merged`: the older episode, which continues. */
  readonly mergedInto?: string;
}

/** The id under which a transition is sent: the same at each attempt. */
export function formatTransitionId({
  episode,
  sequence,
}: Pick<AlertTransition, 'episode' | 'sequence'>): string {
  return `${episode}-${sequence}`;
}
