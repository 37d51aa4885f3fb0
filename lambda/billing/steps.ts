import { type Decimal, findMax, makeDecimal, roundUpToStep, zero } from './decimal.ts';
import { type Charge, isDataUnit, type Measured, type Tariff, type Unit, unitPowers } from './tariff.ts';

/** Rounds quantities up to the steps of a charge. */

/** Rounds up to the next step, and to the least quantity. Zero stays zero. */
export function roundUpQuantity(
  { increment: { step, minimum } }: Pick<Charge, 'increment'>,
  used: Decimal,
): Decimal {
  if (used.eq(zero)) return zero;
  const rounded = step === undefined ? used : roundUpToStep(used, step);
  return minimum === undefined ? rounded : findMax(rounded, minimum);
}

/** Digits of a decimal that a number holds exactly. */
const maxExactDigits = 15;

/** What makes whole numbers of a quantity and a step. */
interface Factors {
  /** Of a decimal without its point. */
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
 * Counts the steps of records that are rounded up one by one: in whole numbers, which takes a tenth of the time of decimals.
 * A quantity over a step is a fraction of two whole numbers, since no carrier's decimal and no step has an end without one.
 */
export class StepCounter {
  readonly #step: Decimal;
  readonly #minimum: Decimal;
  /** What a decimal without its point, and a byte, is multiplied with; undefined where whole numbers would not be exact. */
  readonly #factors: Factors | undefined;
  /** So many steps are the least quantity, or more. */
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

  /** Adds a record. @returns false if it cannot be counted in whole numbers, and was not. */
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

  /** The sum of all that was added, in the charge's unit. */
  get rounded(): Decimal {
    return this.#step
      .times(makeDecimal(String(this.#steps)))
      .plus(this.#minimum.times(makeDecimal(String(this.#minimums))));
  }
}
