import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDecimal } from '../../../lambda/json/decimal.ts';
import { DecimalSum } from '../../../lambda/json/decimal-sum.ts';
import { runs } from '../../records/runs.ts';

const fractionDigits = 40;

/** A decimal and its value in units of 10^-40. */
const decimal = fc
  .record({
    units: fc.oneof(
      fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }),
      fc.bigInt({ min: -(10n ** 36n), max: 10n ** 36n }),
    ),
    scale: fc.nat(fractionDigits),
  })
  .map(({ units, scale }) => {
    const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, '0');
    const point = digits.length - scale;
    const text = `${units < 0n ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`;
    return { value: parseDecimal(text), units: units * 10n ** BigInt(fractionDigits - scale) };
  })
  .filter(({ value }) => value !== undefined);

const whole = fc
  .oneof(fc.maxSafeInteger(), fc.constantFrom(Number.MAX_SAFE_INTEGER, 0, 1))
  .map((value) => ({ value, units: BigInt(value) * 10n ** BigInt(fractionDigits) }));

/** The value of a text, digit by digit. */
function readUnits(text: string): bigint {
  const [whole = '', fraction = ''] = text.replace('-', '').split('.');
  const units = BigInt(`${whole}${fraction.padEnd(fractionDigits, '0')}`);
  return text.startsWith('-') ? -units : units;
}

describe('the sum of decimals', () => {
  it('is exact for any number of digits, and in any order', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(decimal, whole), { maxLength: 12 }), (addends) => {
        const sums = [addends, addends.toReversed()].map((list) => {
          const sum = new DecimalSum();
          for (const { value } of list) sum.add(value ?? 0);
          return sum.toString();
        });
        const expected = addends.reduce((total, { units }) => total + units, 0n);
        expect(sums.map(readUnits)).toEqual([expected, expected]);
        expect(sums[0]).toMatch(/^(?:0|-?(?:[1-9]\d*|0(?=\.))(?:\.\d*[1-9])?)$/);
      }),
      runs(1_000),
    );
  });

  it.each([
    ['999999999999999', 20, '19999999999999980'],
    ['99999999999.9999', 101, '10099999999999.9899'],
    ['-9999999999.9999', 101, '-1009999999999.9899'],
  ])('is exact when the sum of short decimals, %s, exceeds a number', (decimal, times, expected) => {
    const sum = new DecimalSum();
    for (let time = 0; time < times; time += 1) sum.add(decimal);
    expect(sum.toString()).toBe(expected);
    // A finer one takes those along that came before.
    sum.add('0.000001');
    sum.add('-0.000001');
    expect(sum.toString()).toBe(expected);
  });

  it('continues after it was read', () => {
    const sum = new DecimalSum();
    sum.add('0.1');
    expect(sum.toString()).toBe('0.1');
    sum.add(2);
    sum.add('-0.05');
    expect(sum.toString()).toBe('2.05');
  });

  it.each([0.1, Number.NaN, 2 ** 53])('refuses the number %s, which may not be exact', (value) => {
    expect(() => new DecimalSum().add(value)).toThrow(
      `${value} is not an exact whole number: add decimals as text`,
    );
  });
});
