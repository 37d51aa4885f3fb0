import { type Carrier, carrierTraits } from '../ledger/source.ts';

/**
 * Whether a carrier's `cost` is an amount of money, in the currency that the record states. If not, it repeats the
 * volume: it has no currency and must not be added up as money.
 *
 * @param carrier an item's `carrier`. Items that older versions wrote hold such a cost beside a currency.
 */
export function isCostMoney(carrier: Carrier): boolean {
  return carrierTraits[carrier].cost === 'money';
}
