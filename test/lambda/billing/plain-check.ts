import type { SimRecords } from '../../../lambda/billing/sim-records.ts';
import { makePlainBill, type PlainLine } from './plain-bill.ts';
import {
  type Fraction,
  formatFraction,
  isMore,
  isZero,
  minus,
  nothing,
  plus,
  readFraction,
  sum,
  times,
} from './plain-fractions.ts';
import type { PlainTariff } from './plain-tariff.ts';

/**
 * Judges an invoice by the words of docs/bills.md, and shares no code with the comparison that it judges: every bill that a
 * carrier may have made instead is made by the slow rater, and looked at line by line.
 */

/** A line of an invoice. */
export interface PlainRow {
  readonly sim: string | undefined;
  readonly name: string;
  readonly country: string | undefined;
  /** In kilobytes, exactly as it is written; undefined if none is. */
  readonly quantity: Fraction | undefined;
  /** Digits of it that are written behind the decimal sign. */
  readonly decimals: number;
  readonly amount: Fraction;
}

/** What is said of lines about the same: `sim name country: outcome theirs ours causes`. */
export type Verdict = string;

/** What a carrier bills by instead of the tariff. */
interface Alternative {
  readonly kind: string;
  readonly tariff: PlainTariff;
}

type Charge = PlainTariff['charges'][number];

const eq = (a: Fraction, b: Fraction): boolean => isZero(minus(a, b));
const abs = (a: Fraction): Fraction => (isMore(nothing, a) ? minus(nothing, a) : a);
const isLess = (a: Fraction, b: Fraction): boolean => isMore(b, a);

/** What carriers are known to do otherwise, in the order of the page. */
export function listAlternatives(tariff: PlainTariff): Alternative[] {
  const change = (kind: string, alter: (charge: Charge) => Charge): Alternative => ({
    kind,
    tariff: { ...tariff, charges: tariff.charges.map(alter) },
  });
  const [first] = tariff.charges;
  const own = first?.increment.per;
  const isOfSessions = own === 'session' || tariff.attribution !== 'record';
  const times = Math.max(...tariff.charges.map(({ prices }) => prices.length));
  return [
    ...(['record', 'session', 'day', 'period'] as const)
      .filter((per) => per !== own)
      .map((per) => change('increment', (one) => ({ ...one, increment: { ...one.increment, per } }))),
    { kind: 'unit', tariff: { ...tariff, kilobyte: tariff.kilobyte === 1000 ? 1024 : 1000 } },
    ...(times === 1 ? [] : Array.from({ length: times }, (_, index) => index)).map((index) =>
      change('price-in-time', (one) => ({
        ...one,
        prices: one.prices.slice(Math.min(index, one.prices.length - 1)).slice(0, 1),
      })),
    ),
    ...tariff.charges.map((other) => change('price-of-other', (one) => ({ ...one, prices: other.prices }))),
    ...(tariff.allowances.length === 0 ? [] : [{ kind: 'allowance', tariff: { ...tariff, allowances: [] } }]),
    change('increment', (one) => ({ ...one, increment: { per: one.increment.per, by: one.increment.by } })),
    ...(isOfSessions ? (['record', 'start', 'close'] as const) : [])
      .filter((attribution) => attribution !== tariff.attribution)
      .map((attribution) => ({ kind: 'attribution', tariff: { ...tariff, attribution } })),
    ...(tariff.timeZone === 'UTC' ? [] : [{ kind: 'time-zone', tariff: { ...tariff, timeZone: 'UTC' } }]),
  ];
}

const nameKey = (sim: string | undefined, name: string, country: string | undefined): string =>
  `${sim ?? 'account'} ${name} ${country ?? ''}`;

const makeOurKey = ({ sim, name, usage }: PlainLine): string => nameKey(sim, name, usage?.dimensions[0]);

