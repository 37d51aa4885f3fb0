import { mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type BuildOptions, build } from 'esbuild';
import { BundleCache } from './bundle-cache.ts';

/** The two files of a function's process. */
export interface FunctionBundle {
  /** The bundle, as it is deployed. */
  readonly handler: string;
  /** The module that invokes it. */
  readonly runtime: string;
}

/** How to bundle functions: the esbuild options that also determine what is deployed. */
export interface FunctionBundling {
  /** The folder from which entries and aliases are resolved; absolute. */
  readonly projectDirectory: string;
  /** Where bundles are cached while their sources are unchanged; without it, every start bundles. */
  readonly cacheDirectory?: string;
  readonly format: 'cjs';
  readonly target: string;
  readonly mainFields?: readonly string[];
  readonly minify?: boolean;
  readonly sourceMap?: boolean;
  readonly sourcesContent?: boolean;
  readonly alias?: Readonly<Record<string, string>>;
}

/** Files that a function reads from its folder, by path. */
export type FunctionFiles = Readonly<Record<string, Uint8Array>>;

const runtimeEntry = fileURLToPath(new URL('./runtime.ts', import.meta.url));

// Lambda loads the deployed index.js as CommonJS; here, a package.json in a parent folder could make it an ES module.
const extension = '.cjs';

/**
 * Bundles a function as it is deployed, and adds the runtime.
 *
 * @param entry the module that exports `handler`; absolute, or relative to the project.
 * @param directory folder for the bundles; created if it does not exist.
 * @param files further files of the function's folder.
 * @throws esbuild's BuildFailure if the entry does not compile.
 */
export async function bundleFunction(
  entry: string,
  directory: string,
  bundling: FunctionBundling,
  files: FunctionFiles = {},
): Promise<FunctionBundle> {
  const entries = { index: resolve(bundling.projectDirectory, entry), runtime: runtimeEntry };
  return placeFiles({ ...files, ...(await bundleEntries(entries, bundling)) }, directory);
}

/**
 * Writes a function that is already bundled to a folder, and adds the runtime.
 *
 * @param code the bundle, as CommonJS.
 * @param directory folder for both; created if it does not exist.
 */
export async function placeBundle(code: Uint8Array, directory: string): Promise<FunctionBundle> {
  const bundling = { projectDirectory: dirname(runtimeEntry), format: 'cjs', target: 'node20' } as const;
  const files = await bundleEntries({ runtime: runtimeEntry }, bundling);
  return placeFiles({ ...files, [`index${extension}`]: code }, directory);
}

async function placeFiles(
  files: Readonly<Record<string, string | Uint8Array>>,
  directory: string,
): Promise<FunctionBundle> {
  await mkdir(directory, { recursive: true });
  await Promise.all(
    Object.entries(files).map(async ([name, content]) => {
      const path = join(directory, name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, content);
    }),
  );
  return {
    handler: join(directory, `index${extension}`),
    runtime: join(directory, `runtime${extension}`),
  };
}

async function bundleEntries(
  entryPoints: Readonly<Record<string, string>>,
  bundling: FunctionBundling,
): Promise<Readonly<Record<string, string>>> {
  const { projectDirectory, cacheDirectory } = bundling;
  const options = buildOptions({ ...entryPoints }, bundling);
  const cache = cacheDirectory === undefined ? undefined : new BundleCache(projectDirectory, cacheDirectory);
  return (await cache?.read(options)) ?? (await buildFiles(options, cache));
}

function buildOptions(
  entryPoints: Record<string, string>,
  {
    projectDirectory,
    format,
    target,
    mainFields,
    minify,
    sourceMap,
    sourcesContent,
    alias,
  }: FunctionBundling,
): BuildOptions {
  return {
    entryPoints,
    // Nothing is written there. It makes source maps name the sources relative to this folder, wherever the bundle is.
    outdir: projectDirectory,
    sourceRoot: pathToFileURL(projectDirectory).href,
    absWorkingDir: projectDirectory,
    outExtension: { '.js': extension },
    bundle: true,
    platform: 'node',
    format,
    target,
    ...(mainFields && { mainFields: [...mainFields] }),
    ...(alias && { alias }),
    minify: minify ?? false,
    sourcemap: sourceMap ?? false,
    sourcesContent: sourcesContent ?? true,
    logLevel: 'silent',
  };
}

async function buildFiles(
  options: BuildOptions,
  cache: BundleCache | undefined,
): Promise<Readonly<Record<string, string>>> {
  const started = Date.now();
  const { metafile, outputFiles } = await build({ ...options, metafile: true, write: false });
  const files = Object.fromEntries(outputFiles.map(({ path, text }) => [basename(path), text]));
  await cache?.keep(options, Object.keys(metafile.inputs), files, started);
  return files;
}
