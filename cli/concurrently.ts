import { forEachConcurrently } from '../lambda/store/concurrency.ts';

/**
 * Runs a task for each item, at most `limit` at a time; results are in the items' order.
 *
 * @throws what the first task to fail throws, once those under way have ended; no more are begun then.
 */
export async function mapConcurrently<T, Result>(
  items: readonly T[],
  limit: number,
  task: (item: T) => Promise<Result>,
): Promise<Result[]> {
  const results = new Map<number, Result>();
  const errors: unknown[] = [];
  await forEachConcurrently([...items.entries()], limit, async ([at, item]) => {
    if (errors.length > 0) return;
    try {
      results.set(at, await task(item));
    } catch (error) {
      errors.push(error);
    }
  });
  if (errors.length > 0) throw errors[0];
  return [...results].sort(([a], [b]) => a - b).map(([, result]) => result);
}
