import type { Group, Stated } from './observation.ts';

/** Registers: the latest statement of a group wins, in any order of arrival. */

/**
 * The later of two statements.
 *
 * Two different statements with the same time are ordered by content, so that the winner does not depend on the order
 * of arrival: the greater number wins, and therefore the greater running total.
 */
export function chooseLater<G extends Group>(
  a: Stated<G> | undefined,
  b: Stated<G> | undefined,
): Stated<G> | undefined {
  if (a === undefined) return b;
  if (b === undefined) return a;
  if (a.at !== b.at) return a.at > b.at ? a : b;
  return compareGroups(a.group, b.group) >= 0 ? a : b;
}

/** Whether two statements are the same, time included. */
export function sameStatement(a: Stated | undefined, b: Stated | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.at === b.at && compareGroups(a.group, b.group) === 0;
}

/** A total order on the contents of one kind of group; 0 means equal. */
export function compareGroups(a: Group, b: Group): number {
  if (a === b || isSame(a, b)) return 0;
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
  for (const name of names) {
    const order = compareValues(a[name], b[name]);
    if (order !== 0) return order;
  }
  return 0;
}

/** Shortcut: most compared groups are equal, which needs no ordering. */
function isSame(a: Group, b: Group): boolean {
  for (const name in a) if (a[name] !== b[name]) return false;
  for (const name in b) if (a[name] !== b[name]) return false;
  return true;
}

/**
 * An absent value comes first; numbers are ordered by size, texts by code unit. All values of a name have the same
 * type.
 */
function compareValues(a: Group[string], b: Group[string]): number {
  if (a === b) return 0;
  if (a === undefined) return -1;
  if (b === undefined) return 1;
  return a < b ? -1 : 1;
}
