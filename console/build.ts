import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { type BuildOptions, build } from 'esbuild';

/** The build of the web console: what the query API serves to browsers. */

/** The console's files by their names: each as it is, and as `.br` and `.gz`; `index.html` as it is. */
export type ConsoleFileContents = Readonly<Record<string, Uint8Array>>;

/** What a build made, and of what. */
export interface BuiltConsole {
  readonly files: ConsoleFileContents;
  /** Paths of the sources, from the project's folder, those in packages included. */
  readonly inputs: readonly string[];
}

/** The page that loads the rest, from the project's folder. */
const page = 'console/index.html';

/** How the console is bundled: one file that every page needs, and what a page needs beside it, loaded when it is opened. */
export function consoleBuildOptions(project: string): BuildOptions & { metafile: true; write: false } {
  return {
    absWorkingDir: project,
    entryPoints: { console: 'console/main.tsx' },
    // Nothing is written there: the names are what counts.
    outdir: 'console/built',
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    minify: true,
    legalComments: 'none',
    // A compiler's settings for functions say nothing about the console's.
    tsconfigRaw: {},
    logLevel: 'silent',
    metafile: true,
    write: false,
  };
}

/**
 * Makes the console's files.
 *
 * @param project folder of the clone.
 * @throws esbuild's BuildFailure where a source cannot be compiled.
 */
export async function buildConsole(project: string): Promise<BuiltConsole> {
  const { metafile, outputFiles } = await build(consoleBuildOptions(project));
  const names = outputFiles.map(({ path }) => basename(path));
  const entry = (ending: string): string => {
    const name = names.find((one) => one.startsWith('console-') && one.endsWith(ending));
    if (name === undefined) throw new Error(`esbuild made no file console-….${ending}`);
    return name;
  };
  const html = (await readFile(join(project, page), 'utf8'))
    .replaceAll('{{script}}', entry('.js'))
    .replaceAll('{{style}}', entry('.css'));
  const files: Record<string, Uint8Array> = { 'index.html': Buffer.from(html) };
  for (const { path, contents } of outputFiles) {
    const name = basename(path);
    files[name] = contents;
    files[`${name}.br`] = brotliCompressSync(contents, {
      params: { [constants.BROTLI_PARAM_SIZE_HINT]: contents.length },
    });
    files[`${name}.gz`] = gzipSync(contents, { level: constants.Z_BEST_COMPRESSION });
  }
  return { files, inputs: [page, 'console/build.ts', ...Object.keys(metafile.inputs)] };
}
