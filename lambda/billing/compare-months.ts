import { type Day, shiftDay } from '../days/day.ts';
import { type Decimal, findMin, makeDecimal, zero } from './decimal.ts';
import { addLineAmounts, type BillLine, type LineKind } from './line.ts';
import { multiplyParts, priceQuantity } from './price.ts';
import type { SimBill } from './sim-bill.ts';
import { type Charge, convertUnit, findPriceIndex, isDataUnit, type Tariff, type Unit } from './tariff.ts';

/**
 * Why a month costs more or less than another one. Each amount is split among causes without a division, so that the
 * causes add up to the difference exactly:
 *
 * amount = used x price + steps x price - included x price + tiers + price change + rounding
 */

/**
 * - `sims`: the total cost of SIMs that are in only one of the months.
 * - `tariff`: the same for a tariff that a SIM has in only one of them.
 * - `price`: prices that differ from those on the last day of the earlier month, for the billed quantity.
 * - `network`: traffic that moved to another country, network, zone or charge, at the difference of their prices.
 * - `volume`: more or less traffic.
 * - `steps`: rounding quantities up.
 * - `included`: what allowances and pools cover.
 * - `tiers`: tiers other than the first.
 * - `rounding`: rounding of money.
 */
export const monthCauses = [
  ...(['sims', 'tariff', 'price', 'network', 'volume', 'steps', 'included', 'tiers', 'rounding'] as const),
  ...(['minimum', 'fees', 'discount', 'commitment', 'tax', 'carrier'] as const),
] as const;
export type MonthCause = (typeof monthCauses)[number];

/** The causes of the difference between amounts in one currency. */
export interface CurrencyComparison {
  readonly currency: string | undefined;
  readonly before: Decimal;
  readonly after: Decimal;
  /** Causes that are not 0. They add up to the difference. */
  readonly causes: readonly { readonly cause: MonthCause; readonly money: Decimal }[];
}

/** The cause of each kind of line that is not usage. */
const kindCauses: Readonly<Record<Exclude<LineKind, 'usage'>, MonthCause>> = {
  rounding: 'rounding',
  minimum: 'minimum',
  fee: 'fees',
  discount: 'discount',
  commitment: 'commitment',
  tax: 'tax',
  carrier: 'carrier',
};

interface Sums {
  before: Decimal;
  after: Decimal;
  readonly causes: Map<MonthCause, Decimal>;
}

/** Compares the bills of two months, SIM by SIM, and then the account's lines. */
export class MonthComparison {
  readonly #tariffs: readonly Tariff[];
  readonly #sums = new Map<string | undefined, Sums>();

  constructor(tariffs: readonly Tariff[]) {
    this.#tariffs = tariffs;
  }

  /** Adds a SIM with its bill of each month. */
  addSim(before: Pick<SimBill, 'lines'>, after: Pick<SimBill, 'lines'>): void {
    const isInBoth = before.lines.length > 0 && after.lines.length > 0;
    this.#add(before.lines, after.lines, isInBoth ? 'tariff' : 'sims');
  }

  /** Adds the account's lines. Must be called once. */
  addAccount(before: readonly BillLine[], after: readonly BillLine[]): void {
    this.#add(before, after, undefined);
  }

  /** The causes by currency, in order of currency; within each, the largest first. */
  finish(): readonly CurrencyComparison[] {
    return [...this.#sums]
      .sort(([a], [b]) => ((a ?? '') < (b ?? '') ? -1 : 1))
      .map(([currency, { before, after, causes }]) => ({
        ...{ currency, before, after },
        causes: [...causes]
          .filter(([, money]) => !money.eq(zero))
          .map(([cause, money]) => ({ cause, money }))
          .sort((a, b) => b.money.abs().cmp(a.money.abs()) || (a.cause < b.cause ? -1 : 1)),
      }));
  }

  /**
   * @param alone the cause of what only one of the months has of a tariff; undefined to split it like everything
   *   else.
   */
  #add(before: readonly BillLine[], after: readonly BillLine[], alone: MonthCause | undefined): void {
    for (const name of new Set([...before, ...after].map(({ tariff }) => tariff))) {
      const [old, now] = [before, after].map((lines) => lines.filter(({ tariff }) => tariff === name));
      if (old === undefined || now === undefined) continue;
      const sums = this.#open([...old, ...now][0]?.currency);
      for (const line of old) sums.before = sums.before.plus(line.amount ?? zero);
      for (const line of now) sums.after = sums.after.plus(line.amount ?? zero);
      if (alone !== undefined && (old.length === 0 || now.length === 0)) {
        addCause(sums, alone, addLineAmounts(now).minus(addLineAmounts(old)));
        continue;
      }
      for (const line of [
        ...old.map((one) => ({ ...one, sign: minusOne })),
        ...now.map((one) => ({ ...one, sign: plusOne })),
      ]) {
        const { kind, amount = zero, sign } = line;
        if (kind !== 'usage') addCause(sums, kindCauses[kind], amount.times(sign));
      }
      const tariff = this.#tariffs.find((given) => given.name === name);
      if (tariff !== undefined) divideUsage(tariff, pickUsage(old), pickUsage(now), sums);
    }
  }

  #open(currency: string | undefined): Sums {
    const known = this.#sums.get(currency);
    if (known !== undefined) return known;
    const sums = { before: zero, after: zero, causes: new Map() };
    this.#sums.set(currency, sums);
    return sums;
  }
}

const plusOne = makeDecimal('1');
const minusOne = makeDecimal('-1');

