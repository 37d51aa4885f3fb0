import { complete, completeWithSession, type Fullness } from '../ledger/observation.ts';
import type { Item } from './items.ts';

/** How much stored usage records and events say, and which of two says more. */

/** How much an item says. Only what another rendering may replace notes it. */
export function fullnessOf(item: Item): Fullness {
  const noted = item['fullness']?.N;
  if (noted !== undefined) return Number(noted);
  return item['usageId'] !== undefined && item['sessionId'] !== undefined ? completeWithSession : complete;
}

/** Whether an item says more than another; of two that say equally much, the words decide. */
export function outdoes(item: Item, other: Item): boolean {
  const [fullness, standing] = [fullnessOf(item), fullnessOf(other)];
  if (fullness !== standing) return fullness > standing;
  return wordsOf(item) > wordsOf(other);
}

/** An item's content as text, without the expiry, which tells when it arrived. */
function wordsOf(item: Item): string {
  const { expiresAt, ...content } = item;
  return JSON.stringify(Object.entries(content).sort(([a], [b]) => (a < b ? -1 : 1)));
}
