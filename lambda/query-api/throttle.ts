import { Problem, problemCodes } from './problem.ts';

/** Clients that are told apart; of more, the one that was seen first is forgotten. */
const mostClients = 10_000;

/** What a client has left, and when that was. */
interface Allowance {
  readonly requests: number;
  readonly at: number;
}

/**
 * Keeps one client from taking the place of all others: each may make so many requests a second, and twice as many at
 * once after a pause. Counted by each process of the function; the stage's own limit holds for all together.
 */
export class ClientThrottle {
  readonly #perSecond: number;
  readonly #allowances = new Map<string, Allowance>();

  /** @param perSecond requests; 0 for any number. */
  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /**
   * Counts a request.
   *
   * @param now milliseconds since the epoch.
   * @throws Problem 429 when the client has none left.
   */
  take(client: string, now: number): void {
    if (this.#perSecond === 0) return;
    const most = 2 * this.#perSecond;
    const before = this.#allowances.get(client) ?? { requests: most, at: now };
    const requests = Math.min(
      most,
      before.requests + (Math.max(0, now - before.at) / 1000) * this.#perSecond,
    );
    this.#allowances.delete(client);
    this.#allowances.set(client, { requests: requests < 1 ? requests : requests - 1, at: now });
    this.#forgetOldest();
    if (requests < 1) {
      const message = `More than ${this.#perSecond} requests a second; try again in a second`;
      throw new Problem(429, problemCodes.tooManyRequests, message, { 'retry-after': '1' });
    }
  }

  #forgetOldest(): void {
    if (this.#allowances.size <= mostClients) return;
    const oldest = this.#allowances.keys().next();
    if (oldest.done !== true) this.#allowances.delete(oldest.value);
  }
}
