import { expect, test } from 'vitest';
import { requireUnchanged } from '../../../cli/days/lake.ts';
import { ConflictError } from '../../../lambda/days/pass/ports.ts';
import { AttentionError } from '../../../lambda/errors.ts';

/** Reads all records until there is an error. */
async function readAll(failure?: Error): Promise<{ read: number[]; error: unknown }> {
  const read: number[] = [];
  async function* records(): AsyncGenerator<number> {
    yield* [1, 2];
    if (failure !== undefined) throw failure;
  }
  try {
    for await (const record of requireUnchanged(records())) read.push(record);
    return { read, error: undefined };
  } catch (error) {
    return { read, error };
  }
}

test('records of closed days are passed on, and a day that is reread meanwhile is an error', async () => {
  const conflict = new ConflictError('The object was replaced');
  const failure = new Error('S3 is not reachable');
  expect([await readAll(), await readAll(conflict), await readAll(failure)]).toEqual([
    { read: [1, 2], error: undefined },
    {
      read: [1, 2],
      error: new AttentionError('A day was read again while this command read it: run the command again', {
        cause: conflict,
      }),
    },
    { read: [1, 2], error: failure },
  ]);
});
