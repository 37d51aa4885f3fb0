import { expect, test } from 'vitest';
import { makeDecimal } from '../../../lambda/billing/decimal.ts';
import { explainLine } from '../../../lambda/billing/explain.ts';
import type { BillLine } from '../../../lambda/billing/line.ts';
import { tariff as schema } from '../../../lib/tariffs.ts';

const tariff = schema.parse({
  name: 'example',
  currency: 'EUR',
  discounts: [{ name: 'rebate', percent: 10 }],
});
const amount = makeDecimal('-1.50');
const discount: BillLine = {
  ...{ id: 'line', tariff: 'example', currency: 'EUR', kind: 'discount', name: 'rebate' },
  period: { from: '2026-10-01', to: '2026-11-01' },
  ...{ sim: undefined, segment: undefined, dimensions: {}, quantity: undefined, exact: amount, amount },
};

test('a discount is explained by the positive amount that it saves', () => {
  expect(explainLine(discount, tariff)[0]).toEqual({
    step: 'discount',
    says: 'rebate reduces the bill by 1.5 EUR from 2026-10-01 until before 2026-11-01',
  });
});
