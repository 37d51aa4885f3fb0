import { planDelay } from './durations.ts';

/** Work that waits until all has landed that was begun before the wait, by the delays of messages and not by clocks. */
export interface WaitingWork {
  /** Milliseconds that have certainly passed since the wait began. */
  readonly waitedMilliseconds: number;
}

/** Has work come back after a delay, with what it has waited by then. Locally, once no chunk is on its way. */
export type OrderWork<Work extends WaitingWork> = (work: Work, delayMilliseconds: number) => Promise<void>;

/**
 * Begins a wait or goes on with it.
 *
 * @returns whether enough was waited; otherwise the work has been ordered to come back.
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
