import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { RepeatedRuns } from '../../local/repeated-runs.ts';

/** Runs sweeps until this many have begun; each calls `sweep` with its number. */
function runSweeps(count: number, sweep: (number: number) => Promise<void>) {
  const failures: unknown[] = [];
  let begun = 0;
  return new Promise<{ begun: number; failures: unknown[] }>((resolve) => {
    const sweeps = new RepeatedRuns({
      interval: 1,
      run: async () => {
        begun += 1;
        if (begun === count) {
          sweeps.stop();
          void sweeps.waitUntilEnded().then(() => resolve({ begun, failures }));
        }
        await sweep(begun);
      },
      onFailure: (error) => failures.push(error),
    });
  });
}

test('sweeps follow one another until they are stopped, also after one that failed', async () => {
  let running = 0;
  let overlapping = 0;
  const { begun, failures } = await runSweeps(5, async (number) => {
    running += 1;
    overlapping = Math.max(overlapping, running);
    await wait(2);
    running -= 1;
    if (number === 2) throw new Error('The engine is away');
  });
  expect({ begun, failures, overlapping }).toEqual({
    begun: 5,
    failures: [new Error('The engine is away')],
    overlapping: 1,
  });
});

test('a sweep that fails because the run is stopped is not reported', async () => {
  const { failures } = await runSweeps(1, async () => {
    throw new Error('The client is closed');
  });
  expect(failures).toEqual([]);
});

test('a run that is stopped before the first sweep makes none', async () => {
  const sweeps = new RepeatedRuns({
    interval: 600_000,
    run: () => expect.fail('A sweep was made'),
    onFailure: () => expect.fail('A sweep was made'),
  });
  sweeps.stop();
  await sweeps.waitUntilEnded();
});
