import type { AlertTransition } from '../../../../lambda/alerts/delivery/transition.ts';
import {
  type Disposal,
  type Lease,
  type ReceiverState,
  type Undelivered,
  type UndeliveredTransitions,
  workingReceiver,
} from '../../../../lambda/alerts/delivery/undelivered.ts';
import type { EpisodeState } from '../../../../lambda/alerts/episode.ts';

/** The outcome of a transition. */
export interface Done {
  readonly episode: string;
  readonly sequence: number;
  readonly disposal: Disposal;
  readonly reason: string;
}

interface Outbox {
  /** Transitions that are not done, in order. */
  readonly waiting: AlertTransition[];
  /** Sequence number of the last added transition. */
  enqueued: number;
  /** Sequence number of the last transition that is done, and the episode's state after it. */
  done: number;
  told: EpisodeState | undefined;
  attempts: number;
  dueAt: number;
}

/** Undelivered transitions of one receiver in memory, with the port's conditions. */
export class UndeliveredInMemory implements UndeliveredTransitions {
  /** The operations, in order. */
  readonly done: Done[] = [];
  state: ReceiverState = workingReceiver;
  lease: Lease | undefined;
  readonly #outboxes = new Map<string, Outbox>();

  async enqueue(_receiver: string, transition: AlertTransition): Promise<void> {
    this.add(transition);
  }

  /** Adds a transition. One that was added before, or is earlier than the last one, changes nothing. */
  add(transition: AlertTransition): void {
    const { episode, sequence, decidedAt } = transition;
    const empty: Outbox = { waiting: [], enqueued: 0, done: 0, told: undefined, attempts: 0, dueAt: 0 };
    const outbox = this.#outboxes.get(episode) ?? empty;
    this.#outboxes.set(episode, outbox);
    if (outbox.enqueued >= sequence) return;
    if (outbox.waiting.length === 0) outbox.dueAt = Date.parse(decidedAt);
    outbox.waiting.push(transition);
    outbox.enqueued = sequence;
  }

  /** Whether all transitions are done. */
  get isEmpty(): boolean {
    return [...this.#outboxes.values()].every(({ waiting }) => waiting.length === 0);
  }

  async lock(_receiver: string, lease: Lease): Promise<ReceiverState | undefined> {
    const { token, until } = this.lease ?? { token: lease.token, until: 0 };
    if (token !== lease.token && until > lease.now) return undefined;
    this.lease = lease;
    return this.state;
  }

  async unlock(_receiver: string, token: string, state: ReceiverState): Promise<void> {
    if (this.lease?.token !== token) return;
    this.lease = undefined;
    this.state = state;
  }

  async listDue(_receiver: string, now: number, limit: number): Promise<readonly string[]> {
    return [...this.#outboxes]
      .filter(([, { waiting, dueAt }]) => waiting.length > 0 && dueAt <= now)
      .sort(([, a], [, b]) => a.dueAt - b.dueAt)
      .slice(0, limit)
      .map(([episode]) => episode);
  }

  async readNext(_receiver: string, episode: string): Promise<Undelivered | undefined> {
    const {
      waiting = [],
      done: after = 0,
      told,
      attempts = 0,
      dueAt = 0,
    } = this.#outboxes.get(episode) ?? {};
    const [transition] = waiting;
    return transition === undefined ? undefined : { transition, after, told, attempts, dueAt };
  }

  async acknowledge(
    _receiver: string,
    { transition: { episode, sequence, state }, after }: Undelivered,
    disposal: Disposal,
    reason: string,
  ): Promise<boolean> {
    const outbox = this.#outboxes.get(episode);
    if (outbox === undefined || outbox.done !== after) return false;
    outbox.waiting.shift();
    const [next] = outbox.waiting;
    const dueAt = next === undefined ? 0 : Date.parse(next.decidedAt);
    Object.assign(outbox, { done: sequence, told: state, attempts: 0, dueAt });
    this.done.push({ episode, sequence, disposal, reason });
    return true;
  }

  async reschedule(_receiver: string, next: Undelivered, dueAt: number): Promise<boolean> {
    const outbox = this.#outboxes.get(next.transition.episode);
    if (outbox === undefined || outbox.done !== next.after || outbox.attempts !== next.attempts) return false;
    Object.assign(outbox, { attempts: next.attempts + 1, dueAt });
    return true;
  }
}
