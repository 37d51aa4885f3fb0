import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { type BuildOptions, build } from 'esbuild';
import { collectLicences } from './licences.ts';

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

/** What decides on the files besides what esbuild reads. */
const ownInputs = [page, 'console/build.ts', 'console/licences.ts'];

/** How the console is bundled: one file that every page needs, and what a page needs beside it, loaded when it is opened. */
export function makeBuildOptions(project: string): BuildOptions & { metafile: true; write: false } {
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
    // The licences are a file of their own, as whole texts.
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
  const { metafile, outputFiles } = await build(makeBuildOptions(project));
  const contents: Record<string, Uint8Array> = Object.fromEntries(
    outputFiles.map((file) => [basename(file.path), file.contents]),
  );
  const licences = Buffer.from(await collectLicences(project, metafile));
  const licencesName = `licences-${hashContent(licences)}.txt`;
  contents[licencesName] = licences;
  const names = Object.keys(contents);
  const entry = (ending: string): string => {
    const name = names.find((one) => one.startsWith('console-') && one.endsWith(ending));
    if (name === undefined) throw new Error(`esbuild made no file console-….${ending}`);
    return name;
  };
  const html = (await readFile(join(project, page), 'utf8'))
    .replaceAll('{{script}}', entry('.js'))
    .replaceAll('{{style}}', entry('.css'))
    .replaceAll('{{licences}}', licencesName);
  const files: Record<string, Uint8Array> = { 'index.html': Buffer.from(html) };
  for (const [name, content] of Object.entries(contents)) {
    files[name] = content;
    files[`${name}.br`] = brotliCompressSync(content, {
      params: { [constants.BROTLI_PARAM_SIZE_HINT]: content.length },
    });
    files[`${name}.gz`] = gzipSync(content, { level: constants.Z_BEST_COMPRESSION });
  }
  return { files, inputs: [...ownInputs, ...Object.keys(metafile.inputs)] };
}

/** Eight characters by which browsers tell one content from another, in the form of esbuild's. */
function hashContent(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 8).toUpperCase();
}
