/**
 * The durations that closing days depends on. Each is measured by one party alone: a process by its own timer, the
 * stack by the delay of a message. No two clocks are compared.
 *
 * A request lands at most 40 minutes after the fence was read: it is signed within 10 minutes of the reading, and AWS
 * refuses a signature that is older than 15 minutes or dated more than 15 minutes ahead.
 */

/** A process reads the fence again after a minute. */
export const maxCachedMilliseconds = 60_000;

/** Requests of a chunk are signed within 10 minutes of reading the fence. */
export const maxSigningMilliseconds = 10 * 60_000;

/** How long after the fence has moved, or a marker was seen, everything that began before has landed or never will. */
export const landedMilliseconds = 40 * 60_000;

/** A queue can delay a message by at most 15 minutes. */
export const maxDelayMilliseconds = 15 * 60_000;

/**
 * The delay of the next message of a wait; undefined when everything has landed.
 *
 * @param waitedMilliseconds the delays of the messages so far.
 */
export function planDelay(waitedMilliseconds: number): number | undefined {
  return waitedMilliseconds < landedMilliseconds ? maxDelayMilliseconds : undefined;
}
