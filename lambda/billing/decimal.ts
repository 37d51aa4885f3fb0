import Big from 'big.js';

/**
 * Exact decimals: quantities and money. Nothing that is billed is divided, so that nothing is rounded but
 * where a tariff says so.
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

/** Rounds to so many digits after the point. */
export function round(value: Decimal, decimals: number, mode: RoundingMode): Decimal {
  return value.round(decimals, modes[mode]);
}

/** The least multiple of a step that is not less than a value; neither is negative. */
export function roundUpToStep(value: Decimal, step: Decimal): Decimal {
  const rest = value.mod(step);
  return rest.eq(zero) ? value : value.minus(rest).plus(step);
}

/** The sum; zero of none. */
export function add(values: readonly Decimal[]): Decimal {
  return values.reduce((sum, value) => sum.plus(value), zero);
}

/** The lesser of two. */
export function findMin(a: Decimal, b: Decimal): Decimal {
  return a.lt(b) ? a : b;
}

/** The greater of two. */
export function findMax(a: Decimal, b: Decimal): Decimal {
  return a.gt(b) ? a : b;
}

/** As plain text, without an exponent and without zeros at the end. */
export function formatDecimal(value: Decimal): string {
  return value.toFixed();
}

/** Part of 1 that a percentage is. */
const hundredth = makeDecimal('0.01');

/** So many percent of a value, exactly. */
export function takePercent(value: Decimal, percent: Decimal): Decimal {
  return value.times(percent).times(hundredth);
}