/** Usage whose line holds the amount, so not what all SIMs share. */
interface UsageLine extends BillLine {
  readonly quantity: NonNullable<BillLine['quantity']>;
  readonly amount: Decimal;
}

function pickUsage(lines: readonly BillLine[]): UsageLine[] {
  return lines.filter(
    (line): line is UsageLine =>
      line.kind === 'usage' && line.quantity !== undefined && line.amount !== undefined,
  );
}

function addCause({ causes }: Pick<Sums, 'causes'>, cause: MonthCause, money: Decimal): void {
  causes.set(cause, (causes.get(cause) ?? zero).plus(money));
}

/** Traffic of one place: the increase since the earlier month, and the price. */
interface Place {
  readonly key: string;
  /** Bytes, messages, or units of the carrier. */
  more: Decimal;
  /** Per byte, message, or unit of the carrier. */
  readonly price: Decimal;
}

/** Splits the difference in usage of a SIM in a tariff, or of what all SIMs share in it. */
function divideUsage(
  tariff: Tariff,
  before: readonly UsageLine[],
  after: readonly UsageLine[],
  sums: Pick<Sums, 'causes'>,
): void {
  const day = findReferenceDay(before, after);
  if (day === undefined) return;
  const places = new Map<Unit, Map<string, Place>>();
  for (const charge of tariff.charges) {
    const price = charge.prices[findPriceIndex(charge.prices, day)];
    const flat = price?.tiers[0]?.price;
    if (price === undefined || flat === undefined) continue;
    for (const [lines, sign] of [
      [before, minusOne],
      [after, plusOne],
    ] as const) {
      const own = lines.filter(({ name }) => name === charge.name);
      const addTo = (cause: MonthCause, money: Decimal): void => addCause(sums, cause, money.times(sign));
      for (const { line, repriced } of repriceLines(charge, price, own)) {
        const { used, rounded, included, billed } = line.quantity;
        addTo('rounding', line.amount.minus(line.exact));
        addTo('price', line.exact.minus(repriced));
        addTo('tiers', repriced.minus(billed.times(flat)));
        addTo('steps', rounded.minus(used).times(flat));
        addTo('included', zero.minus(included.times(flat)));
        addToPlace(places, { tariff, charge, flat, line, more: used.times(sign) });
      }
    }
  }
  for (const some of places.values()) divideVolume([...some.values()], sums);
}

/** The last day of the earlier month, whose prices are the reference. */
function findReferenceDay(before: readonly UsageLine[], after: readonly UsageLine[]): Day | undefined {
  const last = before
    .map(({ period }) => period.to)
    .sort()
    .at(-1);
  const end = last ?? after.map(({ period }) => period.from).sort()[0];
  return end === undefined ? undefined : shiftDay(end, -1);
}

/** What lines of a charge would cost at one price, period by period. */
function repriceLines(
  charge: Charge,
  price: Charge['prices'][number],
  lines: readonly UsageLine[],
): { readonly line: UsageLine; readonly repriced: Decimal }[] {
  const totals = new Map<Day, Decimal>();
  for (const { period, quantity } of lines)
    totals.set(period.from, (totals.get(period.from) ?? zero).plus(quantity.billed));
  const begun = new Map<Day, Decimal>();
  return lines.map((line) => {
    const { billed } = line.quantity;
    const { from } = line.period;
    const before = begun.get(from) ?? zero;
    begun.set(from, before.plus(billed));
    const parts = priceQuantity(charge, price, billed, { before, total: totals.get(from) ?? zero });
    return { line, repriced: multiplyParts(parts) };
  });
}

function addToPlace(
  places: Map<Unit, Map<string, Place>>,
  {
    tariff,
    charge,
    flat,
    line,
    more,
  }: {
    readonly tariff: Tariff;
    readonly charge: Charge;
    readonly flat: Decimal;
    readonly line: UsageLine;
    readonly more: Decimal;
  },
): void {
  const { unit } = charge;
  // Traffic of one kind may move between charges with different units.
  const base = isDataUnit(unit) ? 'B' : unit;
  const some = places.get(base) ?? new Map<string, Place>();
  places.set(base, some);
  const { country, network, zone } = line.dimensions;
  const key = JSON.stringify([charge.name, country ?? null, network ?? null, zone ?? null]);
  // The price of a byte is that of a unit divided by the unit's bytes, which is a finite decimal.
  const price = flat.times(convertUnit(plusOne, base, unit, tariff.kilobyte));
  const place = some.get(key) ?? { key, more: zero, price };
  some.set(key, place);
  place.more = place.more.plus(convertUnit(more, unit, base, tariff.kilobyte));
}

/**
 * Splits the change into what moved from places with less traffic to places with more, in the order of their keys,
 * and the change of the total.
 */
function divideVolume(places: readonly Place[], sums: Pick<Sums, 'causes'>): void {
  const sorted = places.toSorted((a, b) => (a.key < b.key ? -1 : 1));
  const grown = sorted.filter(({ more }) => more.gt(zero));
  const shrunk = sorted.filter(({ more }) => more.lt(zero));
  let at = 0;
  for (const to of grown) {
    for (let from = shrunk[at]; from !== undefined && to.more.gt(zero); from = shrunk[at]) {
      const moved = findMin(to.more, zero.minus(from.more));
      addCause(sums, 'network', moved.times(to.price.minus(from.price)));
      to.more = to.more.minus(moved);
      from.more = from.more.plus(moved);
      if (from.more.eq(zero)) at += 1;
    }
  }
  for (const { more, price } of sorted) addCause(sums, 'volume', more.times(price));
}
