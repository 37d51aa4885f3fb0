import type { AlertTransition } from '../../../../lambda/alerts/delivery/transition.ts';
import {
  type Disposal,
  type Lease,
  type ReceiverState,
  type Undelivered,
  type UndeliveredTransitions,
  workingReceiver,
} from '../../../../lambda/alerts/delivery/undelivered.ts';

/** What became of a transition. */
export interface Done {
  readonly episode: string;
  readonly sequence: number;
  readonly disposal: Disposal;
  readonly reason: string;
}

interface Outbox {
  readonly transitions: AlertTransition[];
  /** Sequence number of the last transition that is done. */
  done: number;
  attempts: number;
  dueAt: number;
}

/** Undelivered transitions of one receiver in memory, with the conditions that the port states. */
export class UndeliveredInMemory implements UndeliveredTransitions {
  /** What is done, in order. */
  readonly done: Done[] = [];
  state: ReceiverState = workingReceiver;
  lease: Lease | undefined;
  readonly #outboxes = new Map<string, Outbox>();

  async enqueue(_receiver: string, transition: AlertTransition): Promise<void> {
    this.add(transition);
  }

  /** Puts a transition in; one that was put in already changes nothing. */
  add(transition: AlertTransition): void {
    const { episode, sequence, decidedAt } = transition;
    const outbox = this.#outboxes.get(episode) ?? { transitions: [], done: 0, attempts: 0, dueAt: 0 };
    this.#outboxes.set(episode, outbox);
    if (outbox.transitions.length >= sequence) return;
    if (outbox.transitions.length === outbox.done) outbox.dueAt = Date.parse(decidedAt);
    outbox.transitions.push(transition);
  }

  /** Whether nothing is left. */
  get isEmpty(): boolean {
    return [...this.#outboxes.values()].every(({ transitions, done }) => transitions.length === done);
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
      .filter(([, { transitions, done, dueAt }]) => transitions.length > done && dueAt <= now)
      .sort(([, a], [, b]) => a.dueAt - b.dueAt)
      .slice(0, limit)
      .map(([episode]) => episode);
  }

  async readNext(_receiver: string, episode: string): Promise<Undelivered | undefined> {
    const { transitions = [], done = 0, attempts = 0, dueAt = 0 } = this.#outboxes.get(episode) ?? {};
    const transition = transitions[done];
    return transition === undefined ? undefined : { transition, attempts, dueAt };
  }

  async acknowledge(
    _receiver: string,
    { transition: { episode, sequence } }: Undelivered,
    disposal: Disposal,
    reason: string,
  ): Promise<boolean> {
    const outbox = this.#outboxes.get(episode);
    if (outbox === undefined || outbox.done !== sequence - 1) return false;
    const next = outbox.transitions[sequence];
    const dueAt = next === undefined ? 0 : Date.parse(next.decidedAt);
    Object.assign(outbox, { done: sequence, attempts: 0, dueAt });
    this.done.push({ episode, sequence, disposal, reason });
    return true;
  }

  async reschedule(_receiver: string, next: Undelivered, dueAt: number): Promise<boolean> {
    const { episode, sequence } = next.transition;
    const outbox = this.#outboxes.get(episode);
    if (outbox === undefined || outbox.done !== sequence - 1 || outbox.attempts !== next.attempts)
      return false;
    Object.assign(outbox, { attempts: next.attempts + 1, dueAt });
    return true;
  }
}
