import { add, type Decimal, makeDecimal, round, takePercent, zero } from './decimal.ts';
import type { InvoiceLine } from './invoice.ts';
import { type BillLine, several } from './line.ts';
import { isShared, Rater, type RatingContext } from './rate.ts';
import type { SimBill } from './sim-bill.ts';
import type { SimRecords } from './sim-records.ts';
import { type Charge, increments, type LineDimension, type Tariff } from './tariff.ts';

/**
 * Compares an invoice with our bill, line by line. Each difference has causes whose money adds up to it. Causes are
 * found by rating the SIM again as if the carrier had billed differently: a hypothesis that gives the carrier's
 * amount is the cause.
 */

/**
 * The causes of differences.
 *
 * - `rounding`: less than the last digit.
 * - `duplicate`: the same line appears more than once.
 * - `session-twice`: a session, or another increment, is counted twice.
 * - `increment`, `unit`, `price-in-time`, `price-of-other`, `allowance`, `attribution`, `time-zone`: the carrier
 *   billed differently from the tariff.
 * - `price`, `quantity`: only this one differs.
 * - `unknown-sim`: the ledger has no record of the SIM.
 * - `no-usage`: the ledger knows the SIM, but has no such usage in the period.
 * - `not-billed`: it is not on the invoice.
 * - `discount`: a discount is missing from the invoice.
 * - `follows`: a discount on amounts that differ.
 * - `unexplained`: none of these.
 */
export const causes = [
  ...([
    'rounding',
    'duplicate',
    'session-twice',
    'increment',
    'unit',
    'price-in-time',
    'price-of-other',
  ] as const),
  ...(['allowance', 'attribution', 'time-zone', 'price', 'quantity', 'unknown-sim', 'no-usage'] as const),
  ...(['not-billed', 'discount', 'follows', 'unexplained'] as const),
] as const;
export type CauseKind = (typeof causes)[number];

/** A part of a difference. */
export interface Cause {
  readonly kind: CauseKind;
  /** In words: `rounded up per record instead of per session`. */
  readonly says: string;
  /** Part of the invoice's amount; negative if the invoice is too low. */
  readonly money: Decimal;
}

/**
 * How lines of an invoice compare with ours. `missing here`: only on the invoice; `missing there`: only in our bill.
 */
export const outcomes = [
  'equal',
  'rounding',
  'differs',
  'duplicate',
  'missing here',
  'missing there',
] as const;
export type Outcome = (typeof outcomes)[number];

/** Lines of an invoice and of our bill that are about the same thing. */
export interface Compared {
  readonly outcome: Outcome;
  readonly sim: string | undefined;
  readonly name: string | undefined;
  readonly dimensions: Readonly<Partial<Record<LineDimension, string>>>;
  /** Line numbers in the invoice. */
  readonly invoiceLines: readonly number[];
  /** Ids of our lines. */
  readonly ourLines: readonly string[];
  readonly theirs: Decimal;
  readonly ours: Decimal;
  readonly theirQuantity: Decimal | undefined;
  readonly ourQuantity: Decimal | undefined;
  /** They add up to the invoice's amount minus ours. */
  readonly causes: readonly Cause[];
}

/** What lines are compared by, in addition to the SIM. */
export interface CompareBy {
  readonly hasNames: boolean;
  readonly dimensions: readonly LineDimension[];
}

/** Lines of an invoice that are about the same thing. They are summed up, because there may be any number of them. */
class InvoicedLines {
  readonly numbers: number[] = [];
  first: InvoiceLine | undefined;
  amount = zero;
  /** The billed quantity; undefined if a line does not state it. */
  quantity: Decimal | undefined = zero;
  /** The sum of the last digits that quantities are written with. */
  quantityDigit = zero;
  /** Lines that repeat an earlier one, and the amount without them. */
  copies = 0;
  singleAmount = zero;
  readonly #seen = new Set<string>();

