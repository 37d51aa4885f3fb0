import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { type BuildOptions, build } from 'esbuild';
import { collectLicences } from './licences.ts';

/** Builds the web console, which the query API serves. */

/** The console's files by name: each uncompressed, as `.br` and as `.gz`; `index.html` only uncompressed. */
export type ConsoleFileContents = Readonly<Record<string, Uint8Array>>;

/** A build's output and inputs. */
export interface BuiltConsole {
  readonly files: ConsoleFileContents;
  /** Paths of all source files, including those of packages, relative to the project's folder. */
  readonly inputs: readonly string[];
}

/** The page that loads the other files. */
const page = 'console/index.html';

/** Inputs that esbuild does not read. */
const ownInputs = [page, 'console/build.ts', 'console/licences.ts'];

/** Bundles the console into one common file, and a file for each page that is loaded when the page is opened. */
export function makeBuildOptions(project: string): BuildOptions & { metafile: true; write: false } {
  return {
    absWorkingDir: project,
    entryPoints: { console: 'console/main.tsx' },
    // Nothing is written there: only the names are used.
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
    // A separate file has the licences with their full texts.
    legalComments: 'none',
    // The project's tsconfig.json is for functions, not for the console.
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
 * @throws esbuild's BuildFailure if a source cannot be compiled.
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

/** A hash of eight characters for file names, like esbuild's. */
function hashContent(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 8).toUpperCase();
}
