import { type Carrier, carrierTraits } from '../ledger/source.ts';

/**
 * Whether a carrier's `cost` is money, in the currency that the record states. Otherwise it repeats the volume: it
 * has no currency, and must not be summed up as money.
 *
 * @param carrier an item's `carrier`. Items of older versions have such a cost together with a currency.
 */
export function isCostMoney(carrier: Carrier): boolean {
  return carrierTraits[carrier].cost === 'money';
}