  add(line: InvoiceLine): void {
    const { quantity, quantityDigit = zero, amount } = line;
    this.first ??= line;
    this.numbers.push(line.line);
    this.amount = this.amount.plus(amount);
    this.quantity =
      quantity === undefined || this.quantity === undefined ? undefined : this.quantity.plus(quantity);
    this.quantityDigit = this.quantityDigit.plus(quantityDigit);
    const { sim, dimensions, day } = line;
    const key = JSON.stringify([
      ...[sim ?? null, amount.toFixed(), quantity?.toFixed() ?? null, dimensions, day ?? null],
    ]);
    if (this.#seen.has(key)) this.copies += 1;
    else {
      if (this.#seen.size < maxRememberedLines) this.#seen.add(key);
      this.singleAmount = this.singleAmount.plus(amount);
    }
  }

  /** The following lines are about another SIM, so they repeat none of the earlier ones. */
  beginSim(): void {
    this.#seen.clear();
  }
}

/** Lines that are remembered to find copies. */
const maxRememberedLines = 100_000;

/** Lines of both sides with the same key. */
interface Pair {
  readonly key: string;
  readonly theirs: InvoicedLines;
  readonly ours: BillLine[];
}

/** Our bill under a hypothesis. */
interface Guess {
  readonly hypothesis: Hypothesis;
  readonly pairs: ReadonlyMap<string, Pair>;
}

/** What the carrier may have done differently. */
interface Hypothesis {
  readonly kind: CauseKind;
  readonly says: string;
  readonly tariff: Tariff;
}

/** Compares SIM by SIM, and finally the account. It holds sums only of what belongs to no SIM. */
export class Comparison {
  readonly #context: RatingContext;
  readonly #by: CompareBy;
  readonly #tracer: Rater;
  #raters: readonly { readonly hypothesis: Hypothesis; readonly rater: Rater }[] | undefined;
  /** Pairs of the account, and of SIMs for what all of them share, by name of the charge. */
  readonly #account = new Map<string, Pair>();
  /** The invoiced amounts by name of charge or fee. */
  readonly #invoiced = new Map<string, Decimal>();

  /** @param context its tariffs must group lines by the same dimensions. */
  constructor(context: RatingContext, by: CompareBy) {
    this.#context = context;
    this.#by = by;
    this.#tracer = new Rater(context);
  }

  /** Compares one SIM. Must be called once per SIM. */
  compareSim(records: SimRecords, bill: SimBill, invoice: readonly InvoiceLine[]): Compared[] {
    for (const { theirs } of this.#account.values()) theirs.beginSim();
    for (const line of invoice) if (this.#isShared(line)) this.addAccountLine(line);
    const rated = invoice.filter((line) => !this.#isShared(line));
    for (const line of rated) this.#addInvoiced(line);
    const pairs = this.#pair(rated, selectAmounts(bill.lines));
    let guesses: readonly Guess[] | undefined;
    let traced: SimBill | undefined;
    const isKnown = records.usage.length > 0 || this.#context.roster.has(records.sim);
    return [...pairs.values()].flatMap((pair) => {
      const found = compareSimply(pair, { isKnown, digit: this.#findDigit(pair) });
      if (found !== undefined) return found;
      guesses ??= this.#guess(records);
      traced ??= this.#tracer.rate(records, true);
      return [this.#explain(pair, guesses, traced)];
    });
  }

  /** Adds a line of the account. */
  addAccountLine(line: InvoiceLine): void {
    this.#addInvoiced(line);
    openPair(this.#account, this.#makeKey(line.name, undefined)).theirs.add(line);
  }

  /** Compares what belongs to no SIM: fees of the account, discounts, pools. Tax is left out on both sides. */
  compareAccount(account: readonly BillLine[]): Compared[] {
    for (const line of selectAmounts(account)) {
      if (line.kind !== 'tax') openPair(this.#account, this.#makeKey(line.name, undefined)).ours.push(line);
    }
    return [...this.#account.values()].flatMap((pair) => {
      const found = compareSimply(pair, { isKnown: true, digit: this.#findDigit(pair) });
      return found ?? [describePair(pair, 'differs', [this.#explainDiscount(pair) ?? explainRest(pair)])];
    });
  }

  #addInvoiced({ name, amount }: InvoiceLine): void {
    if (name !== undefined) this.#invoiced.set(name, (this.#invoiced.get(name) ?? zero).plus(amount));
  }

  /** Whether a differing discount is right for the amounts on the invoice. */
  #explainDiscount(pair: Pair): Cause | undefined {
    const [ours] = pair.ours;
    const tariff = this.#context.tariffs.find(({ name }) => name === ours?.tariff);
    const discount = tariff?.discounts.find(({ name }) => ours?.kind === 'discount' && name === ours.name);
    if (tariff === undefined || discount === undefined) return undefined;
    const names = [...tariff.charges, ...tariff.fees].map(({ name }) => name);
    const on = discount.on.length === 0 ? names : discount.on;
    const base = add(on.map((name) => this.#invoiced.get(name) ?? zero));
    const { amount } = pair.theirs;
    if (!isWithin(amount, zero.minus(takePercent(base, discount.percent)), this.#findDigit(pair)))
      return undefined;
    const says = `the discount ${discount.name} follows from the other lines of the invoice`;
    return { kind: 'follows', says, money: amount.minus(sumOurs(pair)) };
  }

  /** Whether the account's line holds our amount for a line of an invoice. */
  #isShared({ name }: InvoiceLine): boolean {
    return this.#context.tariffs.some((tariff) =>
      tariff.charges.some((charge) => charge.name === name && isShared(tariff, charge)),
    );
  }

  #findDigit({ ours }: Pick<Pair, 'ours'>): Decimal {
    const [first] = ours;
    const tariff =
      this.#context.tariffs.find(({ name }) => name === first?.tariff) ?? this.#context.tariffs[0];
    return makeDecimal(`1e-${tariff?.rounding.decimals ?? 2}`);
  }

  /** What matching lines of both sides have in common. @param dimensions undefined for lines of the account. */
  #makeKey(name: string | undefined, dimensions: BillLine['dimensions'] | undefined): string {
    const parts = dimensions === undefined ? [] : this.#by.dimensions.map((one) => dimensions[one] ?? null);
    return JSON.stringify([this.#by.hasNames ? (name ?? null) : null, ...parts]);
  }

  #pair(theirs: readonly InvoiceLine[], ours: readonly BillLine[]): Map<string, Pair> {
    const pairs = new Map<string, Pair>();
    for (const line of theirs) openPair(pairs, this.#makeKey(line.name, line.dimensions)).theirs.add(line);
    for (const line of ours) {
      // Only usage has dimensions other than a fee's network.
      const dimensions = line.kind === 'usage' ? line.dimensions : {};
      openPair(pairs, this.#makeKey(line.name, dimensions)).ours.push(line);
    }
    return pairs;
  }

  /** The SIM's bill under each hypothesis. */
  #guess(records: SimRecords): Guess[] {
    const { tariffs } = this.#context;
    this.#raters ??= tariffs.flatMap((tariff) =>
      listHypotheses(tariff).map((hypothesis) => {
        const changed = tariffs.map((one) => (one === tariff ? hypothesis.tariff : one));
        return { hypothesis, rater: new Rater({ ...this.#context, tariffs: changed }) };
      }),
    );
    return this.#raters.map(({ hypothesis, rater }) => ({
      hypothesis,
      pairs: this.#pair([], selectAmounts(rater.rate(records).lines)),
    }));
  }

  #explain(pair: Pair, guesses: readonly Guess[], traced: SimBill): Compared {
    const theirs = pair.theirs.amount;
    const ours = sumOurs(pair);
    const digit = this.#findDigit(pair);
    for (const { hypothesis, pairs } of guesses) {
      const other = pairs.get(pair.key)?.ours ?? [];
      const guess = { ...pair, ours: other };
      const guessed = sumOurs(guess);
      if (
        other.length === 0 ||
        guessed.eq(ours) ||
        !isWithin(theirs, add(other.map(({ exact }) => exact)), digit)
      )
        continue;
      if (!isSameQuantity(guess)) continue;
      const { kind, says } = hypothesis;
      const rest = theirs.minus(guessed);
      const found: Cause[] = [{ kind, says, money: guessed.minus(ours) }];
      if (!rest.eq(zero)) found.push({ kind: 'rounding', says: 'rounding of the last digit', money: rest });
      return describePair(pair, 'differs', found);
    }
    const twice = findTwice(pair, traced, digit);
    return describePair(pair, 'differs', [twice ?? explainRest(pair)]);
  }
}

function openPair(pairs: Map<string, Pair>, key: string): Pair {
  const known = pairs.get(key);
  if (known !== undefined) return known;
  const pair = { key, theirs: new InvoicedLines(), ours: [] };
  pairs.set(key, pair);
  return pair;
}

/** Lines with an amount: shared amounts are in a line of the account. */
function selectAmounts(lines: readonly BillLine[]): BillLine[] {
  return lines.filter(({ amount }) => amount !== undefined);
}

const lineTwice = 'a line appears twice';

/** Explains a difference without a hypothesis; undefined if that is not possible. */
function compareSimply(
  pair: Pair,
  { isKnown, digit }: { readonly isKnown: boolean; readonly digit: Decimal },
): Compared[] | undefined {
  const { theirs } = pair;
  const ours = sumOurs(pair);
  const difference = theirs.amount.minus(ours);
  if (theirs.first === undefined) {
    if (ours.eq(zero)) return [];
    const [first] = pair.ours;
    const kind = first?.kind === 'discount' ? 'discount' : 'not-billed';
    const says =
      kind === 'discount' ? `the discount ${first?.name} is missing` : `${first?.name} is not on the invoice`;
    return [describePair(pair, 'missing there', [{ kind, says, money: difference }])];
  }
  if (pair.ours.length === 0) {
    const kind = isKnown ? 'no-usage' : 'unknown-sim';
    const says = isKnown
      ? 'no such usage of the SIM was recorded in the period'
      : 'no record of the SIM in the period';
    if (difference.eq(zero) && (theirs.quantity ?? zero).eq(zero)) return [describePair(pair, 'equal', [])];
    return [describePair(pair, 'missing here', [{ kind, says, money: difference }])];
  }
  if (difference.eq(zero)) {
    if (isSameQuantity(pair)) return [describePair(pair, 'equal', [])];
    const says = `${describeMore(pair)} than was recorded, for the same money`;
    return [describePair(pair, 'differs', [{ kind: 'quantity', says, money: zero }])];
  }
  if (theirs.copies > 0 && theirs.singleAmount.eq(ours)) {
    const { copies } = theirs;
    const says = copies === 1 ? lineTwice : `${copies} lines repeat earlier lines`;
    return [describePair(pair, 'duplicate', [{ kind: 'duplicate', says, money: difference }])];
  }
  const exact = add(pair.ours.map((line) => line.exact));
  if (isSameQuantity(pair) && isWithin(theirs.amount, exact, digit)) {
    const says = 'rounding of the last digit';
    return [describePair(pair, 'rounding', [{ kind: 'rounding', says, money: difference }])];
  }
  return undefined;
}

/** Whether an amount may be the rounding of an exact one. */
function isWithin(amount: Decimal, exact: Decimal, digit: Decimal): boolean {
  return amount.minus(exact).abs().lt(digit);
}

function sumOurs({ ours }: Pick<Pair, 'ours'>): Decimal {
  return add(ours.map(({ amount }) => amount ?? zero));
}

/** The quantities that an invoice may state. */
const statedQuantities = ['rounded', 'used', 'billed'] as const;

/** @returns undefined if our lines have no quantity, or have different units. */
function sumOurQuantity(
  { ours }: Pick<Pair, 'ours'>,
  stated: (typeof statedQuantities)[number] = 'rounded',
): Decimal | undefined {
  const quantities = ours.flatMap(({ quantity }) => (quantity === undefined ? [] : [quantity]));
  const [first] = quantities;
  if (first === undefined || quantities.some(({ unit }) => unit !== first.unit)) return undefined;
  return add(quantities.map((quantity) => quantity[stated]));
}

/** Whether both sides have the same quantity, to the precision of the invoice, or one of them states none. */
function isSameQuantity(pair: Pick<Pair, 'theirs' | 'ours'>): boolean {
  const { quantity, quantityDigit } = pair.theirs;
  if (quantity === undefined) return true;
  return statedQuantities.some((stated) => {
    const ours = sumOurQuantity(pair, stated);
    return ours === undefined || ours.eq(quantity) || isWithin(quantity, ours, quantityDigit);
  });
}

/** How much more or less the invoice states: `3 more`. */
function describeMore(pair: Pair): string {
  const more = (pair.theirs.quantity ?? zero).minus(sumOurQuantity(pair) ?? zero);
  return more.lt(zero) ? `${more.abs().toFixed()} less` : `${more.toFixed()} more`;
}

/** Finds an increment that is counted twice: the invoice is higher by its price. */
function findTwice(pair: Pair, traced: SimBill, digit: Decimal): Cause | undefined {
  const money = pair.theirs.amount.minus(sumOurs(pair));
  const more = pair.theirs.quantity?.minus(sumOurQuantity(pair) ?? zero);
  for (const { id, quantity } of pair.ours) {
    for (const { records, rounded } of traced.trace.get(id) ?? []) {
      const [first] = records;
      const price = quantity?.parts[0]?.price;
      if (first === undefined || price === undefined || rounded.eq(zero)) continue;
      const isSame = more === undefined ? isWithin(money, rounded.times(price), digit) : more.eq(rounded);
      if (!isSame || money.lte(zero)) continue;
      const what = first.sessionId === undefined ? `record ${first.usageId}` : `session ${first.sessionId}`;
      return { kind: 'session-twice', says: `${what} is charged twice`, money };
    }
  }
  return undefined;
}

/** The cause if no hypothesis fits. */
function explainRest(pair: Pair): Cause {
  const { amount, quantity: theirs } = pair.theirs;
  const money = amount.minus(sumOurs(pair));
  if (theirs === undefined || sumOurQuantity(pair) === undefined)
    return { kind: 'unexplained', says: 'no known cause explains it', money };
  if (isSameQuantity(pair))
    return { kind: 'price', says: 'the quantity is the same, the price differs', money };
  const prices = new Set(
    pair.ours.flatMap(({ quantity }) => quantity?.parts.map(({ price }) => price.toFixed()) ?? []),
  );
  const [price] = prices;
  const isSamePrice =
    prices.size === 1 && isWithin(amount, theirs.times(makeDecimal(price ?? '0')), makeDecimal('0.01'));
  return isSamePrice
    ? { kind: 'quantity', says: `${describeMore(pair)} than was recorded, at the same price`, money }
    : { kind: 'unexplained', says: 'quantity and price both differ', money };
}

function describePair(pair: Pair, outcome: Outcome, found: readonly Cause[]): Compared {
  const { theirs } = pair;
  const about = theirs.first ?? pair.ours[0];
  const others = Object.fromEntries(
    Object.entries(about?.dimensions ?? {}).filter(([, value]) => value !== undefined && value !== several),
  );
  return {
    ...{ outcome, sim: about?.sim, name: about?.name, dimensions: others, causes: found },
    invoiceLines: theirs.numbers,
    ourLines: pair.ours.map(({ id }) => id),
    ...{ theirs: theirs.amount, ours: sumOurs(pair) },
    theirQuantity: theirs.first === undefined ? undefined : theirs.quantity,
    ourQuantity: sumOurQuantity(pair),
  };
}

/** The tariffs and their hypothetical variants: records that any of them bills are compared. */
export function listComparedTariffs(tariffs: readonly Tariff[]): readonly Tariff[] {
  return tariffs.flatMap((one) => [one, ...listHypotheses(one).map(({ tariff }) => tariff)]);
}

/** What a carrier may have done differently, most likely first. The first one that fits is the cause. */
function listHypotheses(tariff: Tariff): Hypothesis[] {
  const replaceCharges = (change: (charge: Charge) => Charge): Tariff => ({
    ...tariff,
    charges: tariff.charges.map(change),
  });
  const scopes = new Set(tariff.charges.map(({ increment }) => increment.per));
  const otherScopes = increments.filter((per) => per !== 'year' && !(scopes.size === 1 && scopes.has(per)));
  const hasSteps = tariff.charges.some(({ increment }) => increment.step !== undefined);
  const segments = Math.max(0, ...tariff.charges.map(({ prices }) => prices.length));
  const was = [...scopes].join(', ');
  const hasSessions = tariff.attribution !== 'record' || scopes.has('session');
  return [
    ...(hasSteps
      ? otherScopes.map(
          (per): Hypothesis => ({
            kind: 'increment',
            says: `rounded up per ${per} instead of per ${was}`,
            tariff: replaceCharges((charge) => ({ ...charge, increment: { ...charge.increment, per } })),
          }),
        )
      : []),
    {
      kind: 'unit',
      says: `units of ${tariff.kilobyte === 1_000 ? '1,024 instead of 1,000' : '1,000 instead of 1,024'}`,
      tariff: { ...tariff, kilobyte: tariff.kilobyte === 1_000 ? 1_024 : 1_000 },
    },
    ...(segments < 2
      ? []
      : Array.from({ length: segments }, (_, index): Hypothesis => {
          const from = tariff.charges
            .map(({ prices }) => prices[index]?.from)
            .find((day) => day !== undefined);
          return {
            kind: 'price-in-time',
            says:
              from === undefined
                ? 'the first price for the whole quantity'
                : `the price from ${from} for the whole quantity`,
            tariff: replaceCharges((charge) => {
              const price = charge.prices[index] ?? charge.prices.at(-1);
              return price === undefined ? charge : { ...charge, prices: [price] };
            }),
          };
        })),
    ...tariff.charges.flatMap((other) =>
      tariff.charges.some((one) => one !== other && one.traffic === other.traffic && one.unit === other.unit)
        ? [
            {
              kind: 'price-of-other',
              says: `the price of ${other.name} instead of its own`,
              tariff: replaceCharges((charge) =>
                charge.traffic === other.traffic && charge.unit === other.unit
                  ? { ...charge, prices: other.prices, tiering: other.tiering }
                  : charge,
              ),
            } satisfies Hypothesis,
          ]
        : [],
    ),
    ...(tariff.allowances.length === 0
      ? []
      : [
          {
            kind: 'allowance',
            says: 'without the included volume',
            tariff: { ...tariff, allowances: [] },
          } as const,
        ]),
    ...(hasSteps
      ? [
          {
            kind: 'increment',
            says: 'not rounded up',
            tariff: replaceCharges((charge) => ({
              ...charge,
              increment: { ...charge.increment, step: undefined, minimum: undefined },
            })),
          } satisfies Hypothesis,
        ]
      : []),
    ...(hasSessions ? (['record', 'start', 'close'] as const) : [])
      .filter((attribution) => attribution !== tariff.attribution)
      .map(
        (attribution): Hypothesis => ({
          kind: 'attribution',
          says: `billed by the ${attribution} instead of the ${tariff.attribution}`,
          tariff: { ...tariff, attribution },
        }),
      ),
    ...(tariff.timeZone === 'UTC'
      ? []
      : [{ kind: 'time-zone', says: 'days of UTC', tariff: { ...tariff, timeZone: 'UTC' } } as const]),
  ];
}

/** A kind of cause, and its total. */
export interface CauseSum {
  readonly kind: CauseKind;
  readonly says: string;
  readonly count: number;
  readonly money: Decimal;
}

/** Sums up causes with the same text. */
export class CauseSums {
  readonly #sums = new Map<string, CauseSum>();

  add({ causes: found }: Pick<Compared, 'causes'>): void {
    for (const cause of found) {
      const { kind, money } = cause;
      const says = findCauseText(cause);
      const key = `${kind} ${says}`;
      const known = this.#sums.get(key);
      const sum = (known?.money ?? zero).plus(money);
      this.#sums.set(key, { kind, says, count: (known?.count ?? 0) + 1, money: sum });
    }
  }

  /** Largest first. */
  list(): CauseSum[] {
    return [...this.#sums.values()].sort(
      (a, b) => b.money.abs().cmp(a.money.abs()) || (a.says < b.says ? -1 : 1),
    );
  }
}

/**
 * The text of a cause that applies to all its lines. Which session is charged twice, and how much more, is stated
 * with each line.
 */
export function findCauseText({ kind, says }: Pick<Cause, 'kind' | 'says'>): string {
  if (kind === 'session-twice') return 'a session or record is charged twice';
  if (kind === 'duplicate') return lineTwice;
  if (kind === 'quantity') return says.replace(/^\S+ /, '');
  return says;
}

/** A share in percent, to one decimal; undefined if the whole is 0. */
export function findShare(part: Decimal, whole: Decimal): string | undefined {
  if (whole.eq(zero)) return undefined;
  return round(part.times(makeDecimal('100')).div(whole), 1, 'half-up').toFixed(1);
}
