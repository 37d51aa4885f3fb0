import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BillSum } from '../../../lambda/billing/bill.ts';
import { MonthComparison } from '../../../lambda/billing/compare-months.ts';
import { add } from '../../../lambda/billing/decimal.ts';
import { Rater } from '../../../lambda/billing/rate.ts';
import type { BilledUsage, Tariff } from '../../../lambda/billing/tariff.ts';
import { trials } from '../../property/trials.ts';
import { makeTariff, makeUsage, simA, simB } from './billed-usage.ts';

/** The causes of the difference between October and September. */
function compare(tariffs: readonly Tariff[], usage: readonly BilledUsage[]) {
  const comparison = new MonthComparison(tariffs);
  const months = ['2026-09', '2026-10'].map((month) => {
    const context = { tariffs, month, roster: new Map(), balances: new Map() };
    return { rater: new Rater(context), sum: new BillSum(context, []) };
  });
  for (const sim of [...new Set(usage.map((one) => one.sim))].sort()) {
    const own = { sim, usage: usage.filter((one) => one.sim === sim), sessions: [] };
    const [before, after] = months.map(({ rater, sum }) => {
      const bill = rater.rate(own);
      sum.add(bill);
      return bill;
    });
    comparison.addSim(before ?? { lines: [] }, after ?? { lines: [] });
  }
  const [before, after] = months.map(({ sum }) => sum.finish());
  comparison.addAccount(before?.accountLines ?? [], after?.accountLines ?? []);
  return { compared: comparison.finish(), before, after };
}

/** Causes as texts: `volume 1.5`. */
function describeCauses(given: object, usage: readonly BilledUsage[]): string[] {
  const { compared } = compare([makeTariff(given)], usage);
  return compared.flatMap(({ causes }) => causes.map(({ cause, money }) => `${cause} ${money.toFixed()}`));
}

const data = (more: object = {}) => ({
  charges: [{ name: 'data', unit: 'MB', prices: [{ price: '2' }], ...more }],
});
const used = (day: string, volume: string, more: Partial<BilledUsage> = {}): BilledUsage =>
  makeUsage({ start: `${day}T10:00:00.000Z`, volume, ...more });

describe('two months', () => {
  test.each<[string, object, readonly BilledUsage[], readonly string[]]>([
    ['nothing', data(), [used('2026-09-05', '1'), used('2026-10-05', '1')], []],
    ['traffic', data(), [used('2026-09-05', '1'), used('2026-10-05', '2.5')], ['volume 3']],
    [
      'a SIM that came and one that went',
      data(),
      [used('2026-09-05', '1'), used('2026-10-05', '1.5', { sim: simB })],
      ['sims 1'],
    ],
    [
      'a price',
      data({ prices: [{ price: '2' }, { from: '2026-10-01', price: '3' }] }),
      [used('2026-09-05', '1'), used('2026-10-05', '1.5')],
      ['price 1.5', 'volume 1'],
    ],
    [
      'a network, at the difference of prices',
      {
        charges: [
          { name: 'home', match: { countries: ['DE'] }, unit: 'MB', prices: [{ price: '1' }] },
          { name: 'abroad', unit: 'KB', prices: [{ price: '0.005' }] },
        ],
      },
      [used('2026-09-05', '3'), used('2026-10-05', '2'), used('2026-10-06', '1.5', { country: 'FR' })],
      ['network 4', 'volume 2.5'],
    ],
    [
      'steps and an allowance',
      {
        ...data({ increment: { step: '1', per: 'record' } }),
        allowances: [{ name: 'free', charges: ['data'], quantity: '1' }],
      },
      [used('2026-09-05', '0.9'), used('2026-10-05', '2.5')],
      ['volume 3.2', 'steps 0.8'],
    ],
    [
      'tiers',
      data({ prices: [{ tiers: [{ upTo: '1', price: '2' }, { price: '1' }] }] }),
      [used('2026-09-05', '1'), used('2026-10-05', '3')],
      ['volume 4', 'tiers -2'],
    ],
    [
      'the rounding of money, fees and tax',
      {
        ...data({ prices: [{ price: '0.333' }] }),
        fees: [{ name: 'fee', per: 'account', prices: [{ price: '1' }, { from: '2026-10-01', price: '2' }] }],
        tax: { name: 'VAT', percent: '10' },
      },
      [used('2026-09-05', '1'), used('2026-10-05', '2')],
      ['fees 1', 'volume 0.333', 'tax 0.14', 'rounding 0.007'],
    ],
  ])('differ by %s', (_, given, usage, causes) => {
    expect(describeCauses(given, usage)).toEqual(causes);
  });

  test('differ by causes that add up to the difference, whatever the tariff', () => {
    const price = fc.constantFrom('0', '0.01', '0.333', '2');
    const tariff = fc.record({
      kilobyte: fc.constantFrom(1000, 1024),
      lines: fc.subarray(['country', 'network'] as const),
      rounding: fc.record({
        per: fc.constantFrom('line', 'invoice'),
        decimals: fc.constantFrom(0, 2),
      } as const),
      charges: fc
        .tuple(
          fc.constantFrom('B', 'KB', 'MB'),
          fc.constantFrom(undefined, '0.5', '10'),
          fc.constantFrom('sim', 'account'),
          fc.array(price, { minLength: 3, maxLength: 3 }),
        )
        .map(([unit, step, tierScope, [a, b, c]]) => [
          { name: 'home', match: { countries: ['DE'] }, unit, prices: [{ price: a }] },
          {
            ...{ name: 'abroad', unit, tierScope, increment: step === undefined ? {} : { step, per: 'day' } },
            prices: [{ tiers: [{ upTo: '1', price: a }, { price: b }] }, { from: '2026-10-10', price: c }],
          },
        ]),
      allowances: fc.constantFrom(
        [],
        [{ name: 'free', charges: ['home'], quantity: '1' }],
        [{ name: 'pool', charges: ['home', 'abroad'], quantity: '0.4', of: 'pool' }],
      ),
      fees: price.map((one) => [{ name: 'fee', per: 'sim', prices: [{ price: one }] }]),
      discounts: fc.constantFrom([], [{ name: 'discount', percent: '12.5' }]),
      tax: fc.constant({ name: 'VAT', percent: '19' }),
    });
    const record = fc
      .tuple(
        fc.constantFrom('2026-09-05', '2026-09-30', '2026-10-05', '2026-10-20'),
        fc.constantFrom('0.0001', '0.7', '1.25', '12'),
        fc.constantFrom('DE', 'FR', 'IT'),
        fc.constantFrom(simA, simB),
      )
      .map(([day, volume, country, sim]) => used(day, volume, { country, sim }));
    fc.assert(
      fc.property(tariff, fc.array(record, { maxLength: 8 }), (given, usage) => {
        const { compared, before, after } = compare([makeTariff(given)], usage);
        const sum = (bill: typeof before): string =>
          add((bill?.totals ?? []).map(({ amount }) => amount)).toFixed();
        const [one] = compared;
        expect(one?.before.toFixed() ?? '0').toBe(sum(before));
        expect(one?.after.toFixed() ?? '0').toBe(sum(after));
        const causes = add((one?.causes ?? []).map(({ money }) => money));
        expect(causes.toFixed()).toBe((one ? one.after.minus(one.before) : causes).toFixed());
      }),
      trials(60),
    );
  });
});
