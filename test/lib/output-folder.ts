import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A folder for what a test's app synthesises, removed when the test has finished. Without one an app leaves its own. */
export function outputFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'simledger-synth-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
