import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildConsole, makeBuildOptions } from '../console/build.ts';
import type { FunctionFiles } from '../emulators/lambda-runtime/bundle.ts';
import { BundleCache } from '../emulators/lambda-runtime/bundle-cache.ts';
import { consoleFolder, documentationFolder } from '../lambda/aws/names.ts';
import { documentationFiles } from '../lambda/functions/query-api/documentation.ts';

const projectDirectory = fileURLToPath(new URL('../', import.meta.url));
const cacheDirectory = join(projectDirectory, 'node_modules/.cache/simledger/console');

/**
 * The files that are deployed with the query API's code: the contract with its page, and the console.
 *
 * @throws esbuild's BuildFailure if a source of the console does not compile.
 */
export async function readQueryApiFiles(): Promise<FunctionFiles> {
  const [documentation, console] = await Promise.all([readDocumentation(), readConsole()]);
  return { ...documentation, ...console };
}

async function readDocumentation(): Promise<FunctionFiles> {
  const folder = join(projectDirectory, 'lambda/functions/query-api');
  const read = Object.values(documentationFiles).map(
    async (name) => [`${documentationFolder}/${name}`, await readFile(join(folder, name))] as const,
  );
  return Object.fromEntries(await Promise.all(read));
}

/** The console's files, which are built again only if a source has changed. */
async function readConsole(): Promise<FunctionFiles> {
  const options = makeBuildOptions(projectDirectory);
  const cache = new BundleCache(projectDirectory, cacheDirectory);
  const kept = await cache.read(options);
  if (kept !== undefined) return copyFiles(kept);
  const started = Date.now();
  const { files, inputs } = await buildConsole(projectDirectory);
  const texts = Object.fromEntries(
    Object.entries(files).map(([name, bytes]) => [name, Buffer.from(bytes).toString('base64')]),
  );
  await cache.keep(options, inputs, texts, started);
  return copyFiles(texts);
}

/** Cached files, which are in base64, as in the function's folder. */
function copyFiles(kept: Readonly<Record<string, string>>): FunctionFiles {
  return Object.fromEntries(
    Object.entries(kept).map(([name, text]) => [`${consoleFolder}/${name}`, Buffer.from(text, 'base64')]),
  );
}
