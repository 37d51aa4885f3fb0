import { expect, it } from 'vitest';
import { isCostMoney } from '../../../lambda/carriers/cost.ts';
import { carriers } from '../../../lambda/ledger/source.ts';

it('the cost of 1NCE and Telekom repeats the volume; that of the others is money', () => {
  expect(carriers.filter(isCostMoney)).toEqual(['twilio', 'kore', 'emnify']);
});
