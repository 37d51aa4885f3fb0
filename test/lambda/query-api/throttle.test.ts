import { describe, expect, it } from 'vitest';
import { Problem } from '../../../lambda/query-api/problem.ts';
import { ClientThrottle } from '../../../lambda/query-api/throttle.ts';

/** How many of so many requests at one moment are taken. */
function taken(throttle: ClientThrottle, client: string, now: number, requests: number): number {
  let count = 0;
  for (let request = 0; request < requests; request += 1) {
    try {
      throttle.take(client, now);
      count += 1;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
    }
  }
  return count;
}

describe('a client', () => {
  it('may ask twice a second’s requests at once, then so many a second, however often it is refused', () => {
    const throttle = new ClientThrottle(10);
    expect(taken(throttle, 'a', 0, 100)).toBe(20);
    expect(taken(throttle, 'a', 500, 100)).toBe(5);
    expect(taken(throttle, 'a', 1_500, 100)).toBe(10);
    expect(taken(throttle, 'a', 3_600_000, 100)).toBe(20);
  });

  it('is not held back by another, nor by a clock that goes back', () => {
    const throttle = new ClientThrottle(1);
    expect(taken(throttle, 'a', 1_000, 5)).toBe(2);
    expect(taken(throttle, 'b', 1_000, 5)).toBe(2);
    expect(taken(throttle, 'a', 0, 5)).toBe(0);
  });

  it('may ask any number where no limit is set', () => {
    expect(taken(new ClientThrottle(0), 'a', 0, 1_000)).toBe(1_000);
  });
});
