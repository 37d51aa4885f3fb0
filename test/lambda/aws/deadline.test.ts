import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { Deadline, DeadlineError } from '../../../lambda/aws/deadline.ts';

const never = (): Promise<string> => new Promise(() => undefined);

describe('a deadline', () => {
  test('ends the wait for an answer that does not come', async () => {
    const deadline = new Deadline();
    await expect(deadline.within(5, () => deadline.answered(never))).rejects.toThrow(DeadlineError);
  });

  test('lets no request begin once the time is up', async () => {
    const deadline = new Deadline();
    let requests = 0;
    const task = deadline.within(1, async () => {
      await wait(20);
      return deadline.answered(async () => (requests += 1));
    });
    await expect(task).rejects.toThrow(DeadlineError);
    expect(requests).toBe(0);
  });

  test('hands on answers and errors that come in time', async () => {
    const deadline = new Deadline();
    const answers = deadline.within(60_000, async () => [
      await deadline.answered(async () => 'answer'),
      await deadline.answered(() => Promise.reject(new Error('refused'))).catch(String),
    ]);
    expect(await answers).toEqual(['answer', 'Error: refused']);
  });

  test('bounds nothing outside of a task', async () => {
    const deadline = new Deadline();
    await deadline.within(0, async () => undefined);
    expect(await deadline.answered(async () => 'answer')).toBe('answer');
  });
});
