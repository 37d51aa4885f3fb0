import { describe, expect, it } from 'vitest';
import { listComplaints } from '../../lib/complaints.ts';
import { tariff } from '../../lib/tariffs.ts';

function complaintsAbout(more: object): string[] {
  const given = { name: 'trial', currency: 'EUR', charges: [charge], ...more };
  const { error } = tariff.safeParse(given);
  return (error?.issues ?? []).flatMap((issue) => listComplaints(issue, given, 'tariff'));
}

const charge = { name: 'data', prices: [{ price: 1 }] };
const discount = { name: 'rebate', percent: 10 };

describe('a tariff', () => {
  it.each([
    { discounts: [discount, { ...discount, from: '2026-10-01' }, { ...discount, to: '2026-10-01' }] },
    { discounts: [{ ...discount, from: '2026-10-01', to: '2026-10-02' }] },
  ])('may be %j', (more) => {
    expect(complaintsAbout(more)).toEqual([]);
  });

  it.each([
    [
      { discounts: [{ ...discount, from: '2026-10-01', to: '2026-10-01' }] },
      'tariff.discounts[0].to: "2026-10-01" given; accepted is the first day without it, later than from',
    ],
    [
      {
        charges: [
          {
            ...charge,
            prices: [
              {
                tiers: [
                  { upTo: 2, price: 1 },
                  { upTo: 1, price: 1 },
                ],
              },
            ],
          },
        ],
      },
      'tariff.charges[0].prices[0].tiers: [{"upTo":2,"price":1},{"upTo":1,"price":1}] given; accepted is tiers with increasing upTo, of which only the last has none',
    ],
    [
      {
        charges: [
          {
            ...charge,
            prices: [
              { price: 1, from: '2026-02-01' },
              { price: 2, from: '2026-01-01' },
            ],
          },
        ],
      },
      'tariff.charges[0].prices: [{"price":1,"from":"2026-02-01"},{"price":2,"from":"2026-01-01"}] given; accepted is prices in order of time: all but the first have from, each later than the one before',
    ],
    [
      { discounts: [{ ...discount, on: ['nothing'] }] },
      'tariff.discounts[0].on[0]: "nothing" given; accepted is one of data',
    ],
    [
      { tax: { name: 'VAT', percent: '1e3' } },
      'tariff.tax.percent: "1e3" given; accepted is a percentage from 0 to 100, such as "19"',
    ],
    [
      { timeZone: 'Mars/Base' },
      'tariff.timeZone: "Mars/Base" given; accepted is the name of a time zone, such as UTC or Europe/Berlin',
    ],
  ])('%j is refused by key, value and what is accepted', (more, complaint) => {
    expect(complaintsAbout(more)).toEqual([complaint]);
  });
});
