import { expect, test } from 'vitest';
import { omitFalseCost } from '../../../cli/export/formats.ts';

test('an export does not show a cost that repeats the volume as money, even in items of older versions', () => {
  const item = { sim: { S: '8988280666000000001' }, cost: { N: '0.05' }, currency: { S: 'EUR' } };
  for (const carrier of ['1nce', 'telekom']) {
    expect(omitFalseCost({ ...item, carrier: { S: carrier } })).toEqual({
      sim: item.sim,
      carrier: { S: carrier },
      costVolume: { S: '0.05' },
    });
  }
  const emnify = { ...item, carrier: { S: 'emnify' } };
  expect(omitFalseCost(emnify)).toEqual(emnify);
  const event = { sim: item.sim, carrier: { S: '1nce' } };
  expect(omitFalseCost(event)).toEqual(event);
});
