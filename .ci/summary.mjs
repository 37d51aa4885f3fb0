import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

/**
 * Names what failed in the runs of `.ci/run`, so that the end of a log is enough to know it, and counts the tests of all:
 * `summary.mjs FOLDER NAME=CODE…`, where FOLDER has NAME.json of vitest's JSON reporter, and CODE is how that run ended.
 */

const maxLines = 40;
const maxMessageLines = 6;

const [folder = '.', ...runs] = process.argv.slice(2);
let passed = 0;
let skipped = 0;
/** One text each: what failed, and why. */
const failures = [];

for (const run of runs) {
  const [name, code] = run.split('=');
  const path = join(folder, `${name}.json`);
  if (!existsSync(path)) {
    failures.push(`${name}: ended with ${code} before it had results`);
    continue;
  }
  const { numPassedTests, numPendingTests = 0, testResults } = JSON.parse(readFileSync(path, 'utf8'));
  passed += numPassedTests;
  skipped += numPendingTests;
  const found = testResults.flatMap(failuresOfFile);
  if (found.length === 0 && code !== '0')
    found.push(`ended with ${code}, though no test failed: see its errors above`);
  failures.push(...found.map((failure) => `${name}: ${failure}`));
}

/** The failed tests of a file; what failed outside its tests, such as an import or what runs after all of them. */
function failuresOfFile({ name, status, message, assertionResults }) {
  const file = relative(process.cwd(), name);
  const failed = assertionResults.filter((test) => test.status === 'failed');
  if (failed.length === 0 && status === 'failed') return [`${file}\n${start(message)}`];
  return failed.map(
    ({ ancestorTitles, title, failureMessages }) =>
      `${[file, ...ancestorTitles, title].join(' > ')}\n${start(failureMessages.join('\n'))}`,
  );
}

/** The first lines of a message, without where in our tools it was thrown. A stack is all that vitest tells of a time-out. */
function start(message) {
  return stripVTControlCharacters(message)
    .replace(/^Error: STACK_TRACE_ERROR$/m, 'Error: the test timed out')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.includes('node_modules'))
    .slice(0, maxMessageLines)
    .map((line) => `    ${line.slice(0, 300)}`)
    .join('\n');
}

const lines = failures.flatMap((failure) => `✗ ${failure}`.split('\n'));
for (const line of lines.slice(0, maxLines)) console.log(line);
if (lines.length > maxLines) console.log(`… and ${lines.length - maxLines} more lines`);
if (skipped > 0) console.log(`${skipped} skipped: they need what this machine lacks, such as a browser`);
console.log(`${passed} passed, ${failures.length} failed`);
