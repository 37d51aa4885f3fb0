import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { Deadline, DeadlineError } from '../../../lambda/aws/deadline.ts';

const never = (): Promise<string> => new Promise(() => undefined);

describe('a deadline', () => {
  test('ends the wait for an answer that does not arrive', async () => {
    const deadline = new Deadline();
    await expect(deadline.runWithin(5, () => deadline.waitForAnswer(never))).rejects.toThrow(DeadlineError);
  });

  test('prevents new requests after its time', async () => {
    const deadline = new Deadline();
    let requests = 0;
    const task = deadline.runWithin(1, async () => {
      await wait(20);
      return deadline.waitForAnswer(async () => (requests += 1));
    });
    await expect(task).rejects.toThrow(DeadlineError);
    expect(requests).toBe(0);
  });

  test('passes on answers and errors that arrive in time', async () => {
    const deadline = new Deadline();
    const answers = deadline.runWithin(60_000, async () => [
      await deadline.waitForAnswer(async () => 'answer'),
      await deadline.waitForAnswer(() => Promise.reject(new Error('refused'))).catch(String),
    ]);
    expect(await answers).toEqual(['answer', 'Error: refused']);
  });

  test('has no effect outside of a task', async () => {
    const deadline = new Deadline();
    await deadline.runWithin(0, async () => undefined);
    expect(await deadline.waitForAnswer(async () => 'answer')).toBe('answer');
  });
});
