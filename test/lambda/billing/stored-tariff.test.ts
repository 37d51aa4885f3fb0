import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { makePlain, parseStoredTariff, printTariff } from '../../../lambda/billing/stored-tariff.ts';
import { compareEntries, compareTariffs, findFirstChange } from '../../../lambda/billing/tariff-changes.ts';
import { makeTariff, readExample } from './billed-usage.ts';

const examples = readdirSync(new URL('../../../docs/tariffs', import.meta.url)).map((file) =>
  file.replace('.json', ''),
);

/** A tariff with each key that takes a decimal. */
const full = {
  charges: [
    {
      name: 'data',
      increment: { step: '0.5', minimum: '1', per: 'day' },
      prices: [{ tiers: [{ upTo: '10', price: '0.00000001' }, { price: '0.1' }] }],
    },
  ],
  allowances: [{ name: 'pool', charges: ['data'], quantity: '12.5', of: 'account' }],
  fees: [{ name: 'fee', per: 'account', prices: [{ price: '1' }, { from: '2026-11-01', price: '2' }] }],
  discounts: [{ name: 'discount', percent: '12.5', from: '2026-10-01', to: '2027-01-01' }],
  commitment: '100',
  tax: { name: 'VAT', percent: '19' },
};

describe('a stored tariff', () => {
  test.each(examples)('is read as it was put: %s', (name) => {
    expect(parseStoredTariff(printTariff(readExample(name)))).toEqual(readExample(name));
  });

  test.each([
    ['whatever it has', full],
    ['with a minimum', { minimum: { amount: '3.50' } }],
  ])('is read with exact decimals, %s', (_, given) => {
    const tariff = makeTariff(given);
    const read = parseStoredTariff(printTariff(tariff));
    expect(read).toEqual(tariff);
    expect(makePlain(read)).toEqual(makePlain(tariff));
  });

  test('in another format is refused', () => {
    expect(() => parseStoredTariff('{"form":2,"tariff":{}}')).toThrow(
      'A stored tariff has the form 2; this version reads 1. Put the tariff again',
    );
  });
});

describe('the changes of a tariff', () => {
  const tariff = makeTariff(full);
  const change = (given: object) => {
    const changes = compareTariffs(tariff, makeTariff({ ...full, ...given }));
    return [changes.map(({ path, from }) => `${path} ${from}`), findFirstChange(changes)] as const;
  };

  test('are absent for the same tariff', () => {
    expect(change({})).toEqual([[], 'never']);
  });

  test('begin with the day of a price that is new, removed or changed', () => {
    const prices = [{ price: '1' }, { from: '2026-11-01', price: '2' }];
    const fee = (list: object[]) => ({ fees: [{ name: 'fee', per: 'account', prices: list }] });
    expect(change(fee([...prices, { from: '2026-12-01', price: '3' }]))).toEqual([
      ['fees.fee.prices.2026-12-01 2026-12-01'],
      '2026-12-01',
    ]);
    expect(change(fee(prices.slice(0, 1)))).toEqual([
      ['fees.fee.prices.2026-11-01 2026-11-01'],
      '2026-11-01',
    ]);
    expect(change(fee([{ price: '1' }, { from: '2026-11-01', price: '4' }]))).toEqual([
      ['fees.fee.prices.2026-11-01.price 2026-11-01'],
      '2026-11-01',
    ]);
    expect(change(fee([{ price: '9' }, ...prices.slice(1)]))).toEqual([
      ['fees.fee.prices.first.price always'],
      'always',
    ]);
  });

  test('begin with the first day of a discount, and never for keys that affect no amount', () => {
    const discount = { name: 'discount', percent: '10', from: '2026-09-01', to: '2027-01-01' };
    expect(change({ discounts: [discount] })).toEqual([
      ['discounts.discount.from 2026-09-01', 'discounts.discount.percent 2026-09-01'],
      '2026-09-01',
    ]);
    expect(change({ facts: [{ says: 'It is so.', basis: 'assumed' }] })).toEqual([['facts never'], 'never']);
    expect(change({ kilobyte: 1024, facts: [] })).toEqual([['kilobyte always'], 'always']);
  });

  test('include the order of charges, because the first match wins', () => {
    const [data] = full.charges;
    const charges = [data, { name: 'other', prices: [{ price: 1 }] }];
    const [before, after] = [charges, charges.toReversed()].map((list) =>
      makeTariff({ ...full, charges: list }),
    );
    expect(compareTariffs(before, after)).toEqual([
      { path: 'charges', before: '["data","other"]', after: '["other","data"]', from: 'always' },
    ]);
  });

  test('of a roster count SIMs and begin with the earliest entry', () => {
    const before = new Map([
      ['a', [{ sim: 'a', from: '2026-10-05' }]],
      ['b', [{ sim: 'b', from: '2026-01-01' }]],
      ['c', [{ sim: 'c', from: undefined }]],
    ]);
    const after = new Map([
      ['a', [{ sim: 'a', from: '2026-10-06' }]],
      ['c', [{ sim: 'c' }]],
      ['d', [{ sim: 'd', from: '2026-11-01' }]],
    ]);
    expect(compareEntries(before, after)).toEqual({ added: 1, removed: 1, changed: 1, from: '2026-01-01' });
    expect(compareEntries(before, before).from).toBe('never');
    expect(compareEntries(new Map(), new Map([['e', [{ sim: 'e' }]]])).from).toBe('always');
  });
});
