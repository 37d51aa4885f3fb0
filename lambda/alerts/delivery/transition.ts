/**
 * What happened to an episode, as receivers are told. A transition is a fact: it is stored with the episode in one write,
 * has one sequence number, and is told under one id however often it is sent.
 */

/** How urgent an alert is, least first. All are severities of PagerDuty too. */
export const severities = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof severities)[number];

/** What a rule looks for. `source` is the alert about a source that is behind. */
export const alertKinds = [
  'silent',
  'attach-loop',
  'device-changed',
  'country',
  'usage',
  'blocked',
  'session-failures',
  'zero-byte-sessions',
  'stale-session',
  'finding',
  'source',
] as const;
export type AlertKind = (typeof alertKinds)[number];

/** What can happen to an episode. */
export const transitionKinds = [
  /** It began. */
  'opened',
  /** More is known of it: its times, its evidence, its members, the version of its rule, or that it goes on after all. */
  'amended',
  /** What the rule looks for is over. */
  'closed',
  /** Late records join it with an older episode, which goes on. */
  'merged',
  /** Late records show that it never was. */
  'withdrawn',
  /** Its rule was changed or removed, and no longer holds. */
  'rule-changed',
] as const;
export type TransitionKind = (typeof transitionKinds)[number];

/** How an episode stands after a transition. */
export const episodeStates = ['open', 'closed', 'merged', 'withdrawn', 'rule-changed'] as const;
export type EpisodeState = (typeof episodeStates)[number];

/** The rule that an episode is of. */
export interface AlertRule {
  readonly name: string;
  readonly version: string;
  readonly kind: AlertKind;
  readonly severity: Severity;
}

/** A SIM as receivers know it. It has no IMSI, IMEI or MSISDN, so none can be told. */
export interface AlertSim {
  readonly source: string;
  /** The SIM's key in the ledger: its ICCID, or the carrier's id where no record states one. */
  readonly sim: string;
  /** The name that the customer gave it at the carrier. */
  readonly name?: string;
}

/** The beginning of a list, and how long the list is. */
export interface Excerpt<T> {
  readonly total: number;
  readonly first: readonly T[];
}

/** Members of a group and records of evidence that a transition lists at most. */
export const maxMembers = 50;
export const maxEvidence = 20;

/** What the SIMs of a group have in common. */
export const groupDimensions = ['network', 'model', 'country', 'source'] as const;
export type GroupDimension = (typeof groupDimensions)[number];

/** What an episode is about. */
export type AlertSubject =
  | ({ readonly kind: 'sim'; readonly country?: string; readonly network?: string } & AlertSim)
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
      /** SIMs whose own alerts wait for the source. */
      readonly members: Excerpt<AlertSim>;
    };

/** Tables whose items are evidence. */
export const evidenceTables = ['Sessions', 'Usage', 'Events'] as const;

/** A record that shows what the rule looks for: the item of the ledger that has it. */
export interface EvidenceRecord {
  readonly table: (typeof evidenceTables)[number];
  /** The sort key of the item, which has the carrier's id of the record in it. */
  readonly key: string;
  /** The moment that the record tells of. */
  readonly time: string;
}

/** One transition of an episode. Times are ISO 8601 in UTC. */
export interface AlertTransition {
  /** Id of the episode: letters, digits, `-` and `_`, without a full stop. */
  readonly episode: string;
  /** 1 for the first transition, and a higher one for each that follows. */
  readonly sequence: number;
  readonly kind: TransitionKind;
  readonly state: EpisodeState;
  /** Time of the sweep that decided it. */
  readonly decidedAt: string;
  readonly rule: AlertRule;
  readonly subject: AlertSubject;
  /** Beginning in event time. */
  readonly from: string;
  /** End in event time; absent while it lasts. */
  readonly to?: string;
  readonly evidence: Excerpt<EvidenceRecord>;
  /** Of `merged`: the older episode, which goes on. */
  readonly mergedInto?: string;
}

/** The id under which a transition is told: the same at each attempt. */
export function transitionId({ episode, sequence }: Pick<AlertTransition, 'episode' | 'sequence'>): string {
  return `${episode}-${sequence}`;
}
