import { expect, it } from 'vitest';
import { isCostMoney } from '../../../lambda/carriers/cost.ts';

it('the cost of 1NCE and Telekom repeats the volume; that of the others is money', () => {
  expect((['twilio', 'kore', 'emnify'] as const).map(isCostMoney)).toEqual([true, true, true]);
  expect((['1nce', 'telekom'] as const).map(isCostMoney)).toEqual([false, false]);
});
