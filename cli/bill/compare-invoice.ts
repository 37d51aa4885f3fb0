import { type Bill, BillSum } from '../../lambda/billing/bill.ts';
import {
  type CauseSum,
  CauseSums,
  type Compared,
  Comparison,
  type Outcome,
} from '../../lambda/billing/compare.ts';
import { type Decimal, formatDecimal, makeDecimal, zero } from '../../lambda/billing/decimal.ts';
import type { InvoiceLine } from '../../lambda/billing/invoice.ts';
import type { RatingContext } from '../../lambda/billing/rate.ts';
import type { SimBill } from '../../lambda/billing/sim-bill.ts';
import type { SimRecords } from '../../lambda/billing/sim-records.ts';
import { findBucket } from '../../lambda/days/buckets.ts';
import type { Invoice } from './invoice-file.ts';
import { makeRating } from './make-bill.ts';
import type { OpenRecords } from './sim-records.ts';
import { SortedTexts } from './sorted-texts.ts';

/**
 * Compares an invoice of any size with the usage of a fleet of any size: it sorts the lines into the order in which
 * SIMs are rated, and reads both side by side. Only sums and the largest differences stay in memory.
 */

/** An amount in a currency other than the tariffs'. */
export interface ForeignSum {
  readonly currency: string;
  readonly lines: number;
  readonly amount: Decimal;
}

/** The result of a comparison. */
export interface ComparedInvoice {
  readonly lines: number;
  /** The invoice's total, in the tariffs' currency. */
  readonly total: Decimal;
  readonly ours: Decimal;
  /** How much more the invoice charges for what is rated. */
  readonly difference: Decimal;
  readonly notRated: Decimal;
  readonly outcomes: ReadonlyMap<Outcome, number>;
  readonly causes: readonly CauseSum[];
  /** Differences, the largest amount first, at most {@link maxDifferences}. */
  readonly differing: readonly Compared[];
  readonly foreign: readonly ForeignSum[];
  readonly bill: Bill;
}

/** The most differences that are kept. */
export const maxDifferences = 100;

/** What to compare an invoice with. */
export interface ComparedWith {
  /** The lines of its tariffs must be grouped by what the invoice has. */
  readonly rating: RatingContext;
  readonly records: Pick<OpenRecords, 'parts'>;
  /** In the order in which the records are read. */
  readonly sims: AsyncIterable<SimRecords>;
  readonly signal: AbortSignal;
  /** Called with each SIM and the differences found for it. */
  readonly onSim?: (records: SimRecords, found: readonly Compared[]) => Promise<void>;
}

/** Sorts lines that belong to no SIM after those of SIMs. */
const accountKey = 'account';
const notRatedKey = 'not rated';

/** Compares the lines of an invoice with ours, SIM by SIM, in key order. Only one SIM's lines are in memory. */
export class InvoiceComparison {
  readonly #invoice: Invoice;
  readonly #with: ComparedWith;
  readonly #comparison: Comparison;
  readonly #sum: BillSum;
  readonly #rate: (records: SimRecords) => SimBill;
  readonly #lines: SortedLines;
  readonly #causes = new CauseSums();
  readonly #outcomes = new Map<Outcome, number>();
  #differing: Compared[] = [];
  readonly #foreign = new Map<string, ForeignSum>();
  #lineCount = 0;
  #ours = zero;
  #theirs = zero;
  #notRated = zero;
  #bill: Bill | undefined;

  constructor(invoice: Invoice, given: ComparedWith) {
    this.#invoice = invoice;
    this.#with = given;
    this.#comparison = new Comparison(given.rating, invoice.by);
    this.#sum = new BillSum(given.rating, []);
    this.#rate = makeRating(given.rating);
    this.#lines = new SortedLines(given.signal);
  }

