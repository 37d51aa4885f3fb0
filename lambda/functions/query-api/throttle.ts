import { createHash } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { Allowances, remember } from '../../http/allowances.ts';
import { Problem, problemCodes } from './problem.ts';

/** A caller's attempt to authenticate. */
export interface Attempt {
  /** IP address of the client. */
  readonly address: string;
  /** Its credentials, as they were sent; only a digest is kept. */
  readonly credentials: string;
}

/**
 * Keeps one client from crowding out all others: each has a number of requests a second, and twice as many in a burst.
 * Each process of the function counts by itself; the stage's own limit holds for all together.
 *
 * Attempts with wrong credentials are counted separately, by address (IPv6: by /64, which one client has). They never use
 * up the limit of a caller with the right credentials, and nobody can guess faster than a client may ask.
 */
export class ClientThrottle {
  readonly #perSecond: number;
  readonly #requests: Allowances;
  readonly #failures: Allowances;
  /** Pairs of address and credentials that were right. */
  readonly #admitted = new Map<string, true>();

  /** @param perSecond requests; 0 for any number. */
  constructor(perSecond: number) {
    this.#perSecond = perSecond;
    this.#requests = new Allowances({ perSecond, max: 2 * perSecond, min: 0 });
    this.#failures = new Allowances({ perSecond, max: 2 * perSecond, min: -20 * perSecond });
  }

  /**
   * Counts a request.
   *
   * @param now milliseconds since the epoch.
   * @throws Problem 429 if the client exceeds its limit.
   */
  take(client: string, now: number): void {
    if (this.#perSecond > 0 && !this.#requests.take(client, now)) throw this.#makeProblem('requests');
  }

  /**
   * Refuses an attempt whose credentials must not be checked: from an address with twenty seconds' worth of refusals,
   * since the one answer other than 429 would reveal a right guess. Credentials that were right from this address
   * before are always checked.
   *
   * @throws Problem 429
   */
  requireAttempt(attempt: Attempt, now: number): void {
    if (this.#perSecond === 0 || this.#admitted.has(makeKey(attempt))) return;
    if (!this.#failures.isSpent(findNetwork(attempt.address), now)) return;
    throw this.#makeProblem('requests with wrong credentials');
  }

  /** Notes that credentials are right. */
  admit(attempt: Attempt): void {
    remember(this.#admitted, makeKey(attempt), true);
  }

  /**
   * Counts an attempt with wrong credentials.
   *
   * @throws Problem 429 if the address exceeds its limit.
   */
  refuse(attempt: Attempt, now: number): void {
    this.#admitted.delete(makeKey(attempt));
    if (this.#perSecond === 0 || this.#failures.take(findNetwork(attempt.address), now)) return;
    throw this.#makeProblem('requests with wrong credentials');
  }

  #makeProblem(what: string): Problem {
    const message = `More than ${this.#perSecond} ${what} per second; try again in a second`;
    return new Problem(429, problemCodes.tooManyRequests, message, { 'retry-after': '1' });
  }
}

function makeKey({ address, credentials }: Attempt): string {
  return `${createHash('sha256').update(credentials).digest('base64')} ${address}`;
}

/** The part of an address that a client cannot change: all of an IPv4 address, the first 64 bits of an IPv6 one. */
function findNetwork(address: string): string {
  if (!isIPv6(address)) return address;
  // An IPv4 address as a dual-stack socket writes it.
  const mapped = /^::ffff:(\d+(?:\.\d+){3})$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [before = [], after = []] = address
    .split('::')
    .map((part) => part.split(':').filter((group) => group !== ''));
  const zeros = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0');
  const groups = [...before, ...zeros, ...after].slice(0, 4);
  return groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':');
}
