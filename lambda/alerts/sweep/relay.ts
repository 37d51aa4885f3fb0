import { formatTime } from '../../ledger/time.ts';
import type { EpisodesTable } from '../../store/episodes.ts';
import { chooseReceivers, type ReceiverSettings } from '../delivery/receiver.ts';
import {
  type AlertTransition,
  type EvidenceRecord,
  type Excerpt,
  maxEvidence,
} from '../delivery/transition.ts';
import type { Episode, StoredEpisode, Transition } from '../episode.ts';
import { compareRecords, nameRecord } from '../known.ts';
import type { Evidence } from '../span.ts';
import type { WatchedSim } from './watched-sim.ts';

/** Passes the messages of episodes on to the receivers' outbox. */

/** Where messages to receivers are queued: see AlertOutbox. */
export interface Outbox {
  enqueue(receiver: string, transition: AlertTransition): Promise<void>;
  /** Whether any transition of an episode was queued for a receiver. */
  isTold(receiver: string, episode: string): Promise<boolean>;
}

/** What is needed to pass messages on. */
export interface RelayPorts {
  readonly episodes: Pick<EpisodesTable, 'clearMessages'>;
  readonly outbox: Outbox;
  readonly receivers: readonly Pick<ReceiverSettings, 'name' | 'rules' | 'minimumSeverity'>[];
  /** Called with each message, at least once. */
  readonly onMessage: (transition: AlertTransition) => void;
}

/**
 * Queues an episode's messages for each of its receivers, in order, then removes them from the episode. The result is
 * the same if it is repeated after a crash, or done by two sweeps at the same time.
 *
 * @param sim the SIM as messages name it; undefined if its item is unknown.
 * @returns whether the episode was still as it was read. If not, another sweep was first, and the next sweep passes on
 *   the rest.
 */
export async function relayMessages(
  stored: StoredEpisode,
  sim: WatchedSim | undefined,
  ports: RelayPorts,
): Promise<boolean> {
  const { episode } = stored;
  for (const message of episode.messages) {
    const transition = describeTransition(episode, message, sim);
    await passOn(transition, ports);
  }
  return ports.episodes.clearMessages(stored);
}

/** Queues a message for each of its receivers. A receiver that did not get the beginning does not get the rest. */
export async function passOn(
  transition: AlertTransition,
  { outbox, receivers, onMessage }: Pick<RelayPorts, 'outbox' | 'receivers' | 'onMessage'>,
): Promise<void> {
  const isFirst = transition.sequence === 1;
  const names = isFirst ? chooseReceivers(receivers, transition.rule) : receivers.map(({ name }) => name);
  for (const name of names) {
    if (isFirst || (await outbox.isTold(name, transition.episode))) await outbox.enqueue(name, transition);
  }
  onMessage(transition);
}

/** A message as receivers get it. */
export function describeTransition(
  episode: Episode,
  { sequence, kind, state, from, to, foundAt, isSourceInDoubt }: Transition,
  sim: WatchedSim | undefined,
): AlertTransition {
  const { id, rule, ruleVersion, severity, mergedInto } = episode;
  return {
    episode: id,
    ...{ sequence, kind, state },
    decidedAt: formatTime(foundAt),
    rule: { name: rule, version: ruleVersion, kind: episode.kind, severity },
    subject: {
      kind: 'sim',
      source: episode.source,
      sim: episode.sim,
      ...(sim?.name !== undefined && { name: sim.name }),
      ...(sim?.country !== undefined && { country: sim.country }),
      ...(sim?.network !== undefined && { network: sim.network }),
      ...(isSourceInDoubt && { isSourceInDoubt }),
    },
    from: formatTime(from),
    ...(to !== undefined && { to: formatTime(to) }),
    evidence: listEvidence(episode.evidence),
    ...(kind === 'merged' && mergedInto !== undefined && { mergedInto }),
  };
}

function listEvidence({ begin, before, last, end, count }: Evidence): Excerpt<EvidenceRecord> {
  const named = [before, begin, last, end].filter((record) => record !== undefined).sort(compareRecords);
  const each = named.filter((record, index) => {
    const previous = named[index - 1];
    return previous === undefined || nameRecord(previous) !== nameRecord(record) || previous.at !== record.at;
  });
  return {
    total: count + Number(before !== undefined) + Number(end !== undefined),
    first: each.slice(0, maxEvidence).map(({ table, key, at }) => ({ table, key, time: formatTime(at) })),
  };
}
