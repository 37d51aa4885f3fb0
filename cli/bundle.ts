import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild';

/** The bundle of the command line and of the local run, which share most of their code; kept in `node_modules/.cache`. */

/** The programs of the bundle: the names of their first files, without the hash, and their sources. */
const programs = { main: 'cli/main.ts', start: 'local/main.ts' } as const;

/** A source that a process begins with. */
export type Program = (typeof programs)[keyof typeof programs];

/** Shows whether a bundle is current. `cli/load-program.mjs` reads it. */
export interface BundleManifest {
  /** The name of each program's first file, in the folder `files` beside the manifest. */
  readonly entries: Readonly<Record<Program, string>>;
  /** The sources of the bundle: the path from the project's folder, and `<mtime in ms> <bytes>`. */
  readonly inputs: readonly (readonly [path: string, stamp: string])[];
}

/** Other files that change the bundle: npm's note of the installed packages, and the code that makes the bundle. */
const furtherInputs = ['node_modules/.package-lock.json', 'tsconfig.json', 'cli/bundle.ts'];
/** How long files of an earlier bundle stay: a running command may still load one of them. */
const keptMilliseconds = 24 * 3_600_000;

/** Where the bundle's files are, from the project's folder. */
const outputFolder = 'node_modules/.cache/simledger/files';

/**
 * Some sources name files beside them, such as examples and what other processes run. In the bundle they find them from
 * where it is: the project's folder may be moved with its packages.
 */
const ownAddresses: Plugin = {
  name: 'own-addresses',
  setup({ initialOptions: { absWorkingDir: project = '' }, onLoad }) {
    onLoad({ filter: /[\\/](?:emulators|local)[\\/].*\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      const place = relative(join(project, outputFolder), path).replaceAll('\\', '/');
      const address = `new URL(${JSON.stringify(place)}, import.meta.url).href`;
      return { contents: source.replaceAll('import.meta.url', address), loader: 'ts' };
    });
  },
};

/** How the bundle is made: one file per command, and shared files, so that each command loads only what it needs. */
export function bundleOptions(project: string): BuildOptions & { metafile: true; write: false } {
  return {
    absWorkingDir: project,
    entryPoints: programs,
    outdir: outputFolder,
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    outExtension: { '.js': '.mjs' },
    bundle: true,
    plugins: [ownAddresses],
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
    // Both find their binaries from where they are installed, and the second may be missing.
    external: ['esbuild', '@duckdb/node-api'],
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
 * @returns the names of the programs' first files in the cache's folder `files`; undefined if the cache cannot be written.
 * @throws what esbuild throws if a source cannot be compiled.
 */
export async function buildBundle(
  project: string,
  cache: string,
): Promise<BundleManifest['entries'] | undefined> {
  const started = Date.now();
  const { metafile, outputFiles } = await build(bundleOptions(resolve(project)));
  const folder = join(cache, 'files');
  try {
    await mkdir(folder, { recursive: true });
    for (const { path, contents } of outputFiles) {
      // Names contain hashes of the content, so an existing file is the same.
      if (!existsSync(join(folder, basename(path)))) await writeWhole(join(folder, basename(path)), contents);
    }
    const entries = listEntries(metafile);
    await writeManifest(project, cache, { entries, inputs: readStamps(project, metafile) }, started);
    removeOld(folder, new Set(outputFiles.map(({ path }) => basename(path))));
    return entries;
  } catch (error) {
    // An installation that the caller may only read, or a full disk.
    if (isRefusal(error)) return undefined;
    throw error;
  }
}

/** The names of the files that stand for the programs. */
export function listEntries({ outputs }: Metafile): BundleManifest['entries'] {
  const find = (program: Program): string => {
    const [path] = Object.entries(outputs).find(([, { entryPoint }]) => entryPoint === program) ?? [];
    if (path === undefined) throw new Error(`esbuild made no file of ${program}`);
    return basename(path);
  };
  return { [programs.main]: find(programs.main), [programs.start]: find(programs.start) };
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
