import { describe, expect, it } from 'vitest';
import { Problem } from '../../../../lambda/functions/query-api/problem.ts';
import { ClientThrottle } from '../../../../lambda/functions/query-api/throttle.ts';

/** How many of several simultaneous requests are accepted. */
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
  it('may send a burst of two seconds’ requests, then the limit per second, however often it is refused', () => {
    const throttle = new ClientThrottle(10);
    expect(taken(throttle, 'a', 0, 100)).toBe(20);
    expect(taken(throttle, 'a', 500, 100)).toBe(5);
    expect(taken(throttle, 'a', 1_500, 100)).toBe(10);
    expect(taken(throttle, 'a', 3_600_000, 100)).toBe(20);
  });

  it('is not limited by other clients, or by a clock that goes back', () => {
    const throttle = new ClientThrottle(1);
    expect(taken(throttle, 'a', 1_000, 5)).toBe(2);
    expect(taken(throttle, 'b', 1_000, 5)).toBe(2);
    expect(taken(throttle, 'a', 0, 5)).toBe(0);
  });

  it('has no limit if none is set', () => {
    expect(taken(new ClientThrottle(0), 'a', 0, 1_000)).toBe(1_000);
  });
});

describe('wrong credentials', () => {
  const right = { address: '192.0.2.1', credentials: 'right' };

  /** Tries guesses sequentially. Returns the answer to each, and whether it was checked. */
  function guess(throttle: ClientThrottle, address: string, now: number, guesses: number) {
    const outcome = { 401: 0, 429: 0, lookedAt: 0 };
    for (let count = 0; count < guesses; count += 1) {
      const attempt = { address, credentials: `guess ${count}` };
      try {
        throttle.requireAttempt(attempt, now);
        outcome.lookedAt += 1;
        throttle.refuse(attempt, now);
        outcome[401] += 1;
      } catch (error) {
        if (!(error instanceof Problem) || error.status !== 429) throw error;
        outcome[429] += 1;
      }
    }
    return outcome;
  }

  it('are checked no faster than the request limit in the long run', () => {
    const throttle = new ClientThrottle(10);
    expect(guess(throttle, right.address, 0, 1_000)).toEqual({ 401: 20, 429: 980, lookedAt: 220 });
    expect(guess(throttle, right.address, 1_000, 1_000)).toEqual({ 401: 0, 429: 1_000, lookedAt: 10 });
    expect(guess(throttle, right.address, 5_000, 1_000)).toEqual({ 401: 0, 429: 1_000, lookedAt: 40 });
    expect(guess(throttle, right.address, 3_600_000, 1_000)).toEqual({ 401: 20, 429: 980, lookedAt: 220 });
  });

  it('do not limit valid ones, even from the same address', () => {
    const throttle = new ClientThrottle(10);
    guess(throttle, right.address, 0, 100);
    throttle.requireAttempt(right, 0);
    throttle.admit(right);
    guess(throttle, right.address, 0, 1_000);
    throttle.requireAttempt(right, 0);
    expect(taken(throttle, `me ${right.address}`, 0, 100)).toBe(20);
    expect(() => throttle.requireAttempt({ ...right, credentials: 'other' }, 0)).toThrow(Problem);
    expect(() => throttle.requireAttempt({ ...right, address: '192.0.2.2' }, 0)).not.toThrow();
  });

  it('do not count as valid any more once they were refused', () => {
    const throttle = new ClientThrottle(1);
    throttle.admit(right);
    throttle.refuse(right, 0);
    guess(throttle, right.address, 0, 100);
    expect(() => throttle.requireAttempt(right, 0)).toThrow(
      'More than 1 requests with wrong credentials per second',
    );
  });

  it.each([
    ['2001:db8:1:2::1', '2001:0DB8:1:2:ffff:ffff:ffff:ffff', true],
    ['2001:db8::1', '2001:db8:0:0:1::', true],
    ['2001:db8:1:2::1', '2001:db8:1:3::1', false],
    ['::1', '::2', true],
    ['::ffff:192.0.2.1', '192.0.2.1', true],
    ['192.0.2.1', '192.0.2.2', false],
    ['no address', 'no address', true],
  ])('are counted together or apart by address: %s and %s', (one, other, isOne) => {
    const throttle = new ClientThrottle(1);
    guess(throttle, one, 0, 100);
    expect(guess(throttle, other, 0, 1).lookedAt).toBe(isOne ? 0 : 1);
  });

  it('are not counted if no limit is set', () => {
    expect(guess(new ClientThrottle(0), right.address, 0, 1_000)[401]).toBe(1_000);
  });
});
