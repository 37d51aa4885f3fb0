import { writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** The two files that a function's process is started from. */
export interface FunctionBundle {
  /** The function itself, bundled as it is deployed. */
  readonly handler: string;
  /** What runs it. */
  readonly runtime: string;
}

/** How functions are bundled: the options of esbuild that decide what is deployed. */
export interface FunctionBundling {
  /** Where entries and aliases are looked up; absolute. */
  readonly projectDirectory: string;
  readonly format: 'cjs';
  readonly target: string;
  readonly mainFields?: readonly string[];
  readonly minify?: boolean;
  readonly sourceMap?: boolean;
  readonly sourcesContent?: boolean;
  readonly alias?: Readonly<Record<string, string>>;
}

const runtimeEntry = fileURLToPath(new URL('./runtime.ts', import.meta.url));

/**
 * Bundles a function as it is deployed, and its runtime beside it.
 *
 * @param entry the module that exports `handler`, from the project's folder or absolute.
 * @param directory folder for the bundles.
 * @throws esbuild's BuildFailure when the entry does not build.
 */
export async function bundleFunction(
  entry: string,
  directory: string,
  bundling: FunctionBundling,
): Promise<FunctionBundle> {
  const index = resolve(bundling.projectDirectory, entry);
  await bundleEntries({ index, runtime: runtimeEntry }, directory, bundling);
  return bundleIn(directory);
}

/**
 * Puts a function that is bundled already into a folder, and its runtime beside it.
 *
 * @param code the bundle, as CommonJS.
 */
export async function placeBundle(code: Uint8Array, directory: string): Promise<FunctionBundle> {
  const bundling = { projectDirectory: dirname(runtimeEntry), format: 'cjs', target: 'node20' } as const;
  await bundleEntries({ runtime: runtimeEntry }, directory, bundling);
  const bundle = bundleIn(directory);
  await writeFile(bundle.handler, code);
  return bundle;
}

// Lambda takes the deployed index.js as CommonJS; here a package.json further up could say otherwise.
const extension = '.cjs';

function bundleIn(directory: string): FunctionBundle {
  return {
    handler: join(directory, `index${extension}`),
    runtime: join(directory, `runtime${extension}`),
  };
}

async function bundleEntries(
  entryPoints: Record<string, string>,
  directory: string,
  bundling: FunctionBundling,
): Promise<void> {
  const { projectDirectory, format, target, mainFields, minify, sourceMap, sourcesContent, alias } = bundling;
  await build({
    entryPoints,
    outdir: directory,
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
  });
}
