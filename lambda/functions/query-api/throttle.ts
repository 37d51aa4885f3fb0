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
 * Prevents one client from crowding out all others: each may make a number of requests per second, and twice as many in
 * a burst. Each process of the function counts separately; the stage has its own limit for all processes together.
 *
 * Attempts with wrong credentials are counted separately, by address (IPv6: by /64, because one client has all of it).
 * They do not use up the limit of a caller with correct credentials, and nobody can guess faster than a client may
 * call.
 */
export class ClientThrottle {
  readonly #perSecond: number;
  readonly #requests: Allowances;
  readonly #failures: Allowances;
  /** Pairs of address and credentials that were correct. */
  readonly #admitted = new Map<string, true>();

  /** @param perSecond requests; 0 for no limit. */
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
   * Refuses an attempt without checking its credentials, if its address has used up twenty seconds' worth of failures:
   * a response other than 429 would reveal a correct guess. Credentials that were correct from this address before are
   * always checked.
   *
   * @throws Problem 429
   */
  requireAttempt(attempt: Attempt, now: number): void {
    if (this.#perSecond === 0 || this.#admitted.has(makeKey(attempt))) return;
    if (!this.#failures.isSpent(findNetwork(attempt.address), now)) return;
    throw this.#makeProblem('requests with wrong credentials');
  }

  /** Notes that credentials are correct. */
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

/** The part of an address that a client cannot change: all of an IPv4 address, the first 64 bits of an IPv6 address. */
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
