import type { ChildProcess } from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';
import type { Readable } from 'node:stream';
import { format } from 'node:util';
import { afterAll, expect } from 'vitest';
import { readLines, takePersonalLines } from './log-lines.ts';

/**
 * Reads every line that is written while a test file runs, by its own process and by those that it starts with our
 * code, and fails the file when one holds personal data. vitest runs this before each test file.
 */

/** Marks a process whose output is read already: some test files share one. */
const installed = Symbol.for('simledger.log-guard');
const marks = globalThis as { [installed]?: true };
if (marks[installed] === undefined) {
  marks[installed] = true;
  readOwnOutput();
  readOutputOfChildren();
}

function readOwnOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    const write = stream.write.bind(stream) as (...given: unknown[]) => boolean;
    stream.write = (...given: unknown[]): boolean => {
      readLines(String(given[0]));
      return write(...given);
    };
  }

  for (const method of ['debug', 'log', 'info', 'warn', 'error'] as const) {
    const write = console[method].bind(console);
    console[method] = (...given: unknown[]): void => {
      readLines(format(...given));
      write(...given);
    };
  }
}

function readOutputOfChildren(): void {
  subscribe('child_process', (message) => {
    const { process: child } = message as { readonly process: ChildProcess };
    child.once('spawn', () => {
      // Other programs, such as the AWS CLI, show what a test asks them for.
      if (child.spawnfile !== process.execPath) return;
      for (const stream of [child.stdout, child.stderr]) if (stream !== null) readInPassing(stream);
    });
  });
}

/** Looks at what a process writes on its way, so that its reader gets it unchanged. */
function readInPassing(stream: Readable): void {
  const push = stream.push.bind(stream);
  let rest = '';
  stream.push = (chunk: unknown, encoding?: BufferEncoding): boolean => {
    const lines = (rest + (chunk === null ? '' : String(chunk))).split('\n');
    rest = chunk === null ? '' : (lines.pop() ?? '');
    readLines(lines.join('\n'));
    return push(chunk, encoding);
  };
}

afterAll(() => {
  expect(takePersonalLines(), 'log lines with personal data').toEqual([]);
});
