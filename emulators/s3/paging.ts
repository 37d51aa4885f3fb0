import { compareKeys } from './key-order.ts';

/** Which page of a list to make. */
export interface PageRequest<T extends object> {
  /** All keys, in order. */
  readonly keys: readonly string[];
  /** A key's item; undefined if the list must not show the key. */
  readonly readItem: (key: string) => T | undefined;
  readonly prefix: string;
  /** Keys that are the same up to its first occurrence after the prefix become one entry. Empty for no grouping. */
  readonly delimiter: string;
  /** The key, or common prefix, after which the page begins. */
  readonly after: string | undefined;
  /** The most entries: items and common prefixes together. */
  readonly limit: number;
}

/** A page of a list. */
export interface Page<T extends object> {
  readonly items: readonly T[];
  readonly commonPrefixes: readonly string[];
  /** Whether there are more entries. */
  readonly truncated: boolean;
  /** Key or common prefix of the last entry. */
  readonly last: string | undefined;
}

interface Entry<T extends object> {
  /** The key, or the common prefix that replaces it. */
  readonly name: string;
  /** Undefined for a common prefix. */
  readonly item?: T;
}

/** Makes a page of a list, by the rules that all lists of S3 share. */
export function makePage<T extends object>(request: PageRequest<T>): Page<T> {
  const page = {
    items: [] as T[],
    commonPrefixes: [] as string[],
    truncated: false,
    last: undefined as string | undefined,
  };
  if (request.limit === 0) return page;
  for (const { name, item } of listEntries(request)) {
    if (page.items.length + page.commonPrefixes.length === request.limit) return { ...page, truncated: true };
    if (item === undefined) page.commonPrefixes.push(name);
    else page.items.push(item);
    page.last = name;
  }
  return page;
}

function* listEntries<T extends object>(request: PageRequest<T>): Generator<Entry<T>, void> {
  const { keys, prefix, after, readItem } = request;
  let rolledUp = after;
  for (let index = findFirstIndex(request); index < keys.length; index++) {
    const key = keys[index]!;
    if (!key.startsWith(prefix)) return;
    const commonPrefix = findCommonPrefix(key, request);
    if (commonPrefix !== undefined && commonPrefix === rolledUp) continue;
    const item = readItem(key);
    if (item === undefined) continue;
    if (commonPrefix === undefined) yield { name: key, item };
    else {
      rolledUp = commonPrefix;
      yield { name: commonPrefix };
    }
  }
}

function findCommonPrefix(
  key: string,
  { prefix, delimiter }: { prefix: string; delimiter: string },
): string | undefined {
  const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
  return end < 0 ? undefined : key.slice(0, end + delimiter.length);
}

/** Index of the first key that the page may show. */
function findFirstIndex({
  keys,
  prefix,
  after,
}: Pick<PageRequest<object>, 'keys' | 'prefix' | 'after'>): number {
  const start = findLowerBound(keys, prefix);
  if (after === undefined) return start;
  const next = findLowerBound(keys, after);
  return Math.max(start, keys[next] === after ? next + 1 : next);
}

/** Index of the first key that is not before the given one. */
function findLowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareKeys(keys[middle]!, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
