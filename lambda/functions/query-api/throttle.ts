import { createHash } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { Allowances, remember } from '../../http/allowances.ts';
import { Problem, problemCodes } from './problem.ts';

/** Who tries to get in, and with what. */
export interface Attempt {
  /** IP address of the client. */
  readonly address: string;
  /** What it proves itself by, as it was sent; only a digest of it is kept. */
  readonly credentials: string;
}

/**
 * Keeps one client from taking the place of all others: each may make so many requests a second, and twice as many at
 * once after a pause. Counted by each process of the function; the stage's own limit holds for all together.
 *
 * Attempts with wrong credentials are counted apart, by address (IPv6: by /64, which is what one client has). They
 * never use up what a caller with the right credentials may ask for, and nobody can guess faster than a client may ask.
 */
export class ClientThrottle {
  readonly #perSecond: number;
  readonly #requests: Allowances;
  readonly #failures: Allowances;
  /** Addresses with credentials that were right there. */
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
   * @throws Problem 429 when the client has none left.
   */
  take(client: string, now: number): void {
    if (this.#perSecond > 0 && !this.#requests.take(client, now)) throw this.#tooMany('requests');
  }

  /**
   * Whether an attempt's credentials may be looked at. An address that has had twenty seconds' worth of refusals is
   * refused without a look, else the one answer that is not 429 would tell a guess that is right. Credentials that
   * were right from there before are looked at in any case.
   *
   * @throws Problem 429
   */
  requireAttempt(attempt: Attempt, now: number): void {
    if (this.#perSecond === 0 || this.#admitted.has(makeKey(attempt))) return;
    if (!this.#failures.isSpent(findNetwork(attempt.address), now)) return;
    throw this.#tooMany('requests with wrong credentials');
  }

  /** Notes that credentials are right. */
  admit(attempt: Attempt): void {
    remember(this.#admitted, makeKey(attempt), true);
  }

  /**
   * Counts an attempt with wrong credentials.
   *
   * @throws Problem 429 when the address has none left.
   */
  refuse(attempt: Attempt, now: number): void {
    this.#admitted.delete(makeKey(attempt));
    if (this.#perSecond === 0 || this.#failures.take(findNetwork(attempt.address), now)) return;
    throw this.#tooMany('requests with wrong credentials');
  }

  #tooMany(what: string): Problem {
    const message = `More than ${this.#perSecond} ${what} a second; try again in a second`;
    return new Problem(429, problemCodes.tooManyRequests, message, { 'retry-after': '1' });
  }
}

function makeKey({ address, credentials }: Attempt): string {
  return `${createHash('sha256').update(credentials).digest('base64')} ${address}`;
}

/** The part of an address that one client can't change: all of an IPv4 address, the first 64 bits of an IPv6 one. */
function findNetwork(address: string): string {
  if (!isIPv6(address)) return address;
  // How a socket that takes both writes an IPv4 address.
  const mapped = /^::ffff:(\d+(?:\.\d+){3})$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [before = [], after = []] = address
    .split('::')
    .map((part) => part.split(':').filter((group) => group !== ''));
  const zeros = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0');
  const groups = [...before, ...zeros, ...after].slice(0, 4);
  return groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':');
}
