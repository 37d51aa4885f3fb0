import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { bombKinds } from './large-deliveries.ts';
import { timeLimit } from './trials.ts';

const run = promisify(execFile);
const program = fileURLToPath(new URL('./memory-use.ts', import.meta.url));

/** Megabytes of the file; `PROPERTY_FILE_MEGABYTES` makes it larger, and the ceilings stay. */
const fileMegabytes = Number(process.env['PROPERTY_FILE_MEGABYTES'] ?? '24');

/** Megabytes by which a process may grow, and those of its heap: the functions have 512 in all. */
const ceiling = 160;
const heap = 256;

/** Megabytes of a semi-space, which are stated as they are for the functions: Node 24 takes more by default than Node 20. */
const semiSpace = 16;

/** Megabytes that a file of twenty times the size may keep in use beyond a small one. */
const leeway = 8;

interface Use {
  readonly records: number;
  /** By which the process grew, garbage included. */
  readonly grownMegabytes: number;
  /** In use while a file was read, garbage left out. */
  readonly retainedMegabytes: number;
}

async function memoryOf(...what: readonly string[]): Promise<Use> {
  const { stdout } = await run(
    process.execPath,
    [
      ...['--expose-gc', `--max-old-space-size=${heap}`, `--max-semi-space-size=${semiSpace}`],
      ...['--import', 'tsx', program, ...what],
    ],
    { cwd: fileURLToPath(new URL('../..', import.meta.url)) },
  );
  return JSON.parse(stdout) as Use;
}

describe(`memory stays within ${ceiling} MB`, () => {
  test(`while a file of ${fileMegabytes} MB is imported, and nothing of it piles up`, {
    timeout: timeLimit,
  }, async () => {
    const small = await memoryOf('file', String(fileMegabytes / 20));
    const large = await memoryOf('file', String(fileMegabytes));
    expect(large.records).toBeGreaterThan(fileMegabytes * 2_000);
    expect(large.grownMegabytes).toBeLessThan(ceiling);
    expect(large.retainedMegabytes).toBeLessThanOrEqual(small.retainedMegabytes + leeway);
  });

  test('while the largest batch of Kinesis is taken in', { timeout: timeLimit }, async () => {
    const { records, grownMegabytes } = await memoryOf('batch');
    expect(records).toBeGreaterThan(10_000);
    expect(grownMegabytes).toBeLessThan(ceiling);
  });

  test.each(bombKinds)(
    'while a batch of bodies is taken in that would unpack to gigabytes, each %s',
    {
      timeout: timeLimit,
    },
    async (kind) => {
      const { records, grownMegabytes } = await memoryOf('bombs', kind);
      expect(records).toBeGreaterThan(100);
      expect(grownMegabytes).toBeLessThan(ceiling);
    },
  );
});
