/**
 * Processes items concurrently, and yields the results in the order of the items. At most `limit` are running or wait
 * to be taken.
 */
export async function* prefetch<Item, Result>(
  items: Iterable<Item> | AsyncIterable<Item>,
  concurrency: number,
  load: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const begun: Promise<Result>[] = [];
  for await (const item of items) {
    const loading = load(item);
    // The caller sees the error when it takes the result; until then it must not count as unhandled.
    loading.catch(() => undefined);
    begun.push(loading);
    if (begun.length < concurrency) continue;
    const next = begun.shift();
    if (next !== undefined) yield await next;
  }
  for (const rest of begun) yield await rest;
}

/** Processes items concurrently. Results are in the order of the items. */
export async function prefetchAll<Item, Result>(
  items: Iterable<Item>,
  concurrency: number,
  load: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for await (const result of prefetch(items, concurrency, load)) results.push(result);
  return results;
}
