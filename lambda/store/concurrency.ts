/** Requests of each kind under way at once. One request takes a few milliseconds, most of them waiting. */
export const maxRequests = 48;

/**
 * Runs a task for each item, at most `limit` at a time. The task must not reject: failures are values here.
 */
export async function forEachConcurrently<T>(
  items: readonly T[],
  limit: number,
  task: (item: T) => Promise<void>,
): Promise<void> {
  // All workers take from one iterator.
  const left = items.values();
  const worker = async (): Promise<void> => {
    for (const item of left) await task(item);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
}

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

/** Waits a random time below an exponentially growing bound, so that many who wait don't come back together. */
export function waitBeforeRetry(
  attempt: number,
  firstMilliseconds = 25,
  maxMilliseconds = 2_000,
): Promise<void> {
  const bound = Math.min(maxMilliseconds, firstMilliseconds * 2 ** attempt);
  return new Promise((resolve) => setTimeout(resolve, Math.random() * bound));
}

/** Cuts a list into runs of at most `size`. */
export function divideIntoChunks<T>(items: readonly T[], size: number): T[][] {
  const chunks: T[][] = [];
  for (let from = 0; from < items.length; from += size) chunks.push(items.slice(from, from + size));
  return chunks;
}
