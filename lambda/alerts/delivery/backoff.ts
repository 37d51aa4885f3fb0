import { createHash } from 'node:crypto';

/** Wait after the first failed attempt; each further one waits twice as long, up to the longest. */
const firstWaitMilliseconds = 30_000;
const maxWaitMilliseconds = 3_600_000;

/**
 * How long to wait after a failed attempt: half of it is fixed, half depends on what waits, so that what failed together
 * does not come again together. The same attempt of the same thing always waits as long.
 *
 * @param name of what waits.
 * @param attempts that have failed, at least 1.
 */
export function chooseWait(name: string, attempts: number): number {
  const longest = Math.min(maxWaitMilliseconds, firstWaitMilliseconds * 2 ** Math.min(attempts - 1, 20));
  const share = createHash('sha256').update(`${name}\n${attempts}`).digest().readUInt32BE(0) / 2 ** 32;
  return Math.round(longest * (0.5 + share / 2));
}

/** How long a receiver's own `Retry-After` is respected, at most. */
export const maxRetryAfterMilliseconds = maxWaitMilliseconds;
