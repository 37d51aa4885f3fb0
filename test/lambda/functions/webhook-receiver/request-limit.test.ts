import { expect, it } from 'vitest';
import { RequestLimit } from '../../../../lambda/functions/webhook-receiver/request-limit.ts';

it('a source has its limit per second, and a burst of twice that after a pause', () => {
  let now = 0;
  const limit = new RequestLimit(10, () => now);
  const taken = (requests: number) => Array.from({ length: requests }, () => limit.take()).filter(Boolean);
  expect(taken(50)).toHaveLength(20);
  now += 500;
  expect(taken(50)).toHaveLength(5);
  now += 3_600_000;
  expect(taken(50)).toHaveLength(20);
});

it('a source without a limit accepts any number of requests', () => {
  const limit = new RequestLimit(0, () => 0);
  expect(Array.from({ length: 1_000 }, () => limit.take()).every(Boolean)).toBe(true);
});
