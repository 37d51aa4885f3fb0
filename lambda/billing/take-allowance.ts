import { type Decimal, findMin, zero } from './decimal.ts';
import { type Allowance, type Charge, convertUnit, type Tariff } from './tariff.ts';

/** What lines are drawn from: the quantities that an allowance is taken off. */
interface Reducible {
  readonly charge: Charge;
  readonly rounded: Decimal;
}

/**
 * Takes an allowance off quantities: charge by charge in the allowance's order, and within a charge in the order given.
 *
 * @param included what is taken off each; it is added to.
 * @returns what is left of the allowance, in its unit.
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
