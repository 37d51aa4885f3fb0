import { type Attribute, event, listAttributes, readAttribute, usage } from './attributes.ts';
import type { LedgerEvent, Scalar, Usage } from './observation.ts';

/** What a usage record says, however complete the statement is. */
export type UsageContent = Omit<Usage, 'completeness'>;

/** What an event says, however complete the statement is and its time of arrival. */
export type EventContent = Omit<LedgerEvent, 'completeness' | 'arrivedAt'>;

const usageAttributes = sortByName(listAttributes(usage));
const eventAttributes = sortByName(listAttributes(event));

function sortByName(attributes: readonly Attribute[]): readonly Attribute[] {
  return attributes.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Orders two statements about one usage record or event that say equally much: more than 0 where the first one stands, 0
 * where their contents are the same.
 *
 * This is the only comparison of contents: of two statements the same one stands whether they meet within a batch, one
 * of them is stored, or both are.
 */
export function compareContents<Content extends UsageContent | EventContent>(a: Content, b: Content): number {
  for (const attribute of 'usageId' in a ? usageAttributes : eventAttributes) {
    const order = compareValues(readAttribute(a, attribute), readAttribute(b, attribute));
    if (order !== 0) return order;
  }
  return 0;
}

/** Nothing stands before something; values are ordered as the JSON of their texts. */
function compareValues(a: Scalar | undefined, b: Scalar | undefined): number {
  if (a === b) return 0;
  if (a === undefined) return 1;
  if (b === undefined) return -1;
  return JSON.stringify(String(a)) < JSON.stringify(String(b)) ? -1 : 1;
}
