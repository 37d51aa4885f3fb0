import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';

/** What the end of a CI log says: `.ci/summary.mjs`. */

const folder = mkdtempSync(join(tmpdir(), 'simledger-ci-'));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function summarize(...runs: string[]): string {
  const { stdout, stderr } = spawnSync(process.execPath, ['.ci/summary.mjs', folder, ...runs], {
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  return stdout;
}

function write(
  name: string,
  numPassedTests: number,
  testResults: readonly unknown[] = [],
  numPendingTests = 0,
): void {
  writeFileSync(
    join(folder, `${name}.json`),
    JSON.stringify({ numPassedTests, numPendingTests, testResults }),
  );
}

function fail(title: string, ...failureMessages: string[]): unknown {
  return { status: 'failed', ancestorTitles: ['a session'], title, failureMessages };
}

const [file, broken] = ['test/one.test.ts', 'test/other.test.ts'].map((path) => join(process.cwd(), path));

test('the end of a CI log names each failed test with its message, then counts the tests of all runs', () => {
  const failed = fail(
    'ends',
    'Error: 1 is not 2\n    at test/one.test.ts:7:3\n    at node_modules/vitest/x.js:1:1',
  );
  write('all', 10, [
    { name: file, status: 'failed', message: '', assertionResults: [{ status: 'passed' }, failed] },
    { name: broken, status: 'failed', message: 'Cannot find x', assertionResults: [{ status: 'passed' }] },
  ]);
  write('utc', 2, [], 3);
  expect(summarize('all=1', 'utc=0').split('\n')).toEqual([
    '✗ all: test/one.test.ts > a session > ends',
    '    Error: 1 is not 2',
    '        at test/one.test.ts:7:3',
    '✗ all: test/other.test.ts',
    '    Cannot find x',
    '3 skipped: they need what this machine lacks, such as a browser',
    '12 passed, 2 failed',
    '',
  ]);
});

test('the end of a CI log says that a test timed out', () => {
  const failed = fail('hangs', 'Error: STACK_TRACE_ERROR\n    at test/one.test.ts:7:3');
  write('all', 1, [{ name: file, status: 'failed', message: '', assertionResults: [failed] }]);
  expect(summarize('all=1').split('\n')).toEqual([
    '✗ all: test/one.test.ts > a session > hangs',
    '    Error: the test timed out',
    '        at test/one.test.ts:7:3',
    '1 passed, 1 failed',
    '',
  ]);
});

test('a CI run that fails without a failed test is a failure too', () => {
  write('all', 3);
  expect(summarize('all=1', 'aws=2').split('\n')).toEqual([
    '✗ all: ended with 1, though no test failed: see its errors above',
    '✗ aws: ended with 2 before it had results',
    '3 passed, 2 failed',
    '',
  ]);
});

test('the summary of a CI log is short, however much fails and however long its messages are', () => {
  const message = `${'x'.repeat(1_000)}\n`.repeat(10);
  const assertionResults = Array.from({ length: 100 }, (_, index) => fail(`ends ${index}`, message));
  write('all', 0, [{ name: file, status: 'failed', message: '', assertionResults }]);
  const lines = summarize('all=1').split('\n');
  expect(lines.slice(-3)).toEqual(['… and 660 more lines', '0 passed, 100 failed', '']);
  expect(lines.length).toBe(43);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(320);
});
