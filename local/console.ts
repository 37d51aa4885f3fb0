import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildConsole, consoleBuildOptions } from '../console/build.ts';
import type { FunctionFiles } from '../emulators/lambda-runtime/bundle.ts';
import { BundleCache } from '../emulators/lambda-runtime/bundle-cache.ts';
import { consoleFolder } from '../lambda/aws/names.ts';

const projectDirectory = fileURLToPath(new URL('../', import.meta.url));
const cacheDirectory = join(projectDirectory, 'node_modules/.cache/simledger/console');

/**
 * The console's files as they are deployed in the query API's folder; made again only where a source has changed.
 *
 * @throws esbuild's BuildFailure where a source cannot be compiled.
 */
export async function readConsoleFiles(): Promise<FunctionFiles> {
  const options = consoleBuildOptions(projectDirectory);
  const cache = new BundleCache(projectDirectory, cacheDirectory);
  const kept = await cache.read(options);
  if (kept !== undefined) return place(kept);
  const started = Date.now();
  const { files, inputs } = await buildConsole(projectDirectory);
  const texts = Object.fromEntries(
    Object.entries(files).map(([name, bytes]) => [name, Buffer.from(bytes).toString('base64')]),
  );
  await cache.keep(options, inputs, texts, started);
  return place(texts);
}

/** Kept files, in base64, as the function's folder has them. */
function place(kept: Readonly<Record<string, string>>): FunctionFiles {
  return Object.fromEntries(
    Object.entries(kept).map(([name, text]) => [`${consoleFolder}/${name}`, Buffer.from(text, 'base64')]),
  );
}
