import { join, resolve } from 'node:path';
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
  const { projectDirectory, format, target, mainFields, minify, sourceMap, sourcesContent, alias } = bundling;
  await build({
    entryPoints: {
      index: resolve(projectDirectory, entry),
      runtime: fileURLToPath(new URL('./runtime.ts', import.meta.url)),
    },
    outdir: directory,
    absWorkingDir: projectDirectory,
    // Lambda takes the deployed index.js as CommonJS; here a package.json further up could say otherwise.
    outExtension: { '.js': '.cjs' },
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
  return { handler: join(directory, 'index.cjs'), runtime: join(directory, 'runtime.cjs') };
}
