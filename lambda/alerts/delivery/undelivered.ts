import type { EpisodeState } from '../episode.ts';
import type { AlertTransition } from './transition.ts';

/** A run's exclusive right to a receiver. */
export interface Lease {
  /** Unique to the run. */
  readonly token: string;
  /** Time of the run, in milliseconds since the epoch. */
  readonly now: number;
  /** When another run may take the receiver if this one dies. */
  readonly until: number;
}

/** The state of a receiver between runs. */
export interface ReceiverState {
  /** How many consecutive runs found that its address or key does not work. */
  readonly unusableRuns: number;
  /** Nothing is sent before this time, in milliseconds since the epoch; 0 for no pause. */
  readonly pausedUntil: number;
}

/** The state of a receiver that works. */
export const workingReceiver: ReceiverState = { unusableRuns: 0, pausedUntil: 0 };

/** The next transition of an episode that a receiver has not acknowledged. */
export interface Undelivered {
  readonly transition: AlertTransition;
  /** Sequence number of the last transition that is done; 0 if none is. */
  readonly after: number;
  /** The episode's state after that transition; undefined if no transition is done. */
  readonly told: EpisodeState | undefined;
  /** How many attempts have failed. */
  readonly attempts: number;
  /** Must not be sent before this time, in milliseconds since the epoch. */
  readonly dueAt: number;
}

/** How a transition is done. */
export type Disposal =
  /** The receiver accepted it. */
  | 'delivered'
  /** The receiver does not want transitions of its kind. */
  | 'passed-over'
  /** It was refused, or could not be delivered for too long. It is kept, with the reason. */
  | 'undeliverable';

/**
 * The transitions that receivers have not acknowledged yet. For each receiver and episode the store keeps the sequence
 * number of the last transition that is done. Transitions are done in order; numbers may be missing.
 */
export interface UndeliveredTransitions {
  /**
   * Locks a receiver for one run, on condition that no other lease is valid at `lease.now`.
   *
   * @returns its state; undefined while another run has it.
   */
  lock(receiver: string, lease: Lease): Promise<ReceiverState | undefined>;

  /** Unlocks a receiver and stores its new state, on condition that the run still has the lock. */
  unlock(receiver: string, token: string, state: ReceiverState): Promise<void>;

  /**
   * Episodes with a transition that is due, longest due first. The list may lag: it may contain an episode that has
   * nothing left, or miss one for a moment.
   *
   * @param now milliseconds since the epoch.
   * @param limit the most episodes to list.
   */
  listDue(receiver: string, now: number, limit: number): Promise<readonly string[]>;

  /** The next transition of an episode, read consistently; undefined if nothing is left. */
  readNext(receiver: string, episode: string): Promise<Undelivered | undefined>;

  /**
   * Marks a transition as done, on condition that it is still the next one.
   *
   * @param reason why it is undeliverable; empty otherwise.
   * @returns whether the condition held.
   */
  acknowledge(receiver: string, next: Undelivered, disposal: Disposal, reason: string): Promise<boolean>;

  /**
   * Notes a failed attempt, on condition that the transition is still the next one and has the same number of attempts.
   *
   * @param dueAt when to try again, in milliseconds since the epoch.
   * @returns whether the condition held.
   */
  reschedule(receiver: string, next: Undelivered, dueAt: number): Promise<boolean>;
}
