import type { EpisodeState } from '../episode.ts';
import { type Severity, severities } from '../rules.ts';
import type { AlertEvent } from './cloud-event.ts';
import type { AlertTransition } from './transition.ts';

/** Receivers of alerts, and their answers. */

/** Kinds of receivers, as the configuration names them. */
export const receiverKinds = ['webhook', 'pagerduty', 'slack', 'bus', 'topic'] as const;
export type ReceiverKind = (typeof receiverKinds)[number];

/** Which episodes are sent to a receiver. */
interface Subscription {
  /** Unique among the receivers. Undelivered transitions are stored by this name. */
  readonly name: string;
  /** Episodes of rules with a lower severity are not sent. */
  readonly minimumSeverity: Severity;
  /** Names of the rules whose episodes are sent; undefined for all. */
  readonly rules: readonly string[] | undefined;
}

/** A receiver in the configuration. Addresses and keys are in Secrets Manager. */
export type ReceiverSettings = Subscription &
  (
    | {
        readonly kind: 'webhook';
        /** Name or ARN of the secret. */
        readonly secret: string;
        /** Whether its address may be private or loopback, and may then use plain HTTP. */
        readonly allowPrivateAddresses: boolean;
      }
    | { readonly kind: 'pagerduty' | 'slack'; readonly secret: string }
    | { readonly kind: 'bus' | 'topic'; readonly arn: string }
  );

/**
 * The receivers of an episode, which are chosen when it opens and stored with it. A receiver that got the beginning
 * also gets the end, even if the rule's severity or the configuration has changed meanwhile.
 *
 * @returns their names.
 */
export function chooseReceivers(
  receivers: readonly Subscription[],
  { name, severity }: AlertTransition['rule'],
): string[] {
  const rank = severities.indexOf(severity);
  return receivers
    .filter(({ rules, minimumSeverity }) => {
      const isSevere = rank >= severities.indexOf(minimumSeverity);
      return isSevere && (rules === undefined || rules.includes(name));
    })
    .map((receiver) => receiver.name);
}

/** The outcome of an attempt. Reasons do not contain addresses or keys. */
export type Outcome =
  /** The receiver accepted it. `body`: its response, if that is read. */
  | { readonly kind: 'accepted'; readonly body?: string }
  /** It may work later: no response, a server error, too many requests. */
  | { readonly kind: 'later'; readonly reason: string; readonly retryAfterMilliseconds?: number }
  /** The address or the key does not work, so nothing else can be sent there either. */
  | { readonly kind: 'unusable'; readonly reason: string }
  /** The receiver refuses this message, and would refuse it again. */
  | { readonly kind: 'refused'; readonly reason: string };

/** A message to send. */
export interface Message {
  readonly event: AlertEvent;
  readonly transition: AlertTransition;
  /** The episode's state after the last transition that is done; undefined for the first. */
  readonly told: EpisodeState | undefined;
}

/** Sends to one receiver. */
export interface Receiver {
  readonly name: string;
  /**
   * Whether a transition is sent; others are skipped.
   *
   * @param told the episode's state after the last transition that is done; undefined for the first.
   */
  readonly takes: (transition: AlertTransition, told: EpisodeState | undefined) => boolean;
  /** Sends once. Never rejects, and resolves within the time limit of a request. */
  readonly send: (message: Message) => Promise<Outcome>;
}

/**
 * Whether a transition is sent to people, because an episode opened, closed or reopened. Other amendments would only
 * wake them, or open an incident that somebody has resolved.
 */
export function isForPeople({ state }: AlertTransition, told: EpisodeState | undefined): boolean {
  return state !== told;
}
