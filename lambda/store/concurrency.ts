/**
 * Runs a task for each item, at most `limit` at a time. The task must not reject: failures are values here.
 */
export async function forEachConcurrently<T>(
  items: readonly T[],
  limit: number,
  task: (item: T) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (;;) {
      const item = items[next];
      if (next >= items.length || item === undefined) return;
      next += 1;
      await task(item);
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
}

/** Waits a random time below an exponentially growing bound, so that many who wait don't come back together. */
export function backOff(attempt: number, firstMilliseconds = 25, maxMilliseconds = 2_000): Promise<void> {
  const bound = Math.min(maxMilliseconds, firstMilliseconds * 2 ** attempt);
  return new Promise((resolve) => setTimeout(resolve, Math.random() * bound));
}

/** Cuts a list into runs of at most `size`. */
export function chunked<T>(items: readonly T[], size: number): T[][] {
  const chunks: T[][] = [];
  for (let from = 0; from < items.length; from += size) chunks.push(items.slice(from, from + size));
  return chunks;
}