  /** Compared lines: first all lines of SIMs, then those of the account. */
  async *compare(): AsyncGenerator<Compared> {
    for await (const line of this.#invoice.walk()) {
      this.#lineCount += 1;
      await this.#lines.add(this.#makeKey(line), line);
    }
    await this.#lines.open();
    for await (const records of this.#with.sims) {
      const key = this.#makeSimKey(records.sim);
      yield* this.#compareUnknown(key);
      const bill = this.#rate(records);
      this.#sum.add(bill);
      yield* this.#compareSim(records, bill, await this.#lines.take(key));
    }
    yield* this.#compareUnknown(accountKey);
    for await (const line of this.#lines.walk(accountKey)) this.#comparison.addAccountLine(line);
    this.#bill = this.#sum.finish();
    for (const one of this.#comparison.compareAccount(this.#bill.accountLines)) {
      this.#add(one);
      yield one;
    }
  }

  /** Lines that no tariff explains. They follow the compared lines. */
  async *listNotRated(): AsyncGenerator<InvoiceLine> {
    for await (const line of this.#lines.walk(notRatedKey)) {
      const { foreignCurrency: currency, amount } = line;
      if (currency === undefined) {
        this.#notRated = this.#notRated.plus(amount);
        yield line;
      } else {
        const { lines, amount: sum } = this.#foreign.get(currency) ?? { lines: 0, amount: zero };
        this.#foreign.set(currency, { currency, lines: lines + 1, amount: sum.plus(amount) });
      }
    }
  }

  /** @throws Error before both lists have ended. */
  finish(): ComparedInvoice {
    if (this.#bill === undefined) throw new Error('The invoice is not compared yet');
    return {
      ...{ lines: this.#lineCount, total: this.#theirs.plus(this.#notRated), ours: this.#ours },
      difference: this.#theirs.minus(this.#ours),
      ...{ notRated: this.#notRated, outcomes: this.#outcomes, causes: this.#causes.list() },
      ...{ differing: this.#selectDiffering(), foreign: [...this.#foreign.values()], bill: this.#bill },
    };
  }

  /** Removes temporary files. */
  close(): Promise<void> {
    return this.#lines.remove();
  }

  #makeKey({ sim, notRated }: InvoiceLine): string {
    if (notRated !== undefined) return notRatedKey;
    return sim === undefined ? accountKey : this.#makeSimKey(sim);
  }

  #makeSimKey(sim: string): string {
    return `${String(findBucket(sim, this.#with.records.parts)).padStart(partDigits, '0')} ${sim}`;
  }

  /** Compares the lines of SIMs without records, up to a key. */
  async *#compareUnknown(before: string): AsyncGenerator<Compared> {
    for (;;) {
      const { nextKey } = this.#lines;
      if (nextKey === undefined || nextKey >= before) return;
      const records = { sim: nextKey.slice(partDigits + 1), usage: [], sessions: [] };
      yield* this.#compareSim(records, this.#rate(records), await this.#lines.take(nextKey));
    }
  }

  async *#compareSim(
    records: SimRecords,
    bill: SimBill,
    lines: readonly InvoiceLine[],
  ): AsyncGenerator<Compared> {
    const found = this.#comparison.compareSim(records, bill, lines);
    for (const one of found) this.#add(one);
    await this.#with.onSim?.(records, found);
    yield* found;
  }

  #add(one: Compared): void {
    const { outcome, theirs, ours } = one;
    this.#theirs = this.#theirs.plus(theirs);
    this.#ours = this.#ours.plus(ours);
    this.#outcomes.set(outcome, (this.#outcomes.get(outcome) ?? 0) + 1);
    this.#causes.add(one);
    if (outcome === 'equal') return;
    this.#differing.push(one);
    if (this.#differing.length > 2 * maxDifferences) this.#differing = this.#selectDiffering();
  }

  #selectDiffering(): Compared[] {
    return this.#differing
      .toSorted((a, b) => b.theirs.minus(b.ours).abs().cmp(a.theirs.minus(a.ours).abs()))
      .slice(0, maxDifferences);
  }
}

const partDigits = 4;

/** Lines of an invoice in key order. */
class SortedLines {
  readonly #texts: SortedTexts;
  #sorted: ReturnType<SortedTexts['walk']> | undefined;
  #next: { readonly key: string; readonly text: string } | undefined;

  constructor(signal: AbortSignal) {
    this.#texts = new SortedTexts(signal);
  }

  async add(key: string, line: InvoiceLine): Promise<void> {
    await this.#texts.add({ key, text: printLine(line) });
  }

  /** Begins to read. No lines can be added afterwards. */
  async open(): Promise<void> {
    this.#sorted = this.#texts.walk();
    await this.#advance();
  }

  /** The key of the next line; undefined after the last one. */
  get nextKey(): string | undefined {
    return this.#next?.key;
  }

  async #advance(): Promise<void> {
    const read = await this.#sorted?.next();
    this.#next = read === undefined || read.done === true ? undefined : read.value;
  }

  /** The lines with a key, if they come next. */
  async *walk(key: string): AsyncGenerator<InvoiceLine> {
    while (this.#next?.key === key) {
      yield parseLine(this.#next.text);
      await this.#advance();
    }
  }

  async take(key: string): Promise<InvoiceLine[]> {
    const lines: InvoiceLine[] = [];
    while (this.#next?.key === key) {
      lines.push(parseLine(this.#next.text));
      await this.#advance();
    }
    return lines;
  }

  remove(): Promise<void> {
    return this.#texts.remove();
  }
}

function printLine({ quantity, quantityDigit, amount, ...others }: InvoiceLine): string {
  return JSON.stringify({
    ...others,
    ...(quantity !== undefined && { quantity: formatDecimal(quantity) }),
    ...(quantityDigit !== undefined && { quantityDigit: formatDecimal(quantityDigit) }),
    amount: formatDecimal(amount),
  });
}

/** A line as text. */
type PrintedLine = Omit<InvoiceLine, 'quantity' | 'quantityDigit' | 'amount'> & {
  readonly quantity?: string;
  readonly quantityDigit?: string;
  readonly amount: string;
};

function parseLine(text: string): InvoiceLine {
  const { line, sim, name, dimensions, notRated, day, foreignCurrency, ...decimals } = JSON.parse(
    text,
  ) as PrintedLine;
  const { quantity, quantityDigit, amount } = decimals;
  return {
    ...{ line, sim, name, dimensions, notRated, day, foreignCurrency },
    quantity: quantity === undefined ? undefined : makeDecimal(quantity),
    quantityDigit: quantityDigit === undefined ? undefined : makeDecimal(quantityDigit),
    amount: makeDecimal(amount),
  };
}
