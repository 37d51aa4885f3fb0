import { isCostMoney } from '../carriers/cost.ts';
import type { EventContent, UsageContent } from '../ledger/contents.ts';
import { carriers } from '../ledger/source.ts';
import type { Item } from './items.ts';
import { eventCodec, usageCodec } from './schema.ts';

/** Usage records and events as they are read: the whole content of their items, without its completeness. */

/** A usage record as it is stored. */
export type StoredUsage = UsageContent;
/** An event as it is stored. */
export type StoredEvent = EventContent;

/** The usage record that an item holds. */
export function decodeUsage(item: Item): StoredUsage {
  return omitFalseCost(requireKnownCarrier(usageCodec.decode(item)));
}

/** The event that an item holds. */
export function decodeEvent(item: Item): StoredEvent {
  return requireKnownCarrier(eventCodec.decode(item));
}

/** Removes a currency that older versions stored with a cost that is not money. */
function omitFalseCost(usage: StoredUsage): StoredUsage {
  const { carrier, cost, costVolume } = usage;
  if (isCostMoney(carrier)) return costVolume === undefined ? usage : { ...usage, costVolume: undefined };
  if (cost === undefined && usage.currency === undefined) return usage;
  return { ...usage, cost: undefined, currency: undefined, costVolume: costVolume ?? cost };
}

/**
 * The content itself, if its carrier is known.
 *
 * @throws Error if the carrier is unknown.
 */
export function requireKnownCarrier<Content extends Pick<StoredUsage, 'carrier'>>(content: Content): Content {
  if (carriers.includes(content.carrier)) return content;
  throw new Error(`An item of the ledger names the carrier ${content.carrier}`);
}
