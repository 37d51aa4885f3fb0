import type { EpisodeState } from '../episode.ts';
import type { AlertTransition } from './transition.ts';

/** A run's exclusive hold of a receiver. */
export interface Lease {
  /** Unique to the run. */
  readonly token: string;
  /** Time of the run, in milliseconds since the epoch. */
  readonly now: number;
  /** When another run may take the receiver, should this one die. */
  readonly until: number;
}

/** How a receiver is doing, from one run to the next. */
export interface ReceiverState {
  /** Runs in a row that found its address or key not to work. */
  readonly unusableRuns: number;
  /** Nothing is sent before this time, in milliseconds since the epoch; 0 for no pause. */
  readonly pausedUntil: number;
}

/** The state of a receiver that works. */
export const workingReceiver: ReceiverState = { unusableRuns: 0, pausedUntil: 0 };

/** The next transition of an episode that a receiver has not acknowledged. */
export interface Undelivered {
  readonly transition: AlertTransition;
  /** Sequence number of the last transition that is done; 0 where none is. */
  readonly after: number;
  /** How the episode stood after that one; undefined where none is. */
  readonly told: EpisodeState | undefined;
  /** Attempts that have failed. */
  readonly attempts: number;
  /** Not to be sent before this time, in milliseconds since the epoch. */
  readonly dueAt: number;
}

/** How a transition leaves what is undelivered. */
export type Disposal =
  /** The receiver has it. */
  | 'delivered'
  /** The receiver takes no transitions of its kind. */
  | 'passed-over'
  /** It was refused or could not be delivered for too long. It is kept, with the reason. */
  | 'undeliverable';

/**
 * The transitions that receivers have not acknowledged yet. For each receiver and episode the store keeps the sequence
 * number of the last transition that is done. Transitions are done in order; numbers may be left out.
 */
export interface UndeliveredTransitions {
  /**
   * Takes a receiver for one run, on condition that nobody has it whose lease is not over at `lease.now`.
   *
   * @returns its state; undefined while another run has it.
   */
  lock(receiver: string, lease: Lease): Promise<ReceiverState | undefined>;

  /** Gives it back with its new state, on condition that the run still has it. */
  unlock(receiver: string, token: string, state: ReceiverState): Promise<void>;

  /**
   * Episodes with a transition that is due, longest due first. The list may be behind: it may name an episode that has
   * nothing left, or lack one until later.
   *
   * @param now milliseconds since the epoch.
   * @param limit episodes at most.
   */
  listDue(receiver: string, now: number, limit: number): Promise<readonly string[]>;

  /** The next transition of an episode, by a consistent read; undefined where nothing is left. */
  readNext(receiver: string, episode: string): Promise<Undelivered | undefined>;

  /**
   * Marks a transition as done, on condition that it is still the next one.
   *
   * @param reason why it is undeliverable; empty otherwise.
   * @returns whether it was.
   */
  acknowledge(receiver: string, next: Undelivered, disposal: Disposal, reason: string): Promise<boolean>;

  /**
   * Notes a failed attempt, on condition that the transition is still the next one and has as many attempts.
   *
   * @param dueAt when to try again, in milliseconds since the epoch.
   * @returns whether it was noted.
   */
  reschedule(receiver: string, next: Undelivered, dueAt: number): Promise<boolean>;
}
