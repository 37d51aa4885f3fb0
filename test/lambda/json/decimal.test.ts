import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isDecimal, multiplyByWhole, parseDecimal } from '../../../lambda/json/decimal.ts';
import { runs } from '../../records/runs.ts';

describe('a decimal', () => {
  it.each([
    ['0.0007410000', '0.000741'],
    ['500.000000', '500'],
    ['007', '7'],
    ['0', '0'],
    ['-0.0', '0'],
    ['+1.50', '1.5'],
    ['1.', '1'],
    ['-0.015085', '-0.015085'],
    ['1.0E-7', '0.0000001'],
    ['1.176E3', '1176'],
    ['1e35', `1${'0'.repeat(35)}`],
    [' 0.5 ', '0.5'],
    ['5e-1', '0.5'],
    ['12.5e-2', '0.125'],
    ['0e999', '0'],
    [`${'0'.repeat(255)}1`, '1'],
    [`1.${'0'.repeat(254)}`, '1'],
    [12, '12'],
    [9007199254740992, '9007199254740992'],
    [0.1, '0.1'],
    [1e-7, '0.0000001'],
    [1e21, `1${'0'.repeat(21)}`],
    [-0, '0'],
    ['9'.repeat(36), '9'.repeat(36)],
  ])('%j is %s', (value, decimal) => {
    expect(parseDecimal(value)).toBe(decimal);
  });

  it.each([
    '',
    'x',
    '1,5',
    '1.5.0',
    '1e',
    '0x10',
    'Infinity',
    Number.NaN,
    Number.POSITIVE_INFINITY,
    '1e36',
    '1e-999',
    '9'.repeat(37),
    `0.${'1'.repeat(37)}`,
    '１',
    `${'0'.repeat(256)}1`,
    `${' '.repeat(256)}1`,
  ])('is not %j', (value) => {
    expect(parseDecimal(value)).toBeUndefined();
  });
});

describe('whether a text is a decimal', () => {
  it.each([
    ['1e999', true],
    ['9'.repeat(256), true],
    [' -0.5 ', true],
    ['9'.repeat(257), false],
    ['1.5x', false],
    ['', false],
  ])('%s: %s', (text, is) => {
    expect(isDecimal(text)).toBe(is);
  });
});

describe('a decimal times a whole factor', () => {
  it.each([
    ['0.000741', 1_000_000, 741],
    ['99999999.999999', 1_000_000, 99_999_999_999_999],
    ['0.0079195', 1_000_000, 7920],
    ['-0.0079195', 1_000_000, -7920],
    ['0.0000004', 1_000_000, 0],
    ['-0.0000004', 1_000_000, 0],
    ['0.5', 1, 1],
    ['0', 1_000_000, 0],
    ['-12.5', 1_000_000, -12_500_000],
    ['999999999.999999', 1_000_000, 999_999_999_999_999],
    ['1.0005', 1000, 1001],
    ['9007199254.740991', 1_000_000, Number.MAX_SAFE_INTEGER],
    ['9007199254.740992', 1_000_000, undefined],
    ['1', 1_048_576, 1_048_576],
  ])('%s × %i is %s', (decimal, factor, product) => {
    expect(multiplyByWhole(decimal, factor)).toBe(product);
  });
});

/** An integer and the number of its digits after the point. */
const scaled = fc.record({ digits: fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), scale: fc.nat(10) });

function textOf({ digits, scale }: { digits: bigint; scale: number }): string {
  const text = (digits < 0n ? -digits : digits).toString().padStart(scale + 1, '0');
  const point = text.length - scale;
  const fraction = scale === 0 ? '' : `.${text.slice(point)}`;
  return `${digits < 0n ? '-' : ''}${text.slice(0, point)}${fraction}`;
}

describe('every decimal', () => {
  it('keeps its value, in one form', () => {
    fc.assert(
      fc.property(scaled, fc.nat(3), (value, zeros) => {
        const written = textOf(value);
        const decimal = parseDecimal(written) ?? '';
        const longer = written.includes('.') ? `${written}${'0'.repeat(zeros)}` : written;
        const [whole = '', fraction = ''] = decimal.split('.');
        expect(BigInt(whole + fraction) * 10n ** BigInt(10 - fraction.length)).toBe(
          value.digits * 10n ** BigInt(10 - value.scale),
        );
        expect([parseDecimal(decimal), parseDecimal(longer)]).toEqual([decimal, decimal]);
      }),
      runs(500),
    );
  });

  it('times a megabyte equals the product in whole numbers, rounded half away from zero', () => {
    const small = fc.record({ digits: fc.bigInt({ min: -(10n ** 14n), max: 10n ** 14n }), scale: fc.nat(8) });
    fc.assert(
      fc.property(
        fc.oneof(small, scaled),
        fc.constantFrom(1, 1000, 1_000_000, 1_048_576),
        (value, factor) => {
          const decimal = parseDecimal(textOf(value)) ?? '';
          const unit = 10n ** BigInt(value.scale);
          const product = (value.digits < 0n ? -value.digits : value.digits) * BigInt(factor);
          const rounded = ((2n * product + unit) / (2n * unit)) * (value.digits < 0n ? -1n : 1n);
          const isExact = rounded <= Number.MAX_SAFE_INTEGER && rounded >= -Number.MAX_SAFE_INTEGER;
          expect(multiplyByWhole(decimal, factor)).toBe(isExact ? Number(rounded) : undefined);
        },
      ),
      runs(3000),
    );
  });

  it('is the same however it is spelled: plainly, with an exponent or with a sign', () => {
    const digits = fc.string({ unit: fc.constantFrom(...'000123456789.'), maxLength: 40 });
    fc.assert(
      fc.property(digits, (text) => {
        const decimal = parseDecimal(text);
        expect([parseDecimal(`${text}e0`), parseDecimal(`+${text}`)]).toEqual([decimal, decimal]);
      }),
      runs(2_000),
    );
  });

  it('is the same from a JSON number and from its text', () => {
    fc.assert(
      fc.property(fc.nat(10 ** 9), fc.nat(6), (digits, scale) => {
        const text = textOf({ digits: BigInt(digits), scale });
        expect(parseDecimal(JSON.parse(text) as number)).toBe(parseDecimal(text));
      }),
      runs(300),
    );
  });
});
