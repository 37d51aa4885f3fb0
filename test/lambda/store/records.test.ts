import { expect, it } from 'vitest';
import { encodeUsageItem } from '../../../lambda/store/items.ts';
import { decodeUsage } from '../../../lambda/store/records.ts';
import { minute, usageAt } from './observations.ts';

it.each([
  ['1nce', { cost: undefined, currency: undefined, costVolume: '0.05' }],
  ['telekom', { cost: undefined, currency: undefined, costVolume: '0.05' }],
  ['emnify', { cost: '0.05', currency: 'EUR', costVolume: undefined }],
] as const)(
  'a cost that an older version stored of %s is money only where the carrier’s cost is',
  (carrier, cost) => {
    const older = encodeUsageItem(
      usageAt(minute(0), 's', '1', { carrier, cost: '0.05', currency: 'EUR' }),
      true,
    );
    const { cost: amount, currency, costVolume } = decodeUsage(older);
    expect({ cost: amount, currency, costVolume }).toEqual(cost);
  },
);

it('a cost that is a volume is read as it was stored', () => {
  const usage = usageAt(minute(0), 's', '1', { carrier: '1nce', costVolume: '0.050000000000000001' });
  const { completeness, ...stored } = usage;
  expect(decodeUsage(encodeUsageItem(usage, true))).toEqual(stored);
});

it.each([
  ['1nce', { currency: 'EUR' }, { cost: undefined, currency: undefined, costVolume: undefined }],
  ['1nce', { cost: '0.1', costVolume: '0.2' }, { cost: undefined, currency: undefined, costVolume: '0.2' }],
  ['1nce', {}, { cost: undefined, currency: undefined, costVolume: undefined }],
  ['emnify', { cost: '0.1', costVolume: '0.2' }, { cost: '0.1', currency: undefined, costVolume: undefined }],
] as const)('of %s, an item with %j states the cost %j', (carrier, stated, expected) => {
  const { cost, currency, costVolume } = decodeUsage(
    encodeUsageItem(usageAt(minute(0), 's', '1', { carrier, ...stated }), true),
  );
  expect({ cost, currency, costVolume }).toEqual(expected);
});

it('an item of an unknown carrier is an error that names it', () => {
  const item = { ...encodeUsageItem(usageAt(minute(0), 's', '1'), true), carrier: { S: 'acme' } };
  expect(() => decodeUsage(item)).toThrow('acme');
});
