/** How many requests of one kind run concurrently. A request takes a few milliseconds, and most of that is waiting. */
export const maxRequests = 48;

/** Runs a task for each item, at most `limit` concurrently. The task must not reject: it reports failures as values. */
export async function forEachConcurrently<T>(
  items: readonly T[],
  limit: number,
  task: (item: T) => Promise<void>,
): Promise<void> {
  // All workers take from the same iterator.
  const left = items.values();
  const worker = async (): Promise<void> => {
    for (const item of left) await task(item);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
}

/**
 * Runs a task for each item, at most `limit` concurrently. The results are in the order of the items.
 *
 * @throws the first task's error, after the tasks that are already running have ended; no others are started.
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

/**
 * Waits a random time below an exponentially growing bound, so that clients that failed together do not retry together.
 */
export function waitBeforeRetry(
  attempt: number,
  firstMilliseconds = 25,
  maxMilliseconds = 2_000,
): Promise<void> {
  const bound = Math.min(maxMilliseconds, firstMilliseconds * 2 ** attempt);
  return new Promise((resolve) => setTimeout(resolve, Math.random() * bound));
}

/** Divides a list into chunks of at most `size` items. */
export function divideIntoChunks<T>(items: readonly T[], size: number): T[][] {
  const chunks: T[][] = [];
  for (let from = 0; from < items.length; from += size) chunks.push(items.slice(from, from + size));
  return chunks;
}
