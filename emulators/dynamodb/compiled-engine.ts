import { createHash, randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BuildOptions, build } from 'esbuild';
import { BundleCache, isRefusal } from '../lambda-runtime/bundle-cache.ts';

/** Name of the compiled file in the cache's entry. */
const fileName = 'engine.mjs';

/** How long the file of an earlier compilation is kept: a process that is starting may still load it. */
const keptMilliseconds = 24 * 3_600_000;

/** Where to keep the compiled engine. */
export interface EngineCompilation {
  /** The folder with `node_modules`; absolute. */
  readonly projectDirectory: string;
  /** The folder for the compiled engine, inside the project; created if it does not exist. */
  readonly cacheDirectory: string;
}

/**
 * Compiles the engine to one JavaScript file without its packages. Does nothing if the sources are unchanged.
 *
 * @param entry the engine's module; absolute.
 * @returns the file's path; undefined if the folder is not writable.
 * @throws esbuild's BuildFailure if a source does not compile.
 */
export async function compileEngine(
  entry: string,
  { projectDirectory, cacheDirectory }: EngineCompilation,
): Promise<string | undefined> {
  const options: BuildOptions = {
    absWorkingDir: projectDirectory,
    entryPoints: [entry],
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    logLevel: 'silent',
  };
  const cache = new BundleCache(projectDirectory, cacheDirectory);
  const kept = await cache.read(options);
  const code = kept?.[fileName] ?? (await compile(options, cache));
  const name = `engine-${createHash('sha256').update(code).digest('hex').slice(0, 16)}.mjs`;
  try {
    await placeFile(cacheDirectory, name, code);
  } catch (error) {
    // The installation is read-only, or the disk is full.
    if (isRefusal(error)) return undefined;
    throw error;
  }
  return join(cacheDirectory, name);
}

async function compile(options: BuildOptions, cache: BundleCache): Promise<string> {
  const started = Date.now();
  const { metafile, outputFiles } = await build({ ...options, metafile: true, write: false });
  const [{ text } = { text: '' }] = outputFiles;
  await cache.keep(options, Object.keys(metafile.inputs), { [fileName]: text }, started);
  return text;
}

/** Writes a file so that it appears only when it is complete. Removes old files of earlier compilations. */
async function placeFile(folder: string, name: string, code: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const names = await readdir(folder);
  if (names.includes(name)) return;
  const unfinished = join(folder, `${name}.${randomUUID()}`);
  await writeFile(unfinished, code);
  await rename(unfinished, join(folder, name));
  for (const other of names.filter((one) => /^engine-\w+\.mjs/.test(one)).map((one) => join(folder, one))) {
    // Another process may have just removed it.
    const { mtimeMs = Date.now() } = statSync(other, { throwIfNoEntry: false }) ?? {};
    if (Date.now() - mtimeMs > keptMilliseconds) await rm(other, { force: true });
  }
}
