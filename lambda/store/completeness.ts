import { compareContents, type EventContent, type UsageContent } from '../ledger/contents.ts';
import { type Completeness, complete, completeWithSession } from '../ledger/observation.ts';
import type { Item } from './items.ts';
import { eventCodec, usageCodec } from './schema.ts';

/** How complete stored usage records and events are, and which of two is more complete. */

/** The attributes that {@link rankCompleteness} reads, besides the key. */
export const completenessAttributes = ['fullness', 'sessionId'] as const;

/** How complete an item is. Only items that another rendering may replace store it, as `fullness`. */
export function rankCompleteness(item: Item): Completeness {
  const noted = item['fullness']?.N;
  if (noted !== undefined) return Number(noted);
  return item['usageId'] !== undefined && item['sessionId'] !== undefined ? completeWithSession : complete;
}

/** Positive if `item` is more complete than `other`, 0 if they are equally complete, else negative. */
export function compareCompleteness(item: Item, other: Item): number {
  return rankCompleteness(item) - rankCompleteness(other);
}

/**
 * Whether an item of Usage or Events wins over another: the more complete one does; if they are equally complete, the
 * content decides.
 */
export function outdoes(item: Item, other: Item): boolean {
  const order = compareCompleteness(item, other);
  return (order === 0 ? compareContents(decodeContent(item), decodeContent(other)) : order) > 0;
}

/**
 * Whether a complete statement that arrives by stream replaces the stored item `other`: unless `other` is more complete
 * or has the same content. If both are equally complete and differ, the last one wins.
 */
export function supersedes(item: Item, other: Item): boolean {
  const order = compareCompleteness(item, other);
  return order === 0 ? compareContents(decodeContent(item), decodeContent(other)) !== 0 : order > 0;
}

/** An item's content: without its completeness and its expiry. */
function decodeContent(item: Item): UsageContent | EventContent {
  return item['usageId'] === undefined ? eventCodec.decode(item) : usageCodec.decode(item);
}
