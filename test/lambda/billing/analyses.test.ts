import { describe, expect, test } from 'vitest';
import { BillSum } from '../../../lambda/billing/bill.ts';
import { makeDecimal } from '../../../lambda/billing/decimal.ts';
import { type FocusRow, FocusRows } from '../../../lambda/billing/focus.ts';
import { findMismatches } from '../../../lambda/billing/mismatches.ts';
import { Rater, type RatingContext } from '../../../lambda/billing/rate.ts';
import { SavingsSum } from '../../../lambda/billing/savings.ts';
import type { SimRecords } from '../../../lambda/billing/sim-records.ts';
import type { Tariff } from '../../../lambda/billing/tariff.ts';
import { makeTariff, makeUsage, simA, simB } from './billed-usage.ts';

function makeContext(...tariffs: readonly Tariff[]): RatingContext {
  return { tariffs, month: '2026-10', roster: new Map(), balances: new Map() };
}

const cheapPerByte = makeTariff({
  ...{ name: 'by volume', match: { carriers: ['emnify'] } },
  charges: [{ name: 'data', prices: [{ price: '1' }] }],
});
const flat = makeTariff({
  ...{ name: 'flat', match: { carriers: ['1nce'] } },
  charges: [{ name: 'data', prices: [{ price: '0' }] }],
  fees: [{ name: 'SIM', per: 'sim', prices: [{ price: '3' }] }],
});

function makeSim(sim: string, volume: string): SimRecords {
  return { sim, sessions: [], usage: [makeUsage({ sim, volume, dataTotal: 1 })] };
}

describe('savings', () => {
  test('state what everything would cost in each tariff, and each SIM in its cheapest', () => {
    const sum = new SavingsSum(makeContext(cheapPerByte, flat));
    for (const one of [makeSim(simA, '2'), makeSim(simB, '10')]) sum.add(one);
    const { sims, now, tariffs, mixed } = sum.finish();
    expect([sims, now[0]?.amount.toFixed(), mixed[0]?.amount.toFixed()]).toEqual([2, '12', '5']);
    expect(tariffs.map(({ tariff, amount, cheapestFor }) => [tariff, amount.toFixed(), cheapestFor])).toEqual(
      [
        ['by volume', '12', 1],
        ['flat', '6', 1],
      ],
    );
  });

  test('leave out usage that no tariff matches, and count usage without a price', () => {
    const french = makeTariff({
      name: 'French',
      charges: [{ name: 'data', match: { countries: ['FR'] }, prices: [{ price: '1' }] }],
    });
    const sum = new SavingsSum(makeContext(flat, french));
    sum.add({ ...makeSim(simA, '2'), usage: [makeUsage({ carrier: '1nce', volume: '2' })] });
    const { tariffs } = sum.finish();
    expect(tariffs.map(({ tariff, notRated, cheapestFor }) => [tariff, notRated, cheapestFor])).toEqual([
      ['flat', 0, 1],
      ['French', 1, 0],
    ]);
    const none = new SavingsSum(makeContext(flat));
    none.add(makeSim(simA, '2'));
    expect(none.finish()).toMatchObject({ sims: 0, now: [] });
  });

  test('mix no tariffs in which SIMs share something', () => {
    const pooled = makeTariff({
      name: 'pooled',
      charges: cheapPerByte.charges.map(() => ({
        name: 'data',
        tierScope: 'account',
        prices: [{ price: '1' }],
      })),
    });
    const sum = new SavingsSum(makeContext(cheapPerByte, pooled));
    sum.add(makeSim(simA, '2'));
    const { mixed, tariffs } = sum.finish();
    expect([mixed, tariffs.map(({ cheapestFor }) => cheapestFor)]).toEqual([[], [1, undefined]]);
  });
});

