import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

const folders: string[] = [];

afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A folder for what an app synthesises, removed when the test file is through. Without one an app leaves its own. */
export function outputFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'simledger-synth-'));
  folders.push(folder);
  return folder;
}
