import { BillSum } from './bill.ts';
import { type Decimal, findMin, zero } from './decimal.ts';
import { addLineAmounts } from './line.ts';
import { isShared, Rater, type RatingContext } from './rate.ts';
import type { SimRecords } from './sim-records.ts';
import type { Tariff } from './tariff.ts';

/** What the same usage would have cost by another tariff. */

/** The cost of all usage by one tariff. */
export interface TariffCost {
  readonly tariff: string;
  readonly currency: string;
  readonly amount: Decimal;
  /** Records for which it has no price: what they would cost is not in the amount. */
  readonly notRated: number;
  /** SIMs for which it is the cheapest of its currency in which SIMs share nothing: of equal ones the first. Undefined if they do. */
  readonly cheapestFor: number | undefined;
}

/** The cost of a month's usage now, and by other tariffs. */
export interface Savings {
  readonly sims: number;
  /** By the tariffs that match. */
  readonly now: readonly { readonly currency: string | undefined; readonly amount: Decimal }[];
  readonly tariffs: readonly TariffCost[];
  /**
   * Each SIM by the cheapest tariff of a currency. A currency in which SIMs share something, or the account pays something,
   * is left out: moving a SIM changes what the others pay.
   */
  readonly mixed: readonly { readonly currency: string; readonly amount: Decimal }[];
}

interface Candidate {
  readonly tariff: Tariff;
  readonly rater: Rater;
  readonly sum: BillSum;
  notRated: number;
  cheapestFor: number;
}

/** Rates each SIM by each tariff. It holds one sum for each tariff. */
export class SavingsSum {
  readonly #rater: Rater;
  readonly #sum: BillSum;
  readonly #candidates: readonly Candidate[];
  readonly #mixed = new Map<string, Decimal>();
  #sims = 0;

  constructor(context: RatingContext) {
    this.#rater = new Rater(context);
    this.#sum = new BillSum(context, []);
    const roster = new Map(
      [...context.roster].map(([sim, entries]) => [
        sim,
        entries.map((entry) => ({ ...entry, tariff: undefined })),
      ]),
    );
    this.#candidates = context.tariffs.map((tariff) => {
      // A tariff of another carrier would be about the same countries and networks, but not about what records call themselves.
      const match = { ...tariff.match, sources: [], carriers: [], tariffs: [], zones: [] };
      const own = { ...context, roster, tariffs: [{ ...tariff, match }] };
      return { tariff, rater: new Rater(own), sum: new BillSum(own, []), notRated: 0, cheapestFor: 0 };
    });
  }

  /** Adds a SIM; of no SIM more than once. What no tariff matches is left out of all. */
  add(records: SimRecords): void {
    const matched = this.#rater.pickMatched(records);
    const now = this.#rater.rate(matched);
    if (now.lines.length === 0) return;
    this.#sims += 1;
    this.#sum.add(now);
    const bills = this.#candidates.map((candidate) => ({ candidate, bill: candidate.rater.rate(matched) }));
    for (const { candidate, bill } of bills) {
      candidate.sum.add(bill);
      candidate.notRated += bill.notRated.length;
    }
    for (const currency of new Set(this.#candidates.map(({ tariff }) => tariff.currency))) {
      const complete = bills.filter(
        ({ candidate: { tariff }, bill }) =>
          tariff.currency === currency && isOfSingleSims(tariff) && bill.notRated.length === 0,
      );
      const [cheapest] = complete.toSorted((a, b) =>
        addLineAmounts(a.bill.lines).cmp(addLineAmounts(b.bill.lines)),
      );
      if (cheapest === undefined) continue;
      cheapest.candidate.cheapestFor += 1;
      const least = complete.map(({ bill }) => addLineAmounts(bill.lines)).reduce(findMin);
      this.#mixed.set(currency, (this.#mixed.get(currency) ?? zero).plus(least));
    }
  }

  /** Nothing can be added afterwards. */
  finish(): Savings {
    return {
      sims: this.#sims,
      now: this.#sum.finish().totals,
      tariffs: this.#candidates.map(({ tariff, sum, notRated, cheapestFor }) => ({
        ...{ tariff: tariff.name, currency: tariff.currency, notRated },
        amount: sum.finish().totals[0]?.amount ?? zero,
        cheapestFor: isOfSingleSims(tariff) ? cheapestFor : undefined,
      })),
      mixed: [...this.#mixed]
        .filter(([currency]) =>
          this.#candidates.every(({ tariff }) => tariff.currency !== currency || isOfSingleSims(tariff)),
        )
        .map(([currency, amount]) => ({ currency, amount })),
    };
  }
}

/** Whether what a SIM costs does not depend on others. */
function isOfSingleSims(tariff: Tariff): boolean {
  const { charges, fees, discounts, commitment, rounding, tax } = tariff;
  return (
    charges.every((charge) => !isShared(tariff, charge)) &&
    fees.every(({ per }) => per !== 'account') &&
    discounts.length === 0 &&
    commitment === undefined &&
    tax === undefined &&
    rounding.per !== 'invoice'
  );
}
