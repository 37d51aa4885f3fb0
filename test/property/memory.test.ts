import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { timeLimit } from './trials.ts';

const run = promisify(execFile);
const program = fileURLToPath(new URL('./memory-use.ts', import.meta.url));

/** Megabytes of the file; `PROPERTY_FILE_MEGABYTES` makes it larger, and the ceiling stays. */
const fileMegabytes = Number(process.env['PROPERTY_FILE_MEGABYTES'] ?? '24');

/** Megabytes by which a process may grow, and those of its heap: the functions have 512 in all. */
const ceiling = 160;
const heap = 256;

async function memoryOf(...what: readonly string[]): Promise<{ records: number; grownMegabytes: number }> {
  const { stdout } = await run(
    process.execPath,
    ['--expose-gc', `--max-old-space-size=${heap}`, '--import', 'tsx', program, ...what],
    { cwd: fileURLToPath(new URL('../..', import.meta.url)) },
  );
  return JSON.parse(stdout) as { records: number; grownMegabytes: number };
}

describe(`memory stays within ${ceiling} MB`, () => {
  test(`while a file of ${fileMegabytes} MB is imported`, { timeout: timeLimit }, async () => {
    const { records, grownMegabytes } = await memoryOf('file', String(fileMegabytes));
    expect(records).toBeGreaterThan(fileMegabytes * 2_000);
    expect(grownMegabytes).toBeLessThan(ceiling);
  });

  test('while the largest batch of Kinesis is taken in', { timeout: timeLimit }, async () => {
    const { records, grownMegabytes } = await memoryOf('batch');
    expect(records).toBeGreaterThan(10_000);
    expect(grownMegabytes).toBeLessThan(ceiling);
  });
});
