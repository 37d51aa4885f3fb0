import type { Group, Stated } from './observation.ts';

/** Registers: the latest statement of a group wins, whatever the order in which the statements come. */

/**
 * The later of two statements.
 *
 * Two statements of one moment that differ are ordered by their content, so that the winner is the same whichever
 * comes first: a greater number before a smaller one, so that of two running totals the greater stands.
 */
export function later<G extends Group>(
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

/** Groups are seldom compared that are not equal, and to see that takes no order. */
function isSame(a: Group, b: Group): boolean {
  for (const name in a) if (a[name] !== b[name]) return false;
  for (const name in b) if (a[name] !== b[name]) return false;
  return true;
}

/** Nothing before something, numbers by size, texts letter by letter. The values of one name are of one type. */
function compareValues(a: Group[string], b: Group[string]): number {
  if (a === b) return 0;
  if (a === undefined) return -1;
  if (b === undefined) return 1;
  return a < b ? -1 : 1;
}
