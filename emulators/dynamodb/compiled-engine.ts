import { createHash, randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BuildOptions, build } from 'esbuild';
import { BundleCache, isRefusal } from '../lambda-runtime/bundle-cache.ts';

/** The file's name in the cache. */
const fileName = 'engine.mjs';

/** How long a file of an earlier compilation stays: a process that is just starting may still load it. */
const keptMilliseconds = 24 * 3_600_000;

/** Where the engine is kept compiled. */
export interface EngineCompilation {
  /** The folder with the packages; absolute. */
  readonly projectDirectory: string;
  /** The folder for the compiled engine, within the project; made where it is not there. */
  readonly cacheDirectory: string;
}

/**
 * Compiles the engine to one file of JavaScript, its packages left out, unless that was done with the same sources.
 *
 * @param entry the engine's module; absolute.
 * @returns the file; undefined where the folder can't be written.
 * @throws esbuild's BuildFailure when a source can't be compiled.
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
    // An installation that the user may only read, or a full disk.
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

/** Writes a file that appears only when it is complete, and removes the outcome of other sources long ago. */
async function placeFile(folder: string, name: string, code: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const names = await readdir(folder);
  if (names.includes(name)) return;
  const unfinished = join(folder, `${name}.${randomUUID()}`);
  await writeFile(unfinished, code);
  await rename(unfinished, join(folder, name));
  for (const other of names.filter((one) => /^engine-\w+\.mjs/.test(one)).map((one) => join(folder, one))) {
    // Another process may have removed it just now.
    const { mtimeMs = Date.now() } = statSync(other, { throwIfNoEntry: false }) ?? {};
    if (Date.now() - mtimeMs > keptMilliseconds) await rm(other, { force: true });
  }
}
