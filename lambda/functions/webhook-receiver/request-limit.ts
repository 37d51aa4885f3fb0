import { Allowances } from '../../http/allowances.ts';

/** Every limit counts requests of one source. */
const source = 'source';

/**
 * How many requests of one source this process takes: so many a second, and twice as many at once after a pause. Each
 * source has its own, so that none uses up what another may have. Each process of the function counts for itself, so
 * that a source takes somewhat more while several run.
 */
export class RequestLimit {
  readonly perSecond: number;
  readonly #allowances: Allowances;
  readonly #now: () => number;

  /**
   * @param perSecond requests; 0 for any number.
   * @param now milliseconds of a clock that is never set back.
   */
  constructor(perSecond: number, now: () => number = () => performance.now()) {
    this.perSecond = perSecond;
    this.#allowances = new Allowances({ perSecond, max: 2 * perSecond, min: 0 });
    this.#now = now;
  }

  /** Counts a request; false when it is one too many. */
  take(): boolean {
    return this.perSecond === 0 || this.#allowances.take(source, this.#now());
  }
}
