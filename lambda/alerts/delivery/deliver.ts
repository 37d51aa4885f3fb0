import { toError } from '../../errors.ts';
import { chooseWait, maxRetryAfterMilliseconds } from './backoff.ts';
import { type EventContext, makeAlertEvent } from './cloud-event.ts';
import type { Outcome, Receiver } from './receiver.ts';
import { formatTransitionId } from './transition.ts';
import {
  type Disposal,
  type ReceiverState,
  type Undelivered,
  type UndeliveredTransitions,
  workingReceiver,
} from './undelivered.ts';

/**
 * Delivery to one receiver: one run at a time, strictly in order per episode, at least once, and always under the same
 * id. Nothing is sent after a later transition of its episode is done.
 *
 * What a run sends depends only on the store. A lease excludes a second run; a run stops sending long before its lease
 * expires, by its own stopwatch. If a run died, what it sent without acknowledging is sent again, under the same id.
 */

/** Limits of a run. */
export interface RunLimits {
  /** How many episodes are looked at. */
  readonly maxEpisodes: number;
  /** How many messages are sent. */
  readonly maxSends: number;
  /** After how many consecutive attempts that fail temporarily, or are refused, the run ends. */
  readonly maxFailuresInRow: number;
  /** Time after which no more messages are sent. */
  readonly maxMilliseconds: number;
  /**
   * Time after which another run may take the receiver. It must exceed the sum of: how late a run may start after its
   * `now`, `maxMilliseconds`, and the time of one message, which may be sent twice and read its secret twice.
   */
  readonly leaseMilliseconds: number;
  /** Age of a transition from which a failed attempt is the last one. */
  readonly maxAgeMilliseconds: number;
}

/** A minute of work, a lease of five minutes, and three days of attempts. */
export const runLimits: RunLimits = {
  maxEpisodes: 200,
  maxSends: 500,
  maxFailuresInRow: 3,
  maxMilliseconds: 60_000,
  leaseMilliseconds: 300_000,
  maxAgeMilliseconds: 3 * 86_400_000,
};

/** One run. */
export interface DeliveryRun {
  /** Time of the invocation, in milliseconds since the epoch. */
  readonly now: number;
  /** Unique to the run. */
  readonly token: string;
  /** Milliseconds since the run began, by a clock that is never set back. */
  readonly measureElapsed: () => number;
  readonly context: EventContext;
  readonly limits: RunLimits;
  /** Called with an error that a receiver's code threw, which is a bug in simledger. */
  readonly onError: (error: Error) => void;
}

/** What a run did. */
export interface DeliveryReport {
  readonly receiver: string;
  /** Why nothing was tried: another run has the receiver, or it is paused. Undefined if something was tried. */
  readonly idle: 'locked' | 'paused' | undefined;
  readonly delivered: number;
  readonly passedOver: number;
  /** Attempts that failed and will be repeated. */
  readonly failed: number;
  /** Transitions that were given up and kept. */
  readonly undeliverable: number;
  /** Why its address or key does not work, if this run found that. */
  readonly unusable: string | undefined;
  /** How many consecutive runs found that its address or key does not work. */
  readonly unusableRuns: number;
  /** Age of the oldest transition whose attempt failed, in seconds; 0 if none did. */
  readonly oldestFailedSeconds: number;
  /** Other reasons for failed attempts and undeliverable transitions, each once. */
  readonly reasons: readonly string[];
}

/**
 * Sends to a receiver what is due.
 *
 * @throws what the store throws. Then the receiver stays taken until the lease is over, and nothing is lost.
 */
export async function deliver(
  receiver: Receiver,
  store: UndeliveredTransitions,
  run: DeliveryRun,
): Promise<DeliveryReport> {
  const { token, now, limits } = run;
  const lease = { token, now, until: now + limits.leaseMilliseconds };
  const state = await store.lock(receiver.name, lease);
  const delivery = new Delivery(receiver, store, run, state ?? workingReceiver);
  if (state === undefined) return delivery.report('locked');
  const isPaused = state.pausedUntil > now;
  if (!isPaused) await delivery.sendAll();
  await store.unlock(receiver.name, token, delivery.state);
  return delivery.report(isPaused ? 'paused' : undefined);
}

class Delivery {
  state: ReceiverState;
  readonly #receiver: Receiver;
  readonly #store: UndeliveredTransitions;
  readonly #run: DeliveryRun;
  readonly #counts = { delivered: 0, passedOver: 0, failed: 0, undeliverable: 0 };
  readonly #reasons = new Set<string>();
  #unusable: string | undefined;
  #oldestFailed = 0;
  #sends = 0;
  #failuresInRow = 0;
  #refusalsInRow = 0;
  /** Whether the receiver requested a pause, or is down. */
  #isStopped = false;

  constructor(receiver: Receiver, store: UndeliveredTransitions, run: DeliveryRun, state: ReceiverState) {
    this.#receiver = receiver;
    this.#store = store;
    this.#run = run;
    this.state = state;
  }

