/**
 * The durations on which the closing of days rests. Each is observed by one party alone: a process by its own timer, the
 * stack by the delay of a message. No two clocks are compared.
 *
 * A request lands at most 40 minutes after the fence was read: it is signed within 10 minutes of the reading, and AWS
 * refuses a signature that is older than 15 minutes or dated more than 15 minutes ahead.
 */

/** A process reads the fence again after a minute. */
export const maxCachedMilliseconds = 60_000;

/** Requests of a chunk are signed within 10 minutes of the fence's reading. */
export const maxSigningMilliseconds = 10 * 60_000;

/** How long after the fence has moved, or a marker was seen, whatever was begun before has landed or never will. */
export const landedMilliseconds = 40 * 60_000;

/** A queue delays a message by 15 minutes at most. */
export const maxDelayMilliseconds = 15 * 60_000;

/**
 * The delay of the next message of a wait; undefined once all has landed.
 *
 * @param waitedMilliseconds the delays of the messages so far.
 */
export function planDelay(waitedMilliseconds: number): number | undefined {
  return waitedMilliseconds < landedMilliseconds ? maxDelayMilliseconds : undefined;
}
