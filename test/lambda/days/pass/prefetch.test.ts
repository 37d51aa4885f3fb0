import { describe, expect, it } from 'vitest';
import { prefetch } from '../../../../lambda/days/pass/prefetch.ts';

async function* listNumbers(count: number): AsyncGenerator<number> {
  for (let number = 0; number < count; number += 1) yield number;
}

/** Resolves after a number of turns of the event loop. */
async function waitTurns(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await new Promise(setImmediate);
}

describe('prefetching', () => {
  it('yields results in the order of the items, and starts no more than allowed', async () => {
    let begun = 0;
    let most = 0;
    const results: number[] = [];
    const load = async (number: number): Promise<number> => {
      begun += 1;
      most = Math.max(most, begun);
      await waitTurns(number % 3 === 0 ? 5 : 1);
      begun -= 1;
      return number;
    };
    for await (const result of prefetch(listNumbers(10), 4, load)) results.push(result);
    expect([results, most]).toEqual([[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 4]);
  });

  it('fails with the first failing item in order, and leaves no rejection unhandled', async () => {
    const results: number[] = [];
    const load = async (number: number): Promise<number> => {
      if (number >= 3) throw new Error(`No ${number}`);
      return number;
    };
    const take = async (): Promise<void> => {
      for await (const result of prefetch(listNumbers(10), 4, load)) results.push(result);
    };
    await expect(take()).rejects.toThrow('No 3');
    await waitTurns(2);
    expect(results).toEqual([0, 1, 2]);
  });
});
