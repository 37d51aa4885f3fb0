import { describe, expect, test } from 'vitest';
import { makeDecimal } from '../../../lambda/billing/decimal.ts';
import { describeRows, describeTotals, makeBill, makeTariff, makeUsage, simA, simB } from './billed-usage.ts';

/** What carriers publish, each rule computed by hand. */

const kilobytes = (price: string, increment: object, others: object = {}) =>
  makeTariff({ charges: [{ name: 'data', unit: 'KB', increment, prices: [{ price }], ...others }] });

describe('emnify', () => {
  test('rounds each session up to 1 KB: 0.2 KB every two minutes costs 1 KB each time', () => {
    const tariff = kilobytes('0.01', { step: 1, per: 'session' });
    const usage = ['10:00', '10:02', '10:04'].map((time) =>
      makeUsage({ sessionId: time, volume: '0.0002', start: `2026-10-05T${time}:00.000Z` }),
    );
    expect(describeRows(makeBill([tariff], usage))).toEqual(['usage data: 3 KB, 0.03']);
  });

  test('rounds a session once, however many records it has', () => {
    const tariff = kilobytes('0.01', { step: 1, per: 'session' });
    const usage = ['0.0003', '0.0003', '0.0005'].map((volume) => makeUsage({ sessionId: 's', volume }));
    expect(describeRows(makeBill([tariff], usage))).toEqual(['usage data: 2 KB, 0.02']);
  });

  test('calls messages from the device rx, as 1NCE calls them tx', () => {
    const sms = (direction: string) =>
      makeTariff({
        charges: [{ name: 'sms', traffic: 'sms', unit: 'message', direction, prices: [{ price: '0.05' }] }],
      });
    const emnify = makeUsage({ trafficType: 'sms', messages: 3, messagesTx: 1, messagesRx: 2 });
    const nce = { ...emnify, carrier: '1nce', source: '1nce' } as const;
    const bill = (direction: string, record: typeof emnify) =>
      describeTotals(makeBill([sms(direction)], [record]));
    expect([bill('from-device', emnify), bill('to-device', emnify)]).toEqual([['0.1 EUR'], ['0.05 EUR']]);
    expect([bill('from-device', nce), bill('both', nce)]).toEqual([['0.05 EUR'], ['0.15 EUR']]);
  });
});

describe('Twilio’s Programmable Wireless', () => {
  const tariff = makeTariff({
    currency: 'USD',
    charges: [
      {
        name: 'data',
        unit: 'KB',
        increment: { step: 100, per: 'year', by: ['network'] },
        prices: [{ price: '0.001' }],
      },
    ],
  });

  test('bills blocks of 100 KB per SIM and network, which last a year', () => {
    const usage = [
      makeUsage({ volume: '0.03' }),
      makeUsage({ volume: '0.05', start: '2026-10-20T00:00:00.000Z' }),
      makeUsage({ volume: '0.001', mnc: '01' }),
    ];
    const roster = [{ activated: '2026-09-01' }];
    expect(describeTotals(makeBill([tariff], usage, { roster }))).toEqual(['0.2 USD']);
    const later = [...usage, makeUsage({ volume: '0.02', start: '2026-11-02T00:00:00.000Z' })];
    // 80 KB of the first block were used in October: 20 KB more fit into it.
    expect(describeTotals(makeBill([tariff], later, { roster, month: '2026-11' }))).toEqual(['0 USD']);
    const more = [...later, makeUsage({ volume: '0.000001', start: '2026-11-03T00:00:00.000Z' })];
    expect(describeTotals(makeBill([tariff], more, { roster, month: '2026-11' }))).toEqual(['0.1 USD']);
  });

  test('begins a new year on the anniversary of the activation', () => {
    const usage = [
      makeUsage({ volume: '0.03', start: '2026-10-14T00:00:00.000Z' }),
      makeUsage({ volume: '0.03', start: '2026-10-15T00:00:00.000Z' }),
    ];
    const roster = [{ activated: '2025-10-15' }];
    expect(describeTotals(makeBill([tariff], usage, { roster }))).toEqual(['0.2 USD']);
  });

  test('counts the usage in an opening balance', () => {
    const balances = [
      { sim: simA, name: 'data', network: '262-03', used: makeDecimal('80'), at: '2026-10-01' },
    ];
    const usage = [
      makeUsage({ volume: '0.02' }),
      // The balance has it already.
      makeUsage({ volume: '0.09', start: '2026-09-30T00:00:00.000Z' }),
    ];
    const roster = [{ activated: '2026-09-01' }];
    expect(describeTotals(makeBill([tariff], usage, { roster, balances }))).toEqual(['0 USD']);
  });
});

