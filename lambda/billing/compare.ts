import { add, type Decimal, makeDecimal, round, takePercent, zero } from './decimal.ts';
import type { InvoiceLine } from './invoice.ts';
import { type BillLine, several } from './line.ts';
import { isShared, Rater, type RatingContext, type SimBill, type SimRecords } from './rate.ts';
import { type Charge, increments, type LineDimension, type Tariff } from './tariff.ts';

/**
 * Compares an invoice with our bill, line by line. Each difference has causes whose money adds up to it. A cause is found by
 * computing the SIM again as if the carrier had done something else: where that gives the carrier's amount, it is the cause.
 */

/**
 * What a difference comes from.
 *
 * - `rounding`: less than the last digit.
 * - `duplicate`: the same line stands there more than once.
 * - `session-twice`: a session, or another increment, is counted twice.
 * - `increment`, `unit`, `price-in-time`, `price-of-other`, `allowance`, `attribution`, `time-zone`: the carrier did otherwise
 *   than the tariff says.
 * - `price`, `quantity`: the other one is the same.
 * - `unknown-sim`: the ledger has no record of the SIM.
 * - `no-usage`: the ledger knows the SIM, and nothing of this in the period.
 * - `not-billed`: it does not stand on the invoice.
 * - `discount`: a discount that does not stand there.
 * - `follows`: a discount of amounts that differ.
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
  /** Of the invoice's amount; negative where it is too low. */
  readonly money: Decimal;
}

/** How a line of an invoice stands to ours: `missing here` is only in the invoice, `missing there` only in our bill. */
export const outcomes = [
  'equal',
  'rounding',
  'differs',
  'duplicate',
  'missing here',
  'missing there',
] as const;
export type Outcome = (typeof outcomes)[number];

/** Lines of an invoice and of our bill that are about the same. */
export interface Compared {
  readonly outcome: Outcome;
  readonly sim: string | undefined;
  readonly name: string | undefined;
  readonly dimensions: Readonly<Partial<Record<LineDimension, string>>>;
  /** Numbers of the invoice's lines. */
  readonly invoiceLines: readonly number[];
  /** Ids of our lines. */
  readonly ourLines: readonly string[];
  readonly theirs: Decimal;
  readonly ours: Decimal;
  readonly theirQuantity: Decimal | undefined;
  readonly ourQuantity: Decimal | undefined;
  /** They add up to what theirs is more than ours. */
  readonly causes: readonly Cause[];
}

/** By what lines are compared, besides the SIM. */
export interface CompareBy {
  readonly hasNames: boolean;
  readonly dimensions: readonly LineDimension[];
}

/** Lines of both sides with the same key. */
interface Pair {
  readonly theirs: InvoiceLine[];
  readonly ours: BillLine[];
}

/** Something else that the carrier may have done. */
interface Hypothesis {
  readonly kind: CauseKind;
  readonly says: string;
  readonly tariff: Tariff;
}

/** What an account's lines are compared with: what no SIM has. */
export type AccountLines = readonly BillLine[];

/** Compares SIM by SIM, and the account at last. */
export class Comparison {
  readonly #context: RatingContext;
  readonly #by: CompareBy;
  /** Invoice lines about what all SIMs share, by the name of the charge. */
  readonly #shared: InvoiceLine[] = [];
  /** What stands on the invoice, by the names of charges and fees. */
  readonly #invoiced = new Map<string, Decimal>();

  /** @param context its tariffs' lines must be told apart by the same dimensions. */
  constructor(context: RatingContext, by: CompareBy) {
    this.#context = context;
    this.#by = by;
  }

