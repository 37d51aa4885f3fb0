import type { InvocationResult } from '../lambda-runtime/process.ts';

/** Delivers events from a source to a function. */
export interface EventSourceMapping {
  /** Starts to read. Call it once. */
  start(): void;
  /** Stops reading, and waits for the running invocations. Undelivered events stay in the source. */
  stop(): Promise<void>;
  /**
   * Resolves when everything that is in the source at the time of the call is done: accepted by the function or
   * discarded. A batch that waits for a retry is not done. While a caller waits, batches of a stream do not wait for
   * more records. Rejects if the mapping is stopped first.
   */
  waitUntilIdle(): Promise<void>;
}

/** A mapping that reads a stream. */
export interface StreamMapping extends EventSourceMapping {
  /** Age of the oldest record in the stream that is not done, in milliseconds; 0 if all are done. */
  measureLag(): number;
  /** How many records in the stream are not done. */
  countPendingRecords(): number;
}

/** The part of a function that a mapping needs. */
export interface InvocationTarget {
  readonly arn: string;
  /** Invokes the function. Never rejects. */
  invoke(event: unknown): Promise<InvocationResult>;
}

/** The clock of a mapping. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after the given time, or immediately when the signal is aborted. */
  pause(milliseconds: number, signal: AbortSignal): Promise<void>;
}

/** The machine's clock. */
export const systemClock: Clock = { now: Date.now, pause };

/** The mapping was stopped while a caller waited for it. */
export class MappingStoppedError extends Error {
  constructor() {
    super('the event source mapping was stopped');
    this.name = 'MappingStoppedError';
  }
}

/** Resolves after the given time, or immediately when the signal is aborted. */
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
