import Big from 'big.js';

/** Exact decimals for quantities and money. Billing never divides, so nothing is rounded unless a tariff says so. */

/** An exact decimal. */
export type Decimal = Big;

/** Big.js with our own settings: it refuses numbers, which may be binary fractions. */
const Exact = Big();
Exact.strict = true;

/** @param text a decimal as `parseDecimal` returns it, or a whole number. */
export function makeDecimal(text: string | bigint): Decimal {
  return new Exact(text);
}

/** The decimal 0. */
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

/** Rounds to a number of digits after the point. */
export function round(value: Decimal, decimals: number, mode: RoundingMode): Decimal {
  return value.round(decimals, modes[mode]);
}

/** The smallest multiple of a step that is not less than a value. Neither may be negative. */
export function roundUpToStep(value: Decimal, step: Decimal): Decimal {
  const rest = value.mod(step);
  return rest.eq(zero) ? value : value.minus(rest).plus(step);
}

/** The sum; 0 of an empty list. */
export function add(values: readonly Decimal[]): Decimal {
  return values.reduce((sum, value) => sum.plus(value), zero);
}

/** The smaller of two decimals. */
export function findMin(a: Decimal, b: Decimal): Decimal {
  return a.lt(b) ? a : b;
}

/** The greater of two decimals. */
export function findMax(a: Decimal, b: Decimal): Decimal {
  return a.gt(b) ? a : b;
}

/** Formats a decimal without an exponent or trailing zeros. */
export function formatDecimal(value: Decimal): string {
  return value.toFixed();
}

/** One percent, as a fraction of 1. */
const hundredth = makeDecimal('0.01');

/** A percentage of a value, exactly. */
export function takePercent(value: Decimal, percent: Decimal): Decimal {
  return value.times(percent).times(hundredth);
}
