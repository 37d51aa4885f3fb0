import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { bundling } from '../../lib/limits.ts';

/** The two files that a function's process is started from. */
export interface FunctionBundle {
  /** The function itself, bundled as it is deployed. */
  readonly handler: string;
  /** What runs it. */
  readonly runtime: string;
}

const projectDirectory = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Bundles a function as it is deployed, by the numbers in `lib/limits.ts`, and its runtime beside it.
 *
 * @param entry the module that exports `handler`, from the project's folder or absolute.
 * @param directory folder for the bundles.
 * @throws esbuild's BuildFailure when the entry does not build.
 */
export async function bundleFunction(entry: string, directory: string): Promise<FunctionBundle> {
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
    format: bundling.format,
    target: bundling.target,
    mainFields: [...bundling.mainFields],
    alias: bundling.alias,
    minify: bundling.minify,
    sourcemap: bundling.sourceMap,
    sourcesContent: bundling.sourcesContent,
    logLevel: 'silent',
  });
  return { handler: join(directory, 'index.cjs'), runtime: join(directory, 'runtime.cjs') };
}