/** Judges rows that the tariff should explain. */
export function judgeInvoice(
  tariff: PlainTariff,
  sims: readonly SimRecords[],
  month: string,
  rows: readonly PlainRow[],
): Verdict[] {
  const bill = (by: PlainTariff) => makePlainBill(by, sims, new Map(), month).parts;
  const ours = bill(tariff);
  const alternatives = listAlternatives(tariff).map(({ kind, tariff: by }) => ({ kind, parts: bill(by) }));
  const digit: Fraction = [1n, 10n ** BigInt(tariff.rounding.decimals)];
  const keys = new Set([
    ...rows.map(({ sim, name, country }) => nameKey(sim, name, country)),
    ...ours.map(makeOurKey),
  ]);
  return [...keys].flatMap((key) => {
    const theirs = rows.filter(({ sim, name, country }) => nameKey(sim, name, country) === key);
    const own = ours.filter((line) => makeOurKey(line) === key);
    const { outcome, causes } = judge({ theirs, own, digit }, { key, rows, tariff, sims, alternatives });
    if (outcome === undefined) return [];
    const paid = formatFraction(sumAmounts(theirs));
    const texts = causes.map(([kind, money]) => `${kind} ${formatFraction(money)}`);
    return [`${key}: ${outcome} ${paid} ${formatFraction(sumAmounts(own))} ${texts.join(', ')}`];
  });
}

const sumAmounts = (lines: readonly { readonly amount: Fraction }[]): Fraction =>
  sum(lines.map(({ amount }) => amount));

interface Pair {
  readonly theirs: readonly PlainRow[];
  readonly own: readonly PlainLine[];
  readonly digit: Fraction;
}

interface JudgeContext {
  readonly key: string;
  readonly rows: readonly PlainRow[];
  readonly tariff: PlainTariff;
  readonly sims: readonly SimRecords[];
  readonly alternatives: readonly { readonly kind: string; readonly parts: readonly PlainLine[] }[];
}

interface Judgement {
  /** Undefined if there is nothing to say. */
  readonly outcome: string | undefined;
  readonly causes: readonly (readonly [kind: string, money: Fraction])[];
}

function judge(pair: Pair, about: JudgeContext): Judgement {
  const { theirs, own, digit } = pair;
  const [paid, owed] = [sumAmounts(theirs), sumAmounts(own)];
  const money = minus(paid, owed);
  const only = (outcome: string, kind: string): Judgement => ({ outcome, causes: [[kind, money]] });
  if (theirs.length === 0) {
    if (isZero(owed)) return { outcome: undefined, causes: [] };
    const isDiscount = about.tariff.discounts.some(({ name }) => name === own[0]?.name);
    return only('missing there', isDiscount ? 'discount' : 'not-billed');
  }
  if (own.length === 0) {
    const [first] = theirs;
    if (isZero(money) && isZero(sumStated(theirs) ?? nothing)) return { outcome: 'equal', causes: [] };
    const records = about.sims.find(({ sim }) => sim === first?.sim);
    const isKnown = first?.sim === undefined || (records?.usage.length ?? 0) > 0;
    return only('missing here', isKnown ? 'no-usage' : 'unknown-sim');
  }
  if (isZero(money))
    return hasSameQuantity(theirs, own)
      ? { outcome: 'equal', causes: [] }
      : { outcome: 'differs', causes: [['quantity', nothing]] };
  const single = theirs.filter((row, index) => !theirs.slice(0, index).some((other) => isCopy(row, other)));
  if (single.length < theirs.length && eq(sumAmounts(single), owed)) return only('duplicate', 'duplicate');
  const exact = sumExact(own);
  if (hasSameQuantity(theirs, own) && isLess(abs(minus(paid, exact)), digit))
    return only('rounding', 'rounding');
  if (theirs[0]?.sim === undefined) return judgeDiscount(pair, about);
  for (const { kind, parts } of about.alternatives) {
    const other = parts.filter((line) => makeOurKey(line) === about.key);
    const guessed = sumAmounts(other);
    if (other.length === 0 || eq(guessed, owed)) continue;
    if (!isLess(abs(minus(paid, sumExact(other))), digit) || !hasSameQuantity(theirs, other)) continue;
    const rest = minus(paid, guessed);
    const causes: [string, Fraction][] = [[kind, minus(guessed, owed)]];
    return { outcome: 'differs', causes: isZero(rest) ? causes : [...causes, ['rounding', rest]] };
  }
  return { outcome: 'differs', causes: [[findOther(pair), money]] };
}

