import Big from 'big.js';

/**
 * Exact decimals: quantities and money. Nothing is divided, so that nothing is rounded but where a tariff says so.
 */

/** An exact decimal. */
export type Decimal = Big;

/** A library of our own settings: numbers, which may be binary fractions, are refused. */
const Exact = Big();
Exact.strict = true;

/** @param text a decimal as `parseDecimal` returns it, or a whole number. */
export function makeDecimal(text: string | bigint): Decimal {
  return new Exact(text);
}

export const zero: Decimal = makeDecimal('0');

/** How money is rounded: half away from zero, half to the even digit, always up, or always down. */
export const roundingModes = ['half-up', 'half-even', 'up', 'down'] as const;
export type RoundingMode = (typeof roundingModes)[number];

const modes = {
  'half-up': Exact.roundHalfUp,
  'half-even': Exact.roundHalfEven,
  up: Exact.roundUp,
  down: Exact.roundDown,
} as const;

export function round(value: Decimal, decimals: number, mode: RoundingMode): Decimal {
  return value.round(decimals, modes[mode]);
}

/** The least multiple of a step that is not less than a value; neither is negative. */
export function roundUpToStep(value: Decimal, step: Decimal): Decimal {
  const rest = value.mod(step);
  return rest.eq(zero) ? value : value.minus(rest).plus(step);
}

export function add(values: readonly Decimal[]): Decimal {
  return values.reduce((sum, value) => sum.plus(value), zero);
}

export function min(a: Decimal, b: Decimal): Decimal {
  return a.lt(b) ? a : b;
}

export function max(a: Decimal, b: Decimal): Decimal {
  return a.gt(b) ? a : b;
}

/** As plain text, without an exponent and without zeros at the end. */
export function formatDecimal(value: Decimal): string {
  return value.toFixed();
}

/** Part of 1 that a percentage is. */
const hundredth = makeDecimal('0.01');

export function takePercent(value: Decimal, percent: Decimal): Decimal {
  return value.times(percent).times(hundredth);
}

/**
 * Divides an amount into parts that add up to it, in proportion to weights: each part is cut to its last digit, and the
 * units that are left go to the parts that lost most. Of equal losses, the first ones get them.
 *
 * @param amount a multiple of 10^-decimals, not negative.
 * @param weights not negative. If all are 0, the first part has all.
 */
export function divideByLargestRemainder(
  amount: Decimal,
  weights: readonly Decimal[],
  decimals: number,
): Decimal[] {
  const total = add(weights);
  if (total.eq(zero)) return weights.map((_, index) => (index === 0 ? amount : zero));
  // Whole numbers of the weights' smallest unit, and of the amount's last digit.
  const places = Math.max(0, ...weights.map((weight) => weight.c.length - 1 - weight.e));
  const scaled = weights.map((weight) => toUnits(weight, places));
  const totalUnits = toUnits(total, places);
  const units = toUnits(amount, decimals);
  const parts = scaled.map((weight, index) => ({
    index,
    units: (units * weight) / totalUnits,
    lost: (units * weight) % totalUnits,
  }));
  const left = Number(units - parts.reduce((sum, part) => sum + part.units, 0n));
  const favoured = new Set(
    parts
      .toSorted((a, b) => (a.lost === b.lost ? a.index - b.index : a.lost > b.lost ? -1 : 1))
      .slice(0, left)
      .map(({ index }) => index),
  );
  return parts.map((part) =>
    makeDecimal(`${part.units + (favoured.has(part.index) ? 1n : 0n)}e-${decimals}`),
  );
}

/** A decimal as a whole number of 10^-places; further digits are cut off. */
function toUnits(value: Decimal, places: number): bigint {
  return BigInt(
    value
      .times(makeDecimal(`1e${places}`))
      .round(0, Exact.roundDown)
      .toFixed(),
  );
}
