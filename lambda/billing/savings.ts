import { BillSum } from './bill.ts';
import { type Decimal, findMin, zero } from './decimal.ts';
import { addLineAmounts } from './line.ts';
import { isShared, Rater, type RatingContext } from './rate.ts';
import type { SimRecords } from './sim-records.ts';
import type { Tariff } from './tariff.ts';

/** What the same usage would have cost in another tariff. */

/** The cost of all usage in one tariff. */
export interface TariffCost {
  readonly tariff: string;
  readonly currency: string;
  readonly amount: Decimal;
  /** Number of records that it has no price for; their cost is missing in the amount. */
  readonly notRated: number;
  /**
   * Number of SIMs for which it is the cheapest in its currency, among tariffs in which SIMs share nothing; the first
   * of equal ones. Undefined if SIMs share something in it.
   */
  readonly cheapestFor: number | undefined;
}

/** The cost of a month's usage now, and in other tariffs. */
export interface Savings {
  readonly sims: number;
  /** In the tariffs that match. */
  readonly now: readonly { readonly currency: string | undefined; readonly amount: Decimal }[];
  readonly tariffs: readonly TariffCost[];
  /**
   * The total with each SIM in the cheapest tariff of a currency. A currency in which SIMs share something, or the
   * account pays something, is left out, because moving a SIM changes what the others pay.
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

/** Rates each SIM in each tariff. It holds one sum per tariff. */
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
      // Another carrier's tariff would apply to the same countries and networks, but records have other names for
      // sources, tariffs and zones.
      const match = { ...tariff.match, sources: [], carriers: [], tariffs: [], zones: [] };
      const own = { ...context, roster, tariffs: [{ ...tariff, match }] };
      return { tariff, rater: new Rater(own), sum: new BillSum(own, []), notRated: 0, cheapestFor: 0 };
    });
  }

  /** Adds a SIM. Each SIM must be added at most once. Usage that no tariff matches is left out everywhere. */
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

  /** Returns the result. Nothing can be added afterwards. */
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

/** Whether the cost of a SIM does not depend on other SIMs. */
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
