/** Number of decimal digits that a number holds exactly. */
const maxExactDigits = 15;

/**
 * The exact sum of decimals with any number of digits before and after the point.
 *
 * Whole numbers, which most bytes and messages are, and short decimals are added as numbers while that is exact.
 */
export class DecimalSum {
  /** Whole numbers that are not in `#units` yet. */
  #whole = 0;
  /** Units that are not in `#units` yet. */
  #recent = 0;
  /** The sum of the rest, in units of 10^-scale. */
  #units = 0n;
  #scale = 0;

  /**
   * Adds a decimal as `parseDecimal` returns it, or a whole number.
   *
   * @throws RangeError if a number is not whole, or too large to be exact.
   */
  add(value: string | number): void {
    if (typeof value === 'string') this.#addText(value);
    else if (Number.isSafeInteger(value)) this.#addWhole(value);
    else throw new RangeError(`${value} is not an exact whole number: add decimals as text`);
  }

  #addWhole(value: number): void {
    const sum = this.#whole + value;
    if (Number.isSafeInteger(sum)) {
      this.#whole = sum;
      return;
    }
    this.#flush();
    this.#whole = value;
  }

  #addText(decimal: string): void {
    const point = decimal.indexOf('.');
    const scale = point === -1 ? 0 : decimal.length - point - 1;
    this.#rescale(scale);
    // The sign of "-0.5" applies to all its digits.
    const digits = point === -1 ? decimal : decimal.slice(0, point) + decimal.slice(point + 1);
    const units = digits + '0'.repeat(this.#scale - scale);
    if (units.length > maxExactDigits) this.#units += BigInt(units);
    else this.#addUnits(Number(units));
  }

  #addUnits(units: number): void {
    const sum = this.#recent + units;
    if (Number.isSafeInteger(sum)) {
      this.#recent = sum;
      return;
    }
    this.#units += BigInt(this.#recent);
    this.#recent = units;
  }

  #rescale(scale: number): void {
    if (scale <= this.#scale) return;
    this.#units += BigInt(this.#recent);
    this.#recent = 0;
    this.#units *= 10n ** BigInt(scale - this.#scale);
    this.#scale = scale;
  }

  #flush(): void {
    this.#units += BigInt(this.#whole) * 10n ** BigInt(this.#scale) + BigInt(this.#recent);
    this.#whole = 0;
    this.#recent = 0;
  }

  /** The sum in the canonical form of `parseDecimal`: no exponent, no leading or trailing zeros. */
  toString(): string {
    this.#flush();
    const isNegative = this.#units < 0n;
    const digits = (isNegative ? -this.#units : this.#units).toString().padStart(this.#scale + 1, '0');
    const point = digits.length - this.#scale;
    const fraction = digits.slice(point).replace(/0+$/, '');
    const text = fraction === '' ? digits.slice(0, point) : `${digits.slice(0, point)}.${fraction}`;
    return isNegative ? `-${text}` : text;
  }
}
