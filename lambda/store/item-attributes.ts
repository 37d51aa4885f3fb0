import type { Item } from './codec.ts';

/** Reads single attributes, where a codec of the whole item is not needed: keys, and what lists are filtered by. */

/** A text that every item of its kind has, such as a key; `''` if this one does not have it. */
export function readText(item: Item, name: string): string {
  return item[name]?.S ?? '';
}

/** A number that an item has once something was counted; 0 until then. */
export function readNumber(item: Item, name: string): number {
  return Number(item[name]?.N ?? 0);
}
