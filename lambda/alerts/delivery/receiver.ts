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
  /** Unique among the receivers: what is undelivered is kept under it. */
  readonly name: string;
  /** Rules of less than this are not told. */
  readonly minimumSeverity: Severity;
  /** Names of the rules that are told; undefined for all. */
  readonly rules: readonly string[] | undefined;
}

/** A receiver as the configuration names it. Addresses and keys stand in Secrets Manager. */
export type ReceiverSettings = Subscription &
  (
    | {
        readonly kind: 'webhook';
        /** Name or ARN of the secret. */
        readonly secret: string;
        /** Whether its address may be private or loopback, and then plain HTTP. */
        readonly allowPrivateAddresses: boolean;
      }
    | { readonly kind: 'pagerduty' | 'slack'; readonly secret: string }
    | { readonly kind: 'bus' | 'topic'; readonly arn: string }
  );

/**
 * The receivers of an episode: chosen when it opens and stored with it. A receiver that got the beginning also gets the
 * end, even if the rule's severity or the configuration has changed meanwhile.
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

/** The outcome of an attempt. Reasons show nothing of addresses and keys. */
export type Outcome =
  /** The receiver has it. `body`: what it says of it, where that is read. */
  | { readonly kind: 'accepted'; readonly body?: string }
  /** It may work later: no answer, a server error, too many requests. */
  | { readonly kind: 'later'; readonly reason: string; readonly retryAfterMilliseconds?: number }
  /** The address or the key does not work, so nothing else can be sent there either. */
  | { readonly kind: 'unusable'; readonly reason: string }
  /** The receiver refuses this message, and would again. */
  | { readonly kind: 'refused'; readonly reason: string };

/** What is sent. */
export interface Message {
  readonly event: AlertEvent;
  readonly transition: AlertTransition;
  /** How the episode stood after the last transition that is done; undefined for the first. */
  readonly told: EpisodeState | undefined;
}

/** Sends to one receiver. */
export interface Receiver {
  readonly name: string;
  /**
   * Whether a transition is sent; others are passed over.
   *
   * @param told how the episode stood after the last transition that is done; undefined for the first.
   */
  readonly takes: (transition: AlertTransition, told: EpisodeState | undefined) => boolean;
  /** Sends once. Never rejects, and answers within the time limit of a request. */
  readonly send: (message: Message) => Promise<Outcome>;
}

/**
 * Whether a transition is sent to people: that an episode opened, closed or reopened. An amendment that changes nothing
 * of that would only wake them, or open an incident that somebody has resolved.
 */
export function isForPeople({ state }: AlertTransition, told: EpisodeState | undefined): boolean {
  return state !== told;
}