  /** Compares one SIM. */
  compareSim(records: SimRecords, bill: SimBill, invoice: readonly InvoiceLine[]): Compared[] {
    this.#addInvoiced(invoice);
    const rated = invoice.filter((line) => !this.#isShared(line));
    this.#shared.push(...invoice.filter((line) => this.#isShared(line)));
    const ours = bill.lines.filter(({ amount }) => amount !== undefined);
    const pairs = this.#pair(rated, ours);
    let hypotheses: readonly { readonly hypothesis: Hypothesis; readonly bill: SimBill }[] | undefined;
    let traced: SimBill | undefined;
    const isKnown = records.usage.length > 0 || this.#context.roster.has(records.sim);
    return [...pairs.values()].flatMap((pair) => {
      const found = compareSimply(pair, { isKnown, digit: this.#findDigit(pair) });
      if (found !== undefined) return found;
      hypotheses ??= this.#tryHypotheses(records);
      traced ??= new Rater(this.#context).rate(records, true);
      return [this.#explain(pair, hypotheses, traced)];
    });
  }

  /** Compares what no SIM has: fees of the account, discounts, pools. Tax is left out on both sides. */
  compareAccount(invoice: readonly InvoiceLine[], account: AccountLines): Compared[] {
    this.#addInvoiced(invoice);
    const ours = account.filter(({ kind, amount }) => kind !== 'tax' && amount !== undefined);
    const pairs = this.#pair([...invoice, ...this.#shared], ours, false);
    return [...pairs.values()].flatMap((pair) => {
      const found = compareSimply(pair, { isKnown: true, digit: this.#findDigit(pair) });
      return found ?? [describePair(pair, 'differs', [this.#explainDiscount(pair) ?? explainRest(pair)])];
    });
  }

  #addInvoiced(invoice: readonly InvoiceLine[]): void {
    for (const { name, amount } of invoice) {
      if (name !== undefined) this.#invoiced.set(name, (this.#invoiced.get(name) ?? zero).plus(amount));
    }
  }

  /** Whether a discount is right for what stands on the invoice, where that differs. */
  #explainDiscount(pair: Pair): Cause | undefined {
    const [ours] = pair.ours;
    const tariff = this.#context.tariffs.find(({ name }) => name === ours?.tariff);
    const discount = tariff?.discounts.find(({ name }) => ours?.kind === 'discount' && name === ours.name);
    if (tariff === undefined || discount === undefined) return undefined;
    const names = [...tariff.charges, ...tariff.fees].map(({ name }) => name);
    const on = discount.on.length === 0 ? names : discount.on;
    const base = add(on.map((name) => this.#invoiced.get(name) ?? zero));
    const theirs = sumTheirs(pair);
    if (!isWithin(theirs, zero.minus(takePercent(base, discount.percent)), this.#findDigit(pair)))
      return undefined;
    const says = `the discount ${discount.name} follows from the other lines of the invoice`;
    return { kind: 'follows', says, money: theirs.minus(sumOurs(pair)) };
  }

  /** Whether our amount of an invoice's line stands in a line of the account. */
  #isShared({ name }: InvoiceLine): boolean {
    return this.#context.tariffs.some((tariff) =>
      tariff.charges.some((charge) => charge.name === name && isShared(tariff, charge)),
    );
  }

  #findDigit({ ours }: Pair): Decimal {
    const [first] = ours;
    const tariff =
      this.#context.tariffs.find(({ name }) => name === first?.tariff) ?? this.#context.tariffs[0];
    return makeDecimal(`1e-${tariff?.rounding.decimals ?? 2}`);
  }

  #pair(theirs: readonly InvoiceLine[], ours: readonly BillLine[], hasDimensions = true): Map<string, Pair> {
    const pairs = new Map<string, Pair>();
    const open = (name: string | undefined, dimensions: BillLine['dimensions']): Pair => {
      const parts = hasDimensions ? this.#by.dimensions.map((one) => dimensions[one] ?? null) : [];
      const key = JSON.stringify([this.#by.hasNames ? (name ?? null) : null, ...parts]);
      const pair = pairs.get(key) ?? { theirs: [], ours: [] };
      pairs.set(key, pair);
      return pair;
    };
    for (const line of theirs) open(line.name, line.dimensions).theirs.push(line);
    for (const line of ours) {
      // Only usage has more than the network of a fee.
      open(line.name, line.kind === 'usage' ? line.dimensions : {}).ours.push(line);
    }
    return pairs;
  }

  /** The SIM's bill under each hypothesis. */
  #tryHypotheses(records: SimRecords): { readonly hypothesis: Hypothesis; readonly bill: SimBill }[] {
    const { tariffs } = this.#context;
    return tariffs.flatMap((tariff) =>
      listHypotheses(tariff).map((hypothesis) => {
        const changed = tariffs.map((one) => (one === tariff ? hypothesis.tariff : one));
        return { hypothesis, bill: new Rater({ ...this.#context, tariffs: changed }).rate(records) };
      }),
    );
  }

  #explain(
    pair: Pair,
    hypotheses: readonly { readonly hypothesis: Hypothesis; readonly bill: SimBill }[],
    traced: SimBill,
  ): Compared {
    const theirs = sumTheirs(pair);
    const ours = sumOurs(pair);
    const digit = this.#findDigit(pair);
    const key = [...this.#pair(pair.theirs, pair.ours).keys()][0] ?? '';
    for (const { hypothesis, bill } of hypotheses) {
      const other =
        this.#pair(
          [],
          bill.lines.filter(({ amount }) => amount !== undefined),
        ).get(key)?.ours ?? [];
      const guess = { theirs: pair.theirs, ours: other };
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

/** What needs no hypothesis; undefined if something does. */
function compareSimply(
  pair: Pair,
  { isKnown, digit }: { readonly isKnown: boolean; readonly digit: Decimal },
): Compared[] | undefined {
  const theirs = sumTheirs(pair);
  const ours = sumOurs(pair);
  const difference = theirs.minus(ours);
  if (pair.theirs.length === 0) {
    if (ours.eq(zero)) return [];
    const [first] = pair.ours;
    const kind = first?.kind === 'discount' ? 'discount' : 'not-billed';
    const says =
      kind === 'discount'
        ? `the discount ${first?.name} is not given`
        : `${first?.name} does not stand on the invoice`;
    return [describePair(pair, 'missing there', [{ kind, says, money: difference }])];
  }
  if (pair.ours.length === 0) {
    const kind = isKnown ? 'no-usage' : 'unknown-sim';
    const says = isKnown
      ? 'no such usage of the SIM was recorded in the period'
      : 'no record of the SIM in the period';
    if (difference.eq(zero)) return [describePair(pair, 'equal', [])];
    return [describePair(pair, 'missing here', [{ kind, says, money: difference }])];
  }
  if (difference.eq(zero)) return [describePair(pair, 'equal', [])];
  const single = removeCopies(pair);
  if (single.theirs.length < pair.theirs.length && sumTheirs(single).eq(ours)) {
    const copies = pair.theirs.length - single.theirs.length;
    const says = `${copies} ${copies === 1 ? 'line stands' : 'lines stand'} there twice`;
    return [describePair(pair, 'duplicate', [{ kind: 'duplicate', says, money: difference }])];
  }
  const exact = add(pair.ours.map((line) => line.exact));
  if (isSameQuantity(pair) && isWithin(theirs, exact, digit)) {
    const says = 'rounding of the last digit';
    return [describePair(pair, 'rounding', [{ kind: 'rounding', says, money: difference }])];
  }
  return undefined;
}

/** Whether an amount may be a rounding of an exact one. */
function isWithin(amount: Decimal, exact: Decimal, digit: Decimal): boolean {
  return amount.minus(exact).abs().lt(digit);
}

function sumTheirs({ theirs }: Pair): Decimal {
  return add(theirs.map(({ amount }) => amount));
}

function sumOurs({ ours }: Pair): Decimal {
  return add(ours.map(({ amount }) => amount ?? zero));
}

/** What the invoice bills; undefined if a line does not say. */
function sumTheirQuantity({ theirs }: Pair): Decimal | undefined {
  const quantities = theirs.map(({ quantity }) => quantity);
  if (quantities.length === 0 || quantities.includes(undefined)) return undefined;
  return add(quantities.filter((quantity) => quantity !== undefined));
}

function sumOurQuantity({ ours }: Pair): Decimal | undefined {
  const quantities = ours.flatMap(({ quantity }) => (quantity === undefined ? [] : [quantity]));
  const [first] = quantities;
  if (first === undefined || quantities.some(({ unit }) => unit !== first.unit)) return undefined;
  return add(quantities.map(({ rounded }) => rounded));
}

/** Whether both sides have the same quantity, or one of them states none. */
function isSameQuantity(pair: Pair): boolean {
  const theirs = sumTheirQuantity(pair);
  const ours = sumOurQuantity(pair);
  return theirs === undefined || ours === undefined || theirs.eq(ours);
}

/** The pair with each line of the invoice once, of those that say the same. */
function removeCopies({ theirs, ours }: Pair): Pair {
  const seen = new Map<string, InvoiceLine>();
  for (const line of theirs) {
    const key = JSON.stringify([
      line.amount.toFixed(),
      line.quantity?.toFixed() ?? null,
      line.dimensions,
      line.day ?? null,
    ]);
    if (!seen.has(key)) seen.set(key, line);
  }
  return { theirs: [...seen.values()], ours };
}

/** An increment that is counted twice: the invoice is more by its price. */
function findTwice(pair: Pair, traced: SimBill, digit: Decimal): Cause | undefined {
  const money = sumTheirs(pair).minus(sumOurs(pair));
  const more = sumTheirQuantity(pair)?.minus(sumOurQuantity(pair) ?? zero);
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

/** What is left when no hypothesis fits. */
function explainRest(pair: Pair): Cause {
  const money = sumTheirs(pair).minus(sumOurs(pair));
  const theirs = sumTheirQuantity(pair);
  const ours = sumOurQuantity(pair);
  if (theirs === undefined || ours === undefined)
    return { kind: 'unexplained', says: 'nothing that was tried explains it', money };
  if (theirs.eq(ours))
    return { kind: 'price', says: 'the quantity is the same, the price is another', money };
  const prices = new Set(
    pair.ours.flatMap(({ quantity }) => quantity?.parts.map(({ price }) => price.toFixed()) ?? []),
  );
  const [price] = prices;
  const isSamePrice =
    prices.size === 1 &&
    isWithin(sumTheirs(pair), theirs.times(makeDecimal(price ?? '0')), makeDecimal('0.01'));
  return isSamePrice
    ? {
        kind: 'quantity',
        says: `${theirs.minus(ours).toFixed()} more than was recorded, at the same price`,
        money,
      }
    : { kind: 'unexplained', says: 'quantity and price are both others', money };
}

function describePair(pair: Pair, outcome: Outcome, found: readonly Cause[]): Compared {
  const about = pair.theirs[0] ?? pair.ours[0];
  const others = Object.fromEntries(
    Object.entries(about?.dimensions ?? {}).filter(([, value]) => value !== undefined && value !== several),
  );
  return {
    ...{ outcome, sim: about?.sim, name: about?.name, dimensions: others, causes: found },
    invoiceLines: pair.theirs.map(({ line }) => line),
    ourLines: pair.ours.map(({ id }) => id),
    ...{ theirs: sumTheirs(pair), ours: sumOurs(pair) },
    ...{ theirQuantity: sumTheirQuantity(pair), ourQuantity: sumOurQuantity(pair) },
  };
}

/** What a carrier may have done otherwise. The first that fits is the cause, so the likelier ones come first. */
function listHypotheses(tariff: Tariff): Hypothesis[] {
  const withCharges = (change: (charge: Charge) => Charge): Tariff => ({
    ...tariff,
    charges: tariff.charges.map(change),
  });
  const scopes = new Set(tariff.charges.map(({ increment }) => increment.per));
  const otherScopes = increments.filter((per) => per !== 'year' && !(scopes.size === 1 && scopes.has(per)));
  const hasSteps = tariff.charges.some(({ increment }) => increment.step !== undefined);
  const segments = Math.max(0, ...tariff.charges.map(({ prices }) => prices.length));
  const was = [...scopes].join(', ');
  return [
    ...(hasSteps
      ? otherScopes.map(
          (per): Hypothesis => ({
            kind: 'increment',
            says: `rounded up per ${per} instead of per ${was}`,
            tariff: withCharges((charge) => ({ ...charge, increment: { ...charge.increment, per } })),
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
                ? 'the first price for all of it'
                : `the price from ${from} on for all of it`,
            tariff: withCharges((charge) => {
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
              tariff: withCharges((charge) =>
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
            says: 'without what is included',
            tariff: { ...tariff, allowances: [] },
          } as const,
        ]),
    ...(hasSteps
      ? [
          {
            kind: 'increment',
            says: 'not rounded up',
            tariff: withCharges((charge) => ({
              ...charge,
              increment: { ...charge.increment, step: undefined, minimum: undefined },
            })),
          } satisfies Hypothesis,
        ]
      : []),
    ...(['record', 'start', 'close'] as const)
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

/** A kind of causes, and what it comes to. */
export interface CauseSum {
  readonly kind: CauseKind;
  readonly says: string;
  readonly count: number;
  readonly money: Decimal;
}

/** Adds causes up that say the same; the largest come first. */
export function sumCauses(compared: readonly Pick<Compared, 'causes'>[]): CauseSum[] {
  const sums = new Map<string, CauseSum>();
  for (const cause of compared.flatMap((one) => one.causes)) {
    const { kind, money } = cause;
    const text = findCauseText(cause);
    const key = `${kind} ${text}`;
    const known = sums.get(key);
    sums.set(key, {
      kind,
      says: text,
      count: (known?.count ?? 0) + 1,
      money: (known?.money ?? zero).plus(money),
    });
  }
  return [...sums.values()].sort((a, b) => b.money.abs().cmp(a.money.abs()) || (a.says < b.says ? -1 : 1));
}

/** What a cause says of all lines that have it. Which session is charged twice stands with the line. */
export function findCauseText({ kind, says }: Pick<Cause, 'kind' | 'says'>): string {
  return kind === 'session-twice' ? 'a session or record is charged twice' : says;
}

/** A share in percent, to one decimal; undefined of nothing. */
export function findShare(part: Decimal, whole: Decimal): string | undefined {
  if (whole.eq(zero)) return undefined;
  return round(part.times(makeDecimal('100')).div(whole), 1, 'half-up').toFixed(1);
}
