import {
  type AlertRule,
  type AlertSim,
  type AlertSubject,
  type AlertTransition,
  type EvidenceRecord,
  type Excerpt,
  formatTransitionId,
  maxEvidence,
  maxMembers,
} from './transition.ts';
import { tellName, writeHeadline } from './wording.ts';

/** What the sender adds to a transition. */
export interface EventContext {
  /** Name of the deployment: the stack's name. */
  readonly deployment: string;
  /** Address of the query API, without a trailing slash; undefined if there is no API to link to. */
  readonly apiUrl: string | undefined;
}

/** The data of an event. */
export interface AlertData {
  readonly episode: string;
  /** A receiver that has already got a higher number of this episode ignores the event. */
  readonly sequence: number;
  readonly transition: AlertTransition['kind'];
  readonly state: AlertTransition['state'];
  /** One sentence for people. */
  readonly summary: string;
  readonly rule: AlertRule;
  readonly subject: AlertSubject;
  readonly from: string;
  readonly to?: string;
  readonly evidence: Excerpt<EvidenceRecord>;
  readonly mergedInto?: string;
  readonly link?: string;
}

/**
 * A transition as a CloudEvents 1.0 event in JSON; `docs/alert-event.schema.json` is its schema.
 *
 * @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md
 */
export interface AlertEvent {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: `simledger.alert.${AlertTransition['kind']}`;
  /** The episode. */
  readonly subject: string;
  readonly time: string;
  readonly datacontenttype: 'application/json';
  /** The extension `sequence`: text that sorts like the number. */
  readonly sequence: string;
  readonly data: AlertData;
}

/** Digits of the extension `sequence`. */
const sequenceDigits = 10;

/** Makes the event of a transition: always the same event for the same transition. */
export function makeAlertEvent(
  transition: AlertTransition,
  { deployment, apiUrl }: EventContext,
): AlertEvent {
  const { episode, sequence, kind, state, decidedAt, rule, from, to, evidence, mergedInto } = transition;
  return {
    specversion: '1.0',
    id: formatTransitionId(transition),
    source: `/simledger/${encodeURIComponent(deployment)}`,
    type: `simledger.alert.${kind}`,
    subject: episode,
    time: decidedAt,
    datacontenttype: 'application/json',
    sequence: String(sequence).padStart(sequenceDigits, '0'),
    data: {
      ...{ episode, sequence, transition: kind, state, summary: writeHeadline(transition) },
      rule: { name: rule.name, version: rule.version, kind: rule.kind, severity: rule.severity },
      subject: tellSubject(transition.subject),
      from,
      ...(to !== undefined && { to }),
      evidence: show(evidence, maxEvidence, ({ table, key, time }) => ({ table, key, time })),
      ...(mergedInto !== undefined && { mergedInto }),
      ...(apiUrl !== undefined && { link: `${apiUrl}/v1/Alerts/${encodeURIComponent(episode)}` }),
    },
  };
}

/** Copies only the members that are named here, whatever else an object contains. */
function tellSubject(subject: AlertSubject): AlertSubject {
  switch (subject.kind) {
    case 'sim': {
      const { country, network, isSourceInDoubt } = subject;
      return {
        kind: 'sim',
        ...tellSim(subject),
        ...(country !== undefined && { country }),
        ...(network !== undefined && { network }),
        ...(isSourceInDoubt && { isSourceInDoubt }),
      };
    }
    case 'group': {
      const { kind, by, value, members } = subject;
      return { ...{ kind, by, value }, members: show(members, maxMembers, tellSim) };
    }
    case 'source': {
      const { kind, source, cause, members } = subject;
      return { ...{ kind, source, cause }, members: show(members, maxMembers, tellSim) };
    }
  }
}

function tellSim(subject: AlertSim): AlertSim {
  const { source, sim } = subject;
  const name = tellName(subject);
  return { ...{ source, sim }, ...(name !== undefined && { name }) };
}

function show<T>({ total, first }: Excerpt<T>, max: number, tell: (one: T) => T): Excerpt<T> {
  return { total, first: first.slice(0, max).map(tell) };
}
