import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { noDaysClosed } from '../../lambda/days/fence/chunk-fence.ts';
import { announceChunks, startWriters, type Writers } from '../../local/writers.ts';

let writers: Writers;

beforeEach(async () => {
  writers = await startWriters();
});

afterEach(() => writers.close());

/** Notes when what is waited for has come. */
function watch(waited: Promise<void>): { isOver: boolean } {
  const watched = { isOver: false };
  void waited.then(() => {
    watched.isOver = true;
  });
  return watched;
}

test('if no process writes, there is no wait', async () => {
  await writers.waitUntilSettled();
});

test('a batch is waited for from before its fence is read until all of it is stored', async () => {
  const readings: boolean[] = [];
  const fence = announceChunks(
    {
      enter: async () => {
        const waiting = watch(writers.waitUntilSettled());
        await new Promise((resolve) => setTimeout(resolve, 20));
        readings.push(waiting.isOver);
        return noDaysClosed.enter();
      },
    },
    writers.url,
  );
  const passage = await fence.enter();
  const waiting = watch(writers.waitUntilSettled());
  await passage.mark({ sessions: [], usage: [], events: [], sims: [] });
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect([readings, waiting.isOver]).toEqual([[false], false]);
  passage.leave();
  await expect.poll(() => waiting.isOver).toBe(true);
});

test('batches that begin later are not waited for', async () => {
  const fence = announceChunks(noDaysClosed, writers.url);
  const first = await fence.enter();
  const waiting = watch(writers.waitUntilSettled());
  const second = await fence.enter();
  first.leave();
  await expect.poll(() => waiting.isOver).toBe(true);
  const rest = watch(writers.waitUntilSettled());
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(rest.isOver).toBe(false);
  second.leave();
  await expect.poll(() => rest.isOver).toBe(true);
});

test('a process that is killed is not waited for', async () => {
  const child = startWriting(writers.url);
  await once(child.stdout ?? expect.fail('The process has no output'), 'data');
  const waiting = watch(writers.waitUntilSettled());
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(waiting.isOver).toBe(false);
  child.kill('SIGKILL');
  await expect.poll(() => waiting.isOver).toBe(true);
});

/** Starts a process that begins a batch, says so, and never ends it. */
function startWriting(url: string): ChildProcess {
  const project = fileURLToPath(new URL('../../', import.meta.url));
  const code = `
    import { announceChunks } from './local/writers.ts';
    import { noDaysClosed } from './lambda/days/fence/chunk-fence.ts';
    await announceChunks(noDaysClosed, ${JSON.stringify(url)}).enter();
    console.log('writing');
  `;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', code], {
    cwd: project,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}
