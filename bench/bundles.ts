import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { bundling } from '../lib/limits.ts';

/** Programs to measure, bundled as functions are deployed, in a folder that is removed when the process ends. */

/** What is measured, by name: the module that exports the handler. */
export const subjects = {
  simledger: 'lambda/functions/kinesis-consumer/handler.ts',
  full: 'bench/peers/full.ts',
  lite: 'bench/peers/lite.ts',
} as const;
export type Subject = keyof typeof subjects;

const project = fileURLToPath(new URL('..', import.meta.url));

/** A temporary folder for files of a measurement. Removed when the process ends. */
export function makeTemporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'simledger-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/**
 * Bundles a module with the stack's settings.
 *
 * @param name name of the file in the folder.
 * @returns the file's path.
 */
export async function bundle(entry: string, folder: string, name: string): Promise<string> {
  const outfile = join(folder, `${name}.cjs`);
  await build({
    entryPoints: [join(project, entry)],
    outfile,
    absWorkingDir: project,
    bundle: true,
    platform: 'node',
    format: bundling.format,
    target: bundling.target,
    mainFields: [...bundling.mainFields],
    minify: bundling.minify,
    // The alias is part of simledger; the peers keep what they import.
    ...(!entry.startsWith('bench/peers/') && { alias: bundling.alias }),
    logLevel: 'error',
  });
  return outfile;
}