  report(idle: DeliveryReport['idle']): DeliveryReport {
    const { name } = this.#receiver;
    return {
      ...{ receiver: name, idle, ...this.#counts },
      unusable: this.#unusable,
      unusableRuns: this.state.unusableRuns,
      oldestFailedSeconds: Math.round(this.#oldestFailed / 1000),
      reasons: [...this.#reasons].sort(),
    };
  }

  async sendAll(): Promise<void> {
    const { now, limits } = this.#run;
    const episodes = await this.#store.listDue(this.#receiver.name, now, limits.maxEpisodes);
    for (const episode of episodes) await this.#sendEpisode(episode);
  }

  /** Whether no more may be sent: the time or the number is used up, or the receiver does not take more. */
  #isOver(): boolean {
    const { measureElapsed, limits } = this.#run;
    return this.#isStopped || this.#sends >= limits.maxSends || measureElapsed() >= limits.maxMilliseconds;
  }

  /** Sends an episode's transitions in order, as long as they are accepted. */
  async #sendEpisode(episode: string): Promise<void> {
    while (!this.#isOver()) {
      const next = await this.#store.readNext(this.#receiver.name, episode);
      // Reading may have taken so long that another run has the receiver by now.
      if (next === undefined || next.dueAt > this.#run.now || this.#isOver()) return;
      const isDone = this.#receiver.takes(next.transition, next.told)
        ? await this.#attempt(next)
        : await this.#finish(next, 'passed-over');
      if (!isDone) return;
    }
  }

  /** @returns whether the transition is done, so that the next one may be sent. */
  async #attempt(next: Undelivered): Promise<boolean> {
    this.#sends += 1;
    const outcome = await this.#send(next);
    switch (outcome.kind) {
      case 'accepted':
        this.#failuresInRow = 0;
        this.#refusalsInRow = 0;
        this.state = workingReceiver;
        return this.#finish(next, 'delivered');
      case 'refused':
        this.#refusalsInRow += 1;
        // A receiver that refuses one message after the other refuses us: because of this limit, a wrong key loses no
        // more than these.
        if (this.#refusalsInRow >= this.#run.limits.maxFailuresInRow) this.#suspend(outcome.reason);
        return this.#finish(next, 'undeliverable', outcome.reason);
      case 'later':
        this.#failuresInRow += 1;
        this.#isStopped = this.#failuresInRow >= this.#run.limits.maxFailuresInRow;
        if (outcome.retryAfterMilliseconds !== undefined) this.#pause(outcome.retryAfterMilliseconds);
        return this.#giveUpOrReschedule(next, outcome.reason);
      case 'unusable':
        this.#suspend(outcome.reason);
        return this.#giveUpOrReschedule(next, outcome.reason);
    }
  }

  async #send({ transition, told }: Undelivered): Promise<Outcome> {
    try {
      const event = makeAlertEvent(transition, this.#run.context);
      return await this.#receiver.send({ event, transition, told });
    } catch (error) {
      this.#run.onError(toError(error));
      return { kind: 'later', reason: 'a fault in simledger' };
    }
  }

  /** Pauses a receiver whose address or key does not work, each time for longer. */
  #suspend(reason: string): void {
    this.#unusable = reason;
    const unusableRuns = this.state.unusableRuns + 1;
    this.state = { ...this.state, unusableRuns };
    this.#pause(chooseWait(this.#receiver.name, unusableRuns));
  }

  #pause(milliseconds: number): void {
    const pausedUntil = this.#run.now + Math.min(milliseconds, maxRetryAfterMilliseconds);
    this.state = { ...this.state, pausedUntil: Math.max(this.state.pausedUntil, pausedUntil) };
    this.#isStopped = true;
  }

  /** @returns whether the transition is done. */
  async #giveUpOrReschedule(next: Undelivered, reason: string): Promise<boolean> {
    const { now, limits } = this.#run;
    const { transition, attempts } = next;
    const age = now - Date.parse(transition.decidedAt);
    this.#oldestFailed = Math.max(this.#oldestFailed, age);
    if (age >= limits.maxAgeMilliseconds) {
      return this.#finish(next, 'undeliverable', reason);
    }
    this.#counts.failed += 1;
    this.#reasons.add(reason);
    const wait = chooseWait(formatTransitionId(transition), attempts + 1);
    await this.#store.reschedule(this.#receiver.name, next, now + wait);
    return false;
  }

  /** @returns whether the transition was still the next one. */
  async #finish(next: Undelivered, disposal: Disposal, reason = ''): Promise<boolean> {
    const counters = {
      delivered: 'delivered',
      'passed-over': 'passedOver',
      undeliverable: 'undeliverable',
    } as const;
    if (reason !== '') this.#reasons.add(reason);
    const isDone = await this.#store.acknowledge(this.#receiver.name, next, disposal, reason);
    if (isDone) this.#counts[counters[disposal]] += 1;
    return isDone;
  }
}