/** A session twice, another price or quantity, or nothing that is known. */
function findOther({ theirs, own, digit }: Pair): string {
  const [paid, owed] = [sumAmounts(theirs), sumAmounts(own)];
  const money = minus(paid, owed);
  const stated = sumStated(theirs);
  const usage = own.flatMap((line) => line.usage ?? []);
  const recorded = sum(usage.map(({ rounded }) => rounded));
  const isTwice = usage.some(({ increments, price }) =>
    increments.some((one) => {
      if (isZero(one) || !isMore(money, nothing)) return false;
      return stated === undefined
        ? isLess(abs(minus(money, times(one, price))), digit)
        : eq(minus(stated, recorded), one);
    }),
  );
  if (isTwice) return 'session-twice';
  if (stated === undefined || usage.length === 0) return 'unexplained';
  if (hasSameQuantity(theirs, own)) return 'price';
  const prices = usage.map(({ price }) => price);
  const [price = nothing] = prices;
  const isOnePrice = prices.every((other) => eq(price, other));
  return isOnePrice && isLess(abs(minus(paid, times(stated, price))), [1n, 100n])
    ? 'quantity'
    : 'unexplained';
}

function judgeDiscount({ theirs, own, digit }: Pair, { rows, tariff }: JudgeContext): Judgement {
  const [paid, owed] = [sumAmounts(theirs), sumAmounts(own)];
  const discount = tariff.discounts.find(({ name }) => name === own[0]?.name);
  const base = sum(rows.filter(({ name }) => discount?.on.includes(name)).map(({ amount }) => amount));
  const due = minus(nothing, times(base, times(readFraction(discount?.percent ?? '0'), [1n, 100n])));
  const follows = discount !== undefined && isLess(abs(minus(paid, due)), digit);
  return { outcome: 'differs', causes: [[follows ? 'follows' : 'unexplained', minus(paid, owed)]] };
}

const sumExact = (lines: readonly PlainLine[]): Fraction =>
  sum(lines.map(({ usage, amount }) => usage?.exact ?? amount));

function sumStated(theirs: readonly PlainRow[]): Fraction | undefined {
  const stated = theirs.flatMap(({ quantity }) => (quantity === undefined ? [] : [quantity]));
  return stated.length < theirs.length ? undefined : sum(stated);
}

/** An invoice may state what was used, rounded up, or billed, with as many digits as it likes. */
function hasSameQuantity(theirs: readonly PlainRow[], own: readonly PlainLine[]): boolean {
  const stated = sumStated(theirs);
  const usage = own.flatMap((line) => line.usage ?? []);
  if (stated === undefined || usage.length === 0) return true;
  const digits = theirs.map(({ decimals }): Fraction => [1n, 10n ** BigInt(decimals)]);
  const tolerance = digits.reduce(plus, nothing);
  return (['rounded', 'used', 'billed'] as const).some((which) => {
    const ours = sum(usage.map((one) => one[which]));
    return eq(ours, stated) || isLess(abs(minus(ours, stated)), tolerance);
  });
}

function isCopy(a: PlainRow, b: PlainRow): boolean {
  const isSameQuantity =
    a.quantity === undefined || b.quantity === undefined
      ? a.quantity === b.quantity
      : eq(a.quantity, b.quantity);
  return isSameQuantity && eq(a.amount, b.amount);
}
