import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { type BuildOptions, build, type Metafile } from 'esbuild';

/** The bundle of the command line: made from the sources in this folder, kept in `node_modules/.cache`. */

/** Shows whether a bundle is current. `cli/simledger.mjs` reads it. */
export interface BundleManifest {
  /** The name of the bundle's first file, in the folder `files` beside the manifest. */
  readonly entry: string;
  /** The sources of the bundle: the path from the project's folder, and `<mtime in ms> <bytes>`. */
  readonly inputs: readonly (readonly [path: string, stamp: string])[];
}

/** Other files that change the bundle: npm's note of the installed packages, and the code that makes the bundle. */
const furtherInputs = ['node_modules/.package-lock.json', 'tsconfig.json', 'cli/bundle.ts'];
/** How long files of an earlier bundle stay: a running command may still load one of them. */
const keptMilliseconds = 24 * 3_600_000;

/** How the bundle is made: one file per command, and shared files, so that each command loads only what it needs. */
export function bundleOptions(project: string): BuildOptions & { metafile: true; write: false } {
  return {
    absWorkingDir: project,
    entryPoints: ['cli/main.ts'],
    outdir: 'node_modules/.cache/simledger/files',
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    mainFields: ['module', 'main'],
    minifySyntax: true,
    minifyWhitespace: true,
    // Maps are read with `NODE_OPTIONS=--enable-source-maps` only.
    sourcemap: 'linked',
    sourcesContent: false,
    // It loads binaries of the machine, and may be missing.
    external: ['@duckdb/node-api'],
    // CommonJS packages load Node's modules by `require`.
    banner: {
      js: "import{createRequire as simledgerRequire}from'node:module';const require=simledgerRequire(import.meta.url);",
    },
    logLevel: 'error',
    metafile: true,
    write: false,
  };
}

/**
 * Makes the bundle and notes what it was made of.
 *
 * @param project folder of the clone.
 * @param cache folder for the bundle; created if it does not exist.
 * @returns the name of its first file in the cache's folder `files`; undefined if the cache cannot be written.
 * @throws what esbuild throws if a source cannot be compiled.
 */
export async function buildBundle(project: string, cache: string): Promise<string | undefined> {
  const started = Date.now();
  const { metafile, outputFiles } = await build(bundleOptions(resolve(project)));
  const folder = join(cache, 'files');
  try {
    await mkdir(folder, { recursive: true });
    for (const { path, contents } of outputFiles) {
      // Names contain hashes of the content, so an existing file is the same.
      if (!existsSync(join(folder, basename(path)))) await writeWhole(join(folder, basename(path)), contents);
    }
    const entry = entryName(metafile);
    await writeManifest(project, cache, { entry, inputs: readStamps(project, metafile) }, started);
    removeOld(folder, new Set(outputFiles.map(({ path }) => basename(path))));
    return entry;
  } catch (error) {
    // An installation that the caller may only read, or a full disk.
    if (isRefusal(error)) return undefined;
    throw error;
  }
}

/** The name of the file that stands for `cli/main.ts`. */
export function entryName({ outputs }: Metafile): string {
  const [path] = Object.entries(outputs).find(([, { entryPoint }]) => entryPoint === 'cli/main.ts') ?? [];
  if (path === undefined) throw new Error('esbuild made no file of cli/main.ts');
  return basename(path);
}

function readStamps(project: string, { inputs }: Metafile): (readonly [path: string, stamp: string])[] {
  const own = Object.keys(inputs).filter((path) => !path.includes('node_modules/'));
  return [...own, ...furtherInputs].flatMap((path) => {
    const found = statSync(join(project, path), { throwIfNoEntry: false });
    return found === undefined ? [] : [[path, `${found.mtimeMs} ${found.size}`] as const];
  });
}

/** A source that changes while the bundle is made may be in it in its old form: such a bundle is used once. */
async function writeManifest(
  project: string,
  cache: string,
  manifest: BundleManifest,
  started: number,
): Promise<void> {
  const changed = manifest.inputs.some(([path]) => statSync(join(project, path)).mtimeMs >= started);
  if (!changed) await writeWhole(join(cache, 'manifest.json'), JSON.stringify(manifest));
}

/** Writes a file that appears only when it is complete: two commands may make the bundle at the same time. */
async function writeWhole(path: string, contents: string | Uint8Array): Promise<void> {
  const unfinished = `${path}.${randomUUID()}`;
  await writeFile(unfinished, contents);
  await rename(unfinished, path);
}

function removeOld(folder: string, current: ReadonlySet<string>): void {
  for (const name of readdirSync(folder)) {
    const { mtimeMs } = statSync(join(folder, name));
    if (!current.has(name) && Date.now() - mtimeMs > keptMilliseconds)
      rmSync(join(folder, name), { force: true });
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof Error && 'code' in error && refusals.has(String(error.code));
}

const refusals = new Set(['EACCES', 'EEXIST', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'ENOTDIR']);
