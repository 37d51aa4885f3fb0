import { type Decimal, findMax, makeDecimal, roundUpToStep, zero } from './decimal.ts';
import { type Charge, isDataUnit, type Measured, type Tariff, type Unit, unitPowers } from './tariff.ts';

/** Rounds quantities up to the steps of a charge. */

/** Rounds up to the next step and to the minimum quantity. 0 stays 0. */
export function roundUpQuantity(
  { increment: { step, minimum } }: Pick<Charge, 'increment'>,
  used: Decimal,
): Decimal {
  if (used.eq(zero)) return zero;
  const rounded = step === undefined ? used : roundUpToStep(used, step);
  return minimum === undefined ? rounded : findMax(rounded, minimum);
}

/** Number of decimal digits that a number holds exactly. */
const maxExactDigits = 15;

/** The factors that make a quantity and a step whole numbers. */
interface Factors {
  /** For a decimal without its point. */
  readonly decimal: number;
  readonly bytes: number;
  readonly divisor: number;
}

/** @returns undefined if whole numbers would not be exact. */
function findFactors(step: Decimal, unit: Unit, kilobyte: Tariff['kilobyte']): Factors | undefined {
  const [whole = '', fraction = ''] = step.toFixed().split('.');
  const scale = 10 ** fraction.length;
  const factors = {
    decimal: (isDataUnit(unit) ? kilobyte ** unitPowers.MB : 1) * scale,
    bytes: scale,
    divisor: (isDataUnit(unit) ? kilobyte ** unitPowers[unit] : 1) * Number(whole + fraction),
  };
  return Object.values(factors).every(Number.isSafeInteger) ? factors : undefined;
}

/**
 * Counts the steps of records that are rounded up individually, in whole numbers: that takes a tenth of the time of
 * decimals. A quantity divided by a step is a fraction of two whole numbers, because every carrier's decimal and
 * every step is finite.
 */
export class StepCounter {
  readonly #step: Decimal;
  readonly #minimum: Decimal;
  /** Factors for a decimal without its point, and for a byte; undefined if whole numbers would not be exact. */
  readonly #factors: Factors | undefined;
  /** The number of steps that reaches the minimum quantity. */
  readonly #minimumSteps: number;
  #steps = 0;
  #minimums = 0;

  constructor(
    { increment: { step, minimum }, unit }: Pick<Charge, 'increment' | 'unit'>,
    kilobyte: Tariff['kilobyte'],
  ) {
    this.#step = step ?? zero;
    this.#minimum = minimum ?? zero;
    this.#factors = step === undefined ? undefined : findFactors(step, unit, kilobyte);
    this.#minimumSteps =
      step === undefined || minimum === undefined
        ? 0
        : Number(roundUpToStep(minimum, step).div(step).toFixed());
  }

  /** Adds a record. @returns false if it was not counted, because whole numbers would not be exact. */
  add({ decimal, bytes }: Measured): boolean {
    if (this.#factors === undefined) return false;
    const { decimal: decimalFactor, bytes: bytesFactor, divisor } = this.#factors;
    let numerator: number;
    let denominator = divisor;
    if (decimal === undefined) numerator = (bytes ?? 0) * bytesFactor;
    else {
      if (bytes !== undefined || decimal.length > maxExactDigits) return false;
      const point = decimal.indexOf('.');
      if (point === -1) numerator = Number(decimal) * decimalFactor;
      else {
        numerator = Number(decimal.slice(0, point) + decimal.slice(point + 1)) * decimalFactor;
        denominator *= 10 ** (decimal.length - point - 1);
      }
    }
    if (!(numerator >= 0 && numerator <= Number.MAX_SAFE_INTEGER && denominator <= Number.MAX_SAFE_INTEGER))
      return false;
    const rest = numerator % denominator;
    const steps = (numerator - rest) / denominator + (rest === 0 ? 0 : 1);
    const sum = this.#steps + steps;
    if (sum > Number.MAX_SAFE_INTEGER) return false;
    if (steps > 0 && steps < this.#minimumSteps) this.#minimums += 1;
    else this.#steps = sum;
    return true;
  }

  /** The sum of everything that was added, in the charge's unit. */
  get rounded(): Decimal {
    return this.#step
      .times(makeDecimal(String(this.#steps)))
      .plus(this.#minimum.times(makeDecimal(String(this.#minimums))));
  }
}