describe('Hologram', () => {
  const tariff = makeTariff({
    currency: 'USD',
    attribution: 'close',
    period: { kind: 'days', days: 30, from: 'activation' },
    charges: [
      { name: 'data', unit: 'KB', increment: { step: 1, per: 'session' }, prices: [{ price: '0.01' }] },
    ],
    minimum: { amount: '0.25' },
  });
  const roster = [{ activated: '2026-09-20' }];
  const usage = [
    makeUsage({ sessionId: 'one', volume: '0.02', start: '2026-10-19T23:50:00.000Z' }),
    makeUsage({ sessionId: 'two', volume: '0.1', start: '2026-10-19T23:55:00.000Z' }),
  ];
  const close = (end: string) =>
    new Map([
      [
        simA,
        [
          {
            source: 'emnify',
            sessionId: 'one',
            start: '2026-10-19T23:50:00.000Z',
            end: '2026-10-19T23:58:00.000Z',
          },
          { source: 'emnify', sessionId: 'two', start: '2026-10-19T23:55:00.000Z', end },
        ],
      ],
    ]);

  test('bills a session in the period in which it closes, and at least $0.25 per SIM', () => {
    // The period ends with 19 October. Session two closes after it: 20 KB are left, which cost $0.20.
    expect(describeRows(makeBill([tariff], usage, { roster }, close('2026-10-20T00:01:00.000Z')))).toEqual([
      'usage data: 20 KB, 0.2',
      'minimum minimum: 0.05',
    ]);
    expect(
      describeTotals(
        makeBill([tariff], usage, { roster, month: '2026-11' }, close('2026-10-20T00:01:00.000Z')),
      ),
    ).toEqual(['1 USD']);
    expect(describeTotals(makeBill([tariff], usage, { roster }, close('2026-10-19T23:59:00.000Z')))).toEqual([
      '1.2 USD',
    ]);
  });

  test('says which sessions are open, and that a SIM without an activation has no period', () => {
    const open = makeBill([tariff], usage, { roster });
    expect(open.notRated.map(({ reason, records }) => [reason, records])).toEqual([['open-session', 2]]);
    const unknown = makeBill([tariff], usage, {}, close('2026-10-19T23:59:00.000Z'));
    expect(unknown.notRated.map(({ reason, records }) => [reason, records])).toEqual([['no-activation', 2]]);
    expect(unknown.totals).toEqual([]);
  });
});

test('Soracom rounds a SIM’s month in a country up to the country’s smallest unit, in units of 1,024', () => {
  const tariff = makeTariff({
    kilobyte: 1024,
    charges: [
      {
        name: 'Germany',
        unit: 'KB',
        match: { countries: ['DE'] },
        increment: { step: 1, per: 'period' },
        prices: [{ price: '0.1' }],
      },
      {
        name: 'others',
        unit: 'KB',
        increment: { step: 10, per: 'period', by: ['country'] },
        prices: [{ price: '0.1' }],
      },
    ],
  });
  const usage = [
    // 1,025 bytes are 2 KB of 1,024.
    ...[1_000, 25].map((dataTotal) => makeUsage({ dataTotal })),
    makeUsage({ dataTotal: 1, country: 'FR' }),
    makeUsage({ dataTotal: 10_241, country: 'ES' }),
  ];
  expect(describeRows(makeBill([tariff], usage))).toEqual([
    'usage Germany: 2 KB, 0.2',
    'usage others: 30 KB, 3',
  ]);
});

