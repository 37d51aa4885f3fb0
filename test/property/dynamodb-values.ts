/** Numbers as DynamoDB keeps them: decimals of up to 38 digits between 1E-130 and 9.9…E+125. */

const spelling = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;

/** Most numbers are these already. */
const plainInteger = /^(?:0|[1-9]\d{0,17})$/;

const maxDigits = 38;
const leastExponent = -130;
const maxExponent = 125;

interface Decimal {
  readonly negative: boolean;
  /** Significant digits, without zeros at either end; empty for zero. */
  readonly digits: string;
  /** Power of ten of the first digit. */
  readonly exponent: number;
}

/** @returns undefined if the text is not a number that DynamoDB accepts. */
function decimalOf(text: string): Decimal | undefined {
  const [match, sign, whole = '', fraction = '', power = '0'] = spelling.exec(text) ?? [];
  if (match === undefined || whole + fraction === '') return undefined;
  const all = whole + fraction;
  const leading = all.length - all.replace(/^0+/, '').length;
  const digits = all.slice(leading).replace(/0+$/, '');
  if (digits === '') return { negative: false, digits, exponent: 0 };
  const exponent = whole.length - 1 - leading + Number(power);
  if (digits.length > maxDigits || exponent < leastExponent || exponent > maxExponent) return undefined;
  return { negative: sign === '-', digits, exponent };
}

/** A number in the one spelling in which DynamoDB returns it; undefined where it takes none such. */
export function normalNumber(text: string): string | undefined {
  if (plainInteger.test(text)) return text;
  const decimal = decimalOf(text);
  if (decimal === undefined) return undefined;
  const { negative, digits, exponent } = decimal;
  if (digits === '') return '0';
  const point = exponent + 1;
  const plain =
    point <= 0
      ? `0.${'0'.repeat(-point)}${digits}`
      : point >= digits.length
        ? digits.padEnd(point, '0')
        : `${digits.slice(0, point)}.${digits.slice(point)}`;
  return negative ? `-${plain}` : plain;
}

/** Orders two numbers that {@link normalNumber} takes, exactly. */
export function compareNumbers(left: string, right: string): number {
  if (plainInteger.test(left) && plainInteger.test(right)) {
    return left.length - right.length || order(left, right);
  }
  const a = decimalOf(left);
  const b = decimalOf(right);
  if (a === undefined || b === undefined) return Number.NaN;
  const signs = signOf(a) - signOf(b);
  if (signs !== 0) return signs;
  const sizes = a.exponent - b.exponent || order(a.digits, b.digits);
  return a.negative ? 0 - sizes : sizes;
}

/** Bytes that a number takes: one for two digits, and one; a sign takes one more. */
export function numberBytes(text: string): number {
  const { negative, digits } = decimalOf(text) ?? { negative: false, digits: '' };
  return Math.ceil(digits.length / 2) + 1 + (negative ? 1 : 0);
}

function signOf({ negative, digits }: Decimal): number {
  if (digits === '') return 0;
  return negative ? -1 : 1;
}

/** Digits behind a common point: as text, the missing ones being zeros. */
function order(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
