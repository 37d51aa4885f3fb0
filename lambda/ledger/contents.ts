import { type Attribute, event, listAttributes, readAttribute, usage } from './attributes.ts';
import type { LedgerEvent, Scalar, Usage } from './observation.ts';

/** The content of a usage record, without its completeness. */
export type UsageContent = Omit<Usage, 'completeness'>;

/** The content of an event, without its completeness and its time of arrival. */
export type EventContent = Omit<LedgerEvent, 'completeness' | 'arrivedAt'>;

const usageAttributes = sortByName(listAttributes(usage));
const eventAttributes = sortByName(listAttributes(event));

function sortByName(attributes: readonly Attribute[]): readonly Attribute[] {
  return attributes.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Orders two equally complete statements about one usage record or event: more than 0 if the first one wins, 0 if
 * their contents are equal.
 *
 * This is the only comparison of contents, so the same statement wins whether both are in a batch, one is stored, or
 * both are.
 */
export function compareContents<Content extends UsageContent | EventContent>(a: Content, b: Content): number {
  for (const attribute of 'usageId' in a ? usageAttributes : eventAttributes) {
    const order = compareValues(readAttribute(a, attribute), readAttribute(b, attribute));
    if (order !== 0) return order;
  }
  return 0;
}

/** An absent value comes before any other; values are ordered by their JSON. */
function compareValues(a: Scalar | undefined, b: Scalar | undefined): number {
  if (a === b) return 0;
  if (a === undefined) return 1;
  if (b === undefined) return -1;
  return JSON.stringify(String(a)) < JSON.stringify(String(b)) ? -1 : 1;
}
