import { createHash } from 'node:crypto';

/** The wait after the first failed attempt. Each further one is twice as long, up to the longest. */
const firstWaitMilliseconds = 30_000;
const maxWaitMilliseconds = 3_600_000;

/**
 * How long to wait after a failed attempt. Half of the time is fixed, the other half depends on the name, so that
 * messages that failed together are not retried together. The same attempt of the same name always waits for the same
 * time.
 *
 * @param name identifies what is retried.
 * @param attempts how many attempts have failed, at least 1.
 */
export function chooseWait(name: string, attempts: number): number {
  const longest = Math.min(maxWaitMilliseconds, firstWaitMilliseconds * 2 ** Math.min(attempts - 1, 20));
  const share = createHash('sha256').update(`${name}\n${attempts}`).digest().readUInt32BE(0) / 2 ** 32;
  return Math.round(longest * (0.5 + share / 2));
}

/** The longest `Retry-After` of a receiver that is respected. */
export const maxRetryAfterMilliseconds = maxWaitMilliseconds;
