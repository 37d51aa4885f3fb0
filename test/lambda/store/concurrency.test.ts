import { expect, onTestFinished, test, vi } from 'vitest';
import {
  divideIntoChunks,
  forEachConcurrently,
  mapConcurrently,
  waitBeforeRetry,
} from '../../../lambda/store/concurrency.ts';

test('each item is processed once, and never more than the limit concurrently', async () => {
  const done: number[] = [];
  let [underWay, most] = [0, 0];
  await forEachConcurrently([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
    underWay += 1;
    most = Math.max(most, underWay);
    await new Promise((resolve) => setImmediate(resolve));
    done.push(item);
    underWay -= 1;
  });
  expect([done, most]).toEqual([[1, 2, 3, 4, 5, 6, 7], 3]);
});

test('undefined is an item like others, and items after it are processed', async () => {
  const done: unknown[] = [];
  await forEachConcurrently([1, undefined, 3], 2, async (item) => void done.push(item));
  expect(done).toEqual([1, undefined, 3]);
});

test('results are in the order of their items, whichever is ready first', async () => {
  const ends: (() => void)[] = [];
  const results = mapConcurrently(['a', 'b', 'c'], 3, async (item) => {
    await new Promise<void>((resolve) => ends.push(resolve));
    return item.toUpperCase();
  });
  for (const end of ends.reverse()) {
    end();
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(await results).toEqual(['A', 'B', 'C']);
});

test('the first error is thrown after the running tasks have ended, and no more are started', async () => {
  const begun: number[] = [];
  const ended: number[] = [];
  const failing = mapConcurrently([0, 1, 2, 3, 4], 2, async (item) => {
    begun.push(item);
    if (item === 1) throw new Error('first');
    await new Promise((resolve) => setImmediate(resolve));
    ended.push(item);
    if (item === 0) throw new Error('second');
  });
  await expect(failing).rejects.toThrow('first');
  expect([begun, ended]).toEqual([[0, 1], [0]]);
});

test('each retry waits a random time, up to twice as long as the previous one and at most two seconds', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'Date'] });
  const random = vi.spyOn(Math, 'random');
  onTestFinished(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });
  const measure = async (part: number, attempt: number, ...bounds: number[]): Promise<number> => {
    random.mockReturnValue(part);
    const begun = Date.now();
    await Promise.all([waitBeforeRetry(attempt, ...bounds), vi.runAllTimersAsync()]);
    return Date.now() - begun;
  };
  const longest = [];
  for (const attempt of [0, 1, 2, 6, 7, 20]) longest.push(await measure(1, attempt));
  expect(longest).toEqual([25, 50, 100, 1_600, 2_000, 2_000]);
  expect(await measure(0.5, 3)).toBe(100);
  expect(await measure(0, 3)).toBe(0);
  expect([await measure(1, 1, 1_000), await measure(1, 5, 1_000, 8_000)]).toEqual([2_000, 8_000]);
});

test('a list is divided into chunks of the same size, of which only the last may be shorter', () => {
  expect(divideIntoChunks([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
  expect(divideIntoChunks([1, 2], 2)).toEqual([[1, 2]]);
  expect(divideIntoChunks([], 2)).toEqual([]);
});
