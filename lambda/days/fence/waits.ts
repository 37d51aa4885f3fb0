import { planDelay } from './durations.ts';

/** Work that waits until everything that began before has landed. Message delays measure the wait, not clocks. */
export interface WaitingWork {
  /** Milliseconds that have certainly passed since the wait began. */
  readonly waitedMilliseconds: number;
}

/**
 * Delivers work again after a delay, with the time that it has waited by then. In the local run: when no chunk is
 * running.
 */
export type OrderWork<Work extends WaitingWork> = (work: Work, delayMilliseconds: number) => Promise<void>;

/**
 * Begins or continues a wait.
 *
 * @returns whether it has waited long enough; otherwise the work has been ordered again.
 */
export async function awaitLanding<Work extends WaitingWork>(
  work: Work,
  order: OrderWork<Work>,
): Promise<boolean> {
  const delay = planDelay(work.waitedMilliseconds);
  if (delay === undefined) return true;
  await order({ ...work, waitedMilliseconds: work.waitedMilliseconds + delay }, delay);
  return false;
}
