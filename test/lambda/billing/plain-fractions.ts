/** A fraction; the denominator is above 0. */
export type Fraction = readonly [bigint, bigint];

export const nothing: Fraction = [0n, 1n];

export function readFraction(text: string | number): Fraction {
  const [whole = '', digits = ''] = String(text).split('.');
  return [BigInt(whole + digits), 10n ** BigInt(digits.length)];
}

export const plus = ([a, b]: Fraction, [c, d]: Fraction): Fraction => [a * d + c * b, b * d];
export const minus = (a: Fraction, [c, d]: Fraction): Fraction => plus(a, [-c, d]);
export const times = ([a, b]: Fraction, [c, d]: Fraction): Fraction => [a * c, b * d];
export const isMore = ([a, b]: Fraction, [c, d]: Fraction): boolean => a * d > c * b;
export const isZero = ([a]: Fraction): boolean => a === 0n;
export const smaller = (a: Fraction, b: Fraction): Fraction => (isMore(a, b) ? b : a);
export const sum = (list: readonly Fraction[]): Fraction => list.reduce(plus, nothing);

/** To the next whole multiple of a step. */
export function ceilTo(value: Fraction, step: Fraction): Fraction {
  const [n, d] = times(value, [step[1], step[0]]);
  const whole = n % d === 0n ? n / d : n / d + 1n;
  return times([whole, 1n], step);
}

/** Rounds to a number of decimals, of a value of either sign. */
export function roundTo(value: Fraction, decimals: number, mode: string): Fraction {
  const scale = 10n ** BigInt(decimals);
  const isNegative = value[0] < 0n;
  const [n, d] = times([isNegative ? -value[0] : value[0], value[1]], [scale, 1n]);
  const floor = n / d;
  const rest = (n % d) * 2n;
  const isUp =
    mode === 'up'
      ? rest > 0n
      : mode === 'down'
        ? false
        : rest > d || (rest === d && (mode === 'half-up' || floor % 2n === 1n));
  const units = isUp ? floor + 1n : floor;
  return [isNegative ? -units : units, scale];
}

/** A fraction with finitely many digits as a plain decimal. */
export function formatFraction([n, d]: Fraction): string {
  const isNegative = n < 0n;
  let rest = isNegative ? -n : n;
  const whole = rest / d;
  rest %= d;
  let digits = '';
  while (rest !== 0n) {
    rest *= 10n;
    digits += String(rest / d);
    rest %= d;
  }
  const text = digits === '' ? String(whole) : `${whole}.${digits}`;
  return isNegative && text !== '0' ? `-${text}` : text;
}
