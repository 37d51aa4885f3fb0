import { Allowances } from '../../http/allowances.ts';

/** The key of the only entry: each limit counts the requests of one source. */
const source = 'source';

/**
 * Limits the requests of one source that this process accepts: a number per second, and twice as many in a burst after
 * a pause. Each source has its own limit, so that none uses up another's. Each process of the function counts
 * separately, so more are accepted while several processes run.
 */
export class RequestLimit {
  readonly perSecond: number;
  readonly #allowances: Allowances;
  readonly #now: () => number;

  /**
   * @param perSecond requests; 0 for no limit.
   * @param now returns milliseconds of a clock that is never set back.
   */
  constructor(perSecond: number, now: () => number = () => performance.now()) {
    this.perSecond = perSecond;
    this.#allowances = new Allowances({ perSecond, max: 2 * perSecond, min: 0 });
    this.#now = now;
  }

  /** Counts a request; false if it exceeds the limit. */
  take(): boolean {
    return this.perSecond === 0 || this.#allowances.take(source, this.#now());
  }
}