describe('a SIM has a mismatch', () => {
  const rules = { tariffs: [flat], month: '2026-10', silentDays: 20 };
  const find = (records: SimRecords, invoiced?: string) => {
    const rater = new Rater(makeContext({ ...flat, match: { ...flat.match, carriers: [] } }));
    const billed = {
      hasInvoice: invoiced !== undefined,
      invoiced: invoiced === '' || invoiced === undefined ? undefined : makeDecimal(invoiced),
    };
    return findMismatches(records, rater.rate(records), billed, rules).map(({ kind, says, amount }) => [
      kind,
      says,
      amount?.toFixed(),
    ]);
  };
  const of = (...usage: SimRecords['usage']): SimRecords => ({ sim: simA, sessions: [], usage });

  test('if it is billed and silent', () => {
    const early = makeUsage({ dataTotal: 5, start: '2026-10-11T23:59:59.000Z' });
    expect(find(of(early))).toEqual([['silent', 'no usage after 2026-10-11', '3']]);
    expect(find(of({ ...early, start: '2026-10-12T00:00:00.000Z' }))).toEqual([]);
    expect(find(of(), '3')).toEqual([['silent', 'no usage in 20 days', '3']]);
  });

  test('if it was used and is not billed', () => {
    const used = makeUsage({ dataTotal: 5, start: '2026-10-20T00:00:00.000Z' });
    expect(find(of(used), '')).toEqual([
      ['not-billed', '5 bytes in the month, and the invoice does not name it', undefined],
    ]);
    expect(find(of(used), '3')).toEqual([]);
  });

  test('if its records name several tariffs', () => {
    const usage = ['A', 'B', 'A'].map((tariff) =>
      makeUsage({ dataTotal: 1, tariff, start: '2026-10-20T00:00:00.000Z' }),
    );
    expect(find(of(...usage))).toEqual([['several-tariffs', 'A, B', undefined]]);
  });

  test('if a session lasts longer than the tariff allows', () => {
    const end = '2026-10-20T00:00:00.000Z';
    const usage = makeUsage({ dataTotal: 1, sessionId: 's', start: end, end });
    const session = (start: string) => ({
      ...of(usage),
      sessions: [{ source: 'emnify', sessionId: 's', start, end }],
    });
    expect(find(session('2026-10-13T00:00:00.000Z'))).toEqual([]);
    expect(find(session('2026-10-12T23:00:00.000Z'))).toEqual([
      ['long-session', 'session s: 7.0 days instead of 7', undefined],
    ]);
  });
});

describe('FOCUS', () => {
  const tariff = makeTariff({
    ...{ kilobyte: 1024, timeZone: 'Europe/Berlin', match: { carriers: ['emnify'] } },
    charges: [
      { name: 'data', unit: 'KB', increment: { step: 1, per: 'record' }, prices: [{ price: '0.013' }] },
      {
        name: 'sms',
        traffic: 'sms',
        unit: 'message',
        prices: [{ tiers: [{ upTo: 1, price: '0.1' }, { price: '0.2' }] }],
      },
    ],
    fees: [{ name: 'SIM', per: 'sim', prices: [{ price: '0.5' }] }],
    discounts: [{ name: 'rebate', percent: 10 }],
    commitment: '20',
    tax: { name: 'VAT', percent: 19 },
  });
  const context = makeContext(tariff);
  const bill = new Rater(context).rate({
    sim: simA,
    sessions: [],
    usage: [makeUsage({ dataTotal: 3_000 }), makeUsage({ trafficType: 'sms', messages: 3 })],
  });
  const sum = new BillSum(context, []);
  sum.add(bill);
  const finished = sum.finish();
  const rows = new FocusRows([tariff], '839921');
  const made = [...bill.lines, ...finished.accountLines].flatMap((line) => rows.make(line) ?? []);

  test('has the bill’s total, in UTC, by categories', () => {
    const total = made.reduce(
      (all, { BilledCost: cost }) => all.plus(makeDecimal(cost ?? '')),
      makeDecimal('0'),
    );
    expect(total.toFixed()).toBe(finished.totals[0]?.amount.toFixed());
    expect(
      made.map(
        ({ x_Charge: name, ChargeCategory: category, BilledCost: cost }) => `${name} ${category} ${cost}`,
      ),
    ).toEqual([
      ...['data Usage 0.04', 'sms Usage 0.5', 'SIM Purchase 0.5', 'rebate Credit -0.1'],
      ...['commitment Adjustment 19.06', 'VAT Tax 3.8'],
    ]);
    expect(
      new Set(made.map(({ BillingPeriodStart: start, BillingPeriodEnd: end }) => `${start} ${end}`)),
    ).toEqual(new Set(['2026-09-30T22:00:00Z 2026-10-31T23:00:00Z']));
  });

  test('keeps the rules of the specification about quantities and costs', () => {
    const multiply = (row: FocusRow): string =>
      makeDecimal(row.PricingQuantity ?? '')
        .times(makeDecimal(row.ContractedUnitPrice ?? ''))
        .toFixed();
    for (const row of made) {
      const { ChargeCategory: category, PricingQuantity: quantity, ConsumedQuantity: consumed } = row;
      const isPriced = category === 'Usage' || category === 'Purchase';
      expect([quantity !== null, row.PricingUnit !== null]).toEqual([isPriced, isPriced]);
      expect([consumed !== null, row.ConsumedUnit !== null]).toEqual([
        category === 'Usage',
        category === 'Usage',
      ]);
      if (row.ContractedUnitPrice !== null) expect(multiply(row)).toBe(row.ContractedCost);
      else expect(row.ContractedCost).toBe(row.BilledCost);
      expect(row.ChargeFrequency === 'Usage-Based' && category === 'Purchase').toBe(false);
      expect(Object.values(row)).not.toContain('');
      for (const name of [
        'BilledCost',
        'BillingAccountId',
        'BillingCurrency',
        'EffectiveCost',
        'ListCost',
        'ProviderName',
      ] as const)
        expect(row[name]).not.toBeNull();
    }
    expect(made.map(({ PricingUnit: unit }) => unit)).toEqual(['KiB', 'Messages', 'SIMs', null, null, null]);
  });
});
