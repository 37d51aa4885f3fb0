import { type Decimal, findMax, findMin, zero } from './decimal.ts';
import type { PricedPart } from './line.ts';
import type { Charge, Price } from './tariff.ts';

/** The position of a quantity within the tiers. */
export interface TierPosition {
  /** The quantity that was billed before it. */
  readonly before: Decimal;
  /** The total billed quantity. */
  readonly total: Decimal;
}

/** Splits a billed quantity into parts by price. */
export function priceQuantity(
  { tiering }: Pick<Charge, 'tiering'>,
  { tiers }: Price,
  billed: Decimal,
  { before, total }: TierPosition,
): readonly PricedPart[] {
  if (tiering === 'volume') {
    const reached = tiers.find(({ upTo }) => upTo === undefined || total.lte(upTo)) ?? tiers.at(-1);
    return reached === undefined ? [] : [{ quantity: billed, price: reached.price }];
  }
  const end = before.plus(billed);
  let from = zero;
  const parts: PricedPart[] = [];
  for (const { upTo, price } of tiers) {
    const to = upTo ?? findMax(end, from);
    const quantity = findMin(end, to).minus(findMax(before, from));
    if (quantity.gt(zero)) parts.push({ quantity, price });
    from = to;
  }
  const [first] = tiers;
  return parts.length > 0 || first === undefined ? parts : [{ quantity: zero, price: first.price }];
}

/** The exact cost of all parts. */
export function multiplyParts(parts: readonly PricedPart[]): Decimal {
  return parts.reduce((sum, { quantity, price }) => sum.plus(quantity.times(price)), zero);
}
