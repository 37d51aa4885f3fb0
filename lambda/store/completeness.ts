import { compareContents, type EventContent, type UsageContent } from '../ledger/contents.ts';
import { complete, completeWithSession, type Fullness } from '../ledger/observation.ts';
import type { Item } from './items.ts';
import { eventCodec, usageCodec } from './schema.ts';

/** How much stored usage records and events say, and which of two says more. */

/** How much an item says. Only what another rendering may replace notes it. */
export function fullnessOf(item: Item): Fullness {
  const noted = item['fullness']?.N;
  if (noted !== undefined) return Number(noted);
  return item['usageId'] !== undefined && item['sessionId'] !== undefined ? completeWithSession : complete;
}

/** Whether an item of Usage or Events says more than another; of two that say equally much, the contents decide. */
export function outdoes(item: Item, other: Item): boolean {
  const [fullness, standing] = [fullnessOf(item), fullnessOf(other)];
  if (fullness !== standing) return fullness > standing;
  return compareContents(contentOf(item), contentOf(other)) > 0;
}

/** What an item says, without how full that is and when it expires. */
function contentOf(item: Item): UsageContent | EventContent {
  return item['usageId'] === undefined ? eventCodec.decode(item) : usageCodec.decode(item);
}
