import { compareContents, type EventContent, type UsageContent } from '../ledger/contents.ts';
import { type Completeness, complete, completeWithSession } from '../ledger/observation.ts';
import type { Item } from './items.ts';
import { eventCodec, usageCodec } from './schema.ts';

/** How much stored usage records and events say, and which of two says more. */

/** All that {@link rankCompleteness} looks at, besides the key. */
export const completenessAttributes = ['fullness', 'sessionId'] as const;

/** How much an item says. Only what another rendering may replace notes it. */
export function rankCompleteness(item: Item): Completeness {
  const noted = item['fullness']?.N;
  if (noted !== undefined) return Number(noted);
  return item['usageId'] !== undefined && item['sessionId'] !== undefined ? completeWithSession : complete;
}

/** More than 0 if an item says more than another one, 0 if it says as much. */
export function compareCompleteness(item: Item, other: Item): number {
  return rankCompleteness(item) - rankCompleteness(other);
}

/** Whether an item of Usage or Events says more than another; of two that say equally much, the contents decide. */
export function outdoes(item: Item, other: Item): boolean {
  const order = compareCompleteness(item, other);
  return (order === 0 ? compareContents(decodeContent(item), decodeContent(other)) : order) > 0;
}

/**
 * Whether a complete statement that comes by stream takes an item's place: unless that says more, or the same. Of two that
 * are equally complete and differ, the last one stays.
 */
export function supersedes(item: Item, other: Item): boolean {
  const order = compareCompleteness(item, other);
  return order === 0 ? compareContents(decodeContent(item), decodeContent(other)) !== 0 : order > 0;
}

/** What an item says, without how full that is and when it expires. */
function decodeContent(item: Item): UsageContent | EventContent {
  return item['usageId'] === undefined ? eventCodec.decode(item) : usageCodec.decode(item);
}
