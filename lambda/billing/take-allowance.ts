import { type Decimal, findMin, zero } from './decimal.ts';
import { type Allowance, type Charge, convertUnit, type Tariff } from './tariff.ts';

/** A quantity that an allowance can be subtracted from. */
interface Reducible {
  readonly charge: Charge;
  readonly rounded: Decimal;
}

/**
 * Subtracts an allowance from quantities: charge by charge in the allowance's order, and within a charge in the given
 * order.
 *
 * @param included what is subtracted from each; updated. @returns the rest of the allowance, in its unit.
 */
export function takeAllowance<One extends Reducible>(
  { kilobyte }: Pick<Tariff, 'kilobyte'>,
  allowance: Allowance,
  available: Decimal,
  quantities: readonly One[],
  included: Map<One, Decimal>,
): Decimal {
  let left = available;
  for (const name of allowance.charges) {
    for (const one of quantities) {
      const { charge, rounded } = one;
      if (charge.name !== name) continue;
      const before = included.get(one) ?? zero;
      const taken = findMin(rounded.minus(before), convertUnit(left, allowance.unit, charge.unit, kilobyte));
      included.set(one, before.plus(taken));
      left = left.minus(convertUnit(taken, charge.unit, allowance.unit, kilobyte));
    }
  }
  return left;
}
