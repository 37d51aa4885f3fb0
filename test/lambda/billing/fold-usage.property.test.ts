import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BillSum } from '../../../lambda/billing/bill.ts';
import { addUpCarrierCost } from '../../../lambda/billing/carrier-cost.ts';
import { foldUsage, isFoldable } from '../../../lambda/billing/fold-usage.ts';
import { Rater } from '../../../lambda/billing/rate.ts';
import type { SimBill } from '../../../lambda/billing/sim-bill.ts';
import { makePlain } from '../../../lambda/billing/stored-tariff.ts';
import type { BilledUsage } from '../../../lambda/billing/tariff.ts';
import { findDay } from '../../../lambda/days/day.ts';
import { trials } from '../../property/trials.ts';
import { makeTariff, makeUsage, readExample } from './billed-usage.ts';

const month = '2026-10';

const record = fc
  .record({
    day: fc.constantFrom('2026-09-30', '2026-10-01', '2026-10-14', '2026-10-31', '2026-11-01'),
    hour: fc.integer({ min: 10, max: 23 }),
    trafficType: fc.constantFrom('data', 'data', 'sms', 'voice'),
    volume: fc.constantFrom(undefined, '0', '0.000001', '0.7', '12'),
    dataTotal: fc.constantFrom(0, 1, 70_000),
    messages: fc.constantFrom(undefined, 0, 3),
    messagesTx: fc.constantFrom(undefined, 0, 2),
    cost: fc.constantFrom(undefined, '0.011'),
    currency: fc.constantFrom('EUR', 'USD'),
    country: fc.constantFrom(undefined, 'DE', 'FR'),
    mnc: fc.constantFrom('01', '02'),
    rateZone: fc.constantFrom(undefined, 'zone'),
    sessionId: fc.constantFrom(undefined, 's'),
  })
  .map(({ day, hour, ...one }) => makeUsage({ ...one, start: `${day}T${hour}:00:00.000Z` }));

const tariff = fc
  .record({
    period: fc.constantFrom({ kind: 'month', startDay: 1 }, { kind: 'month', startDay: 16 }),
    kilobyte: fc.constantFrom(1000, 1024),
    lines: fc.subarray(['country', 'network', 'zone', 'day'] as const),
    increment: fc.constantFrom(
      {},
      { per: 'session' },
      { step: '0.5', per: 'day', by: ['country'] },
      { step: '1', minimum: '2', per: 'period' },
    ),
    minimum: fc.constantFrom(undefined, { amount: '1', of: 'data' }),
  })
  .map(({ increment, minimum, ...others }) =>
    makeTariff({
      ...others,
      ...(minimum !== undefined && { minimum }),
      charges: [
        { name: 'home', match: { countries: ['DE'] }, increment, prices: [{ price: '0.3' }] },
        {
          name: 'data',
          unit: 'KB',
          increment,
          prices: [{ price: '0.01' }, { from: '2026-10-14', price: '0.02' }],
        },
        {
          name: 'sent',
          traffic: 'sms',
          direction: 'from-device',
          unit: 'message',
          prices: [{ price: '0.1' }],
        },
        { name: 'sms', traffic: 'sms', unit: 'message', prices: [{ price: '0.2' }] },
      ],
      allowances: [{ name: 'free', charges: ['home', 'data'], quantity: '0.1' }],
      fees: [{ name: 'network', per: 'sim-and-network', prices: [{ price: '1' }] }],
    }),
  );

/** Usage as the walk through the lake adds it up: day by day. */
function foldDays(usage: readonly BilledUsage[]): BilledUsage[] {
  const days = [...new Set(usage.map(({ start }) => findDay(start)))].sort();
  return days.flatMap((day) => {
    const rows = usage.filter(({ start }) => findDay(start) === day);
    // A SIM's rows may be in two groups of rows.
    const half = Math.floor(rows.length / 2);
    return [...foldUsage(day, rows.slice(0, half)), ...foldUsage(day, rows.slice(half))];
  });
}

describe('usage that is summed up by day', () => {
  test('gives the same bill, line by line', () => {
    fc.assert(
      fc.property(tariff, fc.array(record, { maxLength: 12 }), (given, usage) => {
        expect(isFoldable([given])).toBe(true);
        const context = { tariffs: [given], month, roster: new Map(), balances: new Map() };
        const rate = (some: readonly BilledUsage[]) => {
          const bill = new Rater(context).rate({ sim: usage[0]?.sim ?? '', usage: some, sessions: [] });
          return describeBill(bill, new BillSum(context, []));
        };
        expect(rate(foldDays(usage))).toEqual(rate(usage));
      }),
      trials(60),
    );
  });

  test('gives the same cost of the carrier', () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 12 }), (usage) => {
        const context = { tariffs: [], month };
        const rate = (some: readonly BilledUsage[]) =>
          describeBill(
            addUpCarrierCost({ sim: usage[0]?.sim ?? '', usage: some, sessions: [] }, month),
            new BillSum(context, []),
          );
        expect(rate(foldDays(usage))).toEqual(rate(usage));
      }),
      trials(50),
    );
  });

  test.each<[string, object, boolean]>([
    ['steps by day', { charges: [{ increment: { step: 1, per: 'day' } }] }, true],
    ['nothing that is rounded up by session', { charges: [{ increment: { per: 'session' } }] }, true],
    ['steps by session', { charges: [{ increment: { step: 1, per: 'session' } }] }, false],
    ['a least quantity by record', { charges: [{ increment: { minimum: 1, per: 'record' } }] }, false],
    [
      'steps told apart by session',
      { charges: [{ increment: { step: 1, per: 'day', by: ['session'] } }] },
      false,
    ],
    ['lines of sessions', { lines: ['session'] }, false],
    ['another time zone', { timeZone: 'Europe/Berlin' }, false],
    ['sessions billed at their end', { attribution: 'close' }, false],
  ])(
    'is enough for a tariff with %s: %o',
    (_, { charges = [], ...given }: { charges?: object[] }, isEnough) => {
      const named = charges.map((one) => ({ name: 'data', prices: [{ price: 1 }], ...one }));
      expect(isFoldable([makeTariff({ ...given, charges: named })])).toBe(isEnough);
    },
  );

  test('is enough for the examples of Twilio and KORE', () => {
    expect(
      ['twilio', 'kore', 'emnify', '1nce', 'telekom'].filter((name) => isFoldable([readExample(name)])),
    ).toEqual(['twilio', 'kore']);
  });
});

/** Lines and what is not rated, without single records. */
function describeBill(bill: SimBill, sum: BillSum): unknown {
  sum.add(bill);
  const { lines, active } = bill;
  return makePlain({ lines, active: active.map(({ period }) => period), ...sum.part });
}
