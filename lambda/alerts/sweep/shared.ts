import { formatTime } from '../../ledger/time.ts';
import type { SharedEpisodesTable } from '../../store/shared-episodes.ts';
import type { AlertSubject, AlertTransition } from '../delivery/transition.ts';
import { maxMembers } from '../delivery/transition.ts';
import { tellName } from '../delivery/wording.ts';
import {
  amendShared,
  type Members,
  type SharedEpisode,
  type SharedFacts,
  type SharedJudgement,
  type SharedTransition,
} from '../shared-episodes.ts';
import { passOn, type RelayPorts } from './relay.ts';
import type { WatchedSim } from './watched-sim.ts';

/** Makes stored episodes about many SIMs agree with the facts, and passes their messages on. */

/** What is needed to update them. */
export interface SharedPorts extends Pick<RelayPorts, 'outbox' | 'receivers' | 'onMessage'> {
  readonly episodes: { readonly shared: SharedEpisodesTable };
}

/** The current episode, and how many messages were passed on. */
export interface SharedResult {
  /** Undefined if it was never written, or another sweep is writing it. */
  readonly episode: SharedEpisode | undefined;
  readonly told: number;
}

/**
 * Writes the changes of an episode, and passes its messages on. Each write requires the previous revision: if it is
 * repeated after a crash, or done by two sweeps at the same time, each message has one number and one content.
 */
export async function updateShared(
  facts: SharedFacts,
  judgement: SharedJudgement,
  ports: SharedPorts,
): Promise<SharedResult> {
  const before = await relayShared(await ports.episodes.shared.read(facts), ports);
  if (before.isContested) return { episode: undefined, told: before.told };
  const next = amendShared(before.episode, facts, judgement);
  if (next === undefined) return { episode: before.episode, told: before.told };
  if (!(await ports.episodes.shared.write(next))) return { episode: undefined, told: before.told };
  const after = await relayShared(next, ports);
  return { episode: after.episode, told: before.told + after.told };
}

/** Queues the messages for each of their receivers, in order, then removes them from the episode. */
async function relayShared(
  episode: SharedEpisode | undefined,
  ports: SharedPorts,
): Promise<SharedResult & { readonly isContested: boolean }> {
  if (episode === undefined || episode.messages.length === 0) return { episode, told: 0, isContested: false };
  for (const message of episode.messages) {
    await passOn(describeShared(episode, message), ports);
  }
  const cleared = { ...episode, messages: [], revision: episode.revision + 1 };
  const told = episode.messages.length;
  const isCleared = await ports.episodes.shared.write(cleared);
  return { episode: isCleared ? cleared : undefined, told, isContested: !isCleared };
}

/** A message as receivers get it. */
function describeShared(
  { id, rule, ruleVersion, kind, severity, subject }: SharedEpisode,
  message: SharedTransition,
): AlertTransition {
  const { sequence, state, from, to, foundAt, members } = message;
  return {
    episode: id,
    ...{ sequence, kind: message.kind, state },
    decidedAt: formatTime(foundAt),
    rule: { name: rule, version: ruleVersion, kind, severity },
    subject: describeSubject(subject, members),
    from: formatTime(from),
    ...(to !== undefined && { to: formatTime(to) }),
    // Each member's own alert has its records.
    evidence: { total: 0, first: [] },
  };
}

function describeSubject(subject: SharedEpisode['subject'], members: Members): AlertSubject {
  if (subject.kind === 'source') {
    const { kind, source, cause } = subject;
    return { kind, source, cause, members };
  }
  const { kind, by, value } = subject;
  return { kind, by, value, members };
}

/** SIMs as messages name them: how many, and the first of them in order. */
export function listMembers(sims: readonly WatchedSim[]): Members {
  const first = sims.slice(0, maxMembers).map(({ source, sim, name }) => {
    const told = tellName({ sim, ...(name !== undefined && { name }) });
    return { source, sim, ...(told !== undefined && { name: told }) };
  });
  return { total: sims.length, first };
}
