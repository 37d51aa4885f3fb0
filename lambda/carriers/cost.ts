import type { Carrier } from '../ledger/source.ts';

/** Carriers that write the volume, in megabytes, where others write what it costs. */
const costIsVolume: ReadonlySet<Carrier> = new Set<Carrier>(['1nce', 'telekom']);

/**
 * Whether a carrier's `cost` is an amount of money, in the currency that the record states. Where it is not, it repeats
 * the volume: it has no currency and belongs in no sum of money.
 *
 * @param carrier an item's `carrier`. Items that older versions wrote hold such a cost beside a currency.
 */
export function isCostMoney(carrier: Carrier): boolean {
  return !costIsVolume.has(carrier);
}
