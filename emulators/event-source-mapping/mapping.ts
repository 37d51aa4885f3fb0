import type { InvocationResult } from '../lambda-runtime/process.ts';

/** Delivers events from a source to a function. */
export interface EventSourceMapping {
  /** Begins to read. Called once. */
  start(): void;
  /** Waits for the running invocations and reads no more. Undelivered events stay with the source. */
  stop(): Promise<void>;
  /**
   * Resolves once everything that the source holds at the time of the call is done: accepted by the function, or
   * discarded. A batch that is still to be retried is not done. A stream no longer waits for records to fill a batch.
   * Rejects if the mapping is stopped first.
   */
  waitUntilIdle(): Promise<void>;
}

/** A mapping that reads a stream. */
export interface StreamMapping extends EventSourceMapping {
  /** Milliseconds for which the oldest record that is not done has been in the stream; 0 if all are done. */
  measureLag(): number;
  /** Records in the stream that are not done. */
  countPendingRecords(): number;
}

/** What a mapping needs of the function that it feeds. */
export interface InvocationTarget {
  readonly arn: string;
  /** Never rejects. */
  invoke(event: unknown): Promise<InvocationResult>;
}

/** The time that a mapping uses. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after so many milliseconds, or as soon as the signal is aborted. */
  pause(milliseconds: number, signal: AbortSignal): Promise<void>;
}

/** The machine's. */
export const systemClock: Clock = { now: Date.now, pause };

/** The mapping was stopped while somebody waited for it. */
export class MappingStoppedError extends Error {
  constructor() {
    super('the event source mapping was stopped');
    this.name = 'MappingStoppedError';
  }
}

/** Resolves after so many milliseconds, or as soon as the signal is aborted. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener('abort', done);
  });
}