test('KORE One’s period ends on the 23rd', () => {
  const tariff = makeTariff({
    period: { kind: 'month', startDay: 24 },
    charges: [{ name: 'data', prices: [{ price: '1' }] }],
  });
  const days = ['2026-09-23', '2026-09-24', '2026-10-23', '2026-10-24'];
  const usage = days.map((day, index) =>
    makeUsage({ volume: String(10 ** index), start: `${day}T12:00:00.000Z` }),
  );
  expect(describeTotals(makeBill([tariff], usage))).toEqual(['110 EUR']);
});

test('Onomondo charges a fee once per SIM, network and month, and none for a SIM without data', () => {
  const tariff = makeTariff({
    charges: [{ name: 'data', prices: [{ price: '0' }] }],
    fees: [{ name: 'access', per: 'sim-and-network', prices: [{ price: '0.4' }] }],
  });
  const usage = [
    ...['03', '03', '01'].map((mnc) => makeUsage({ volume: '0.5', mnc })),
    makeUsage({ volume: '0', sim: simB }),
  ];
  expect(describeTotals(makeBill([tariff], usage))).toEqual(['0.8 EUR']);
});

test('Eseye bills what exceeds the bundle, in bytes', () => {
  const tariff = makeTariff({
    kilobyte: 1024,
    charges: [{ name: 'data', unit: 'B', prices: [{ price: '0.00001' }] }],
    allowances: [{ name: 'bundle', charges: ['data'], quantity: 1, unit: 'KB' }],
  });
  const [row] = makeBill([tariff], [makeUsage({ dataTotal: 1_500 })]).rows;
  expect([row?.included.toFixed(), row?.billed.toFixed(), row?.exact.toFixed()]).toEqual([
    '1024',
    '476',
    '0.00476',
  ]);
});

test('1NCE’s volume lasts for the SIM’s lifetime', () => {
  const tariff = makeTariff({
    charges: [{ name: 'data', prices: [{ price: '0.02' }] }],
    allowances: [{ name: 'lifetime', charges: ['data'], quantity: 500, lasts: 'lifetime' }],
  });
  const usage = [
    makeUsage({ volume: '200', start: '2026-05-01T00:00:00.000Z' }),
    makeUsage({ volume: '250' }),
    makeUsage({ volume: '100', start: '2026-11-01T00:00:00.000Z' }),
  ];
  const bill = (month: string, used?: string) =>
    describeTotals(
      makeBill([tariff], usage, {
        month,
        balances:
          used === undefined
            ? []
            : [
                {
                  sim: simA,
                  name: 'lifetime',
                  network: undefined,
                  used: makeDecimal(used),
                  at: '2026-04-01',
                },
              ],
      }),
    );
  expect([bill('2026-10'), bill('2026-11')]).toEqual([['0 EUR'], ['1 EUR']]);
  expect(bill('2026-10', '100')).toEqual(['1 EUR']);
});

test('a pool is used up in the order of prices, even if there are more than ten', () => {
  const days = Array.from({ length: 12 }, (_, index) => index + 1);
  const date = (day: number): string => `2026-10-${String(day).padStart(2, '0')}`;
  const tariff = makeTariff({
    charges: [
      {
        name: 'data',
        unit: 'KB',
        prices: days.map((day) => ({ price: day, ...(day > 1 && { from: date(day) }) })),
      },
    ],
    allowances: [{ name: 'pool', of: 'pool', charges: ['data'], quantity: 3, unit: 'KB' }],
  });
  const usage = days.map((day) => makeUsage({ volume: '0.001', start: `${date(day)}T10:00:00.000Z` }));
  // The days from the fourth on: 4 + 5 + … + 12.
  expect(describeTotals(makeBill([tariff], usage))).toEqual(['72 EUR']);
});
