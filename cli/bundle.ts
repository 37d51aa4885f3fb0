import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild';

/**
 * The bundle of the command line and the local run, which share most of their code; cached in `node_modules/.cache`.
 */

/** The bundle's programs: the names of their entry files, without the hash, and their sources. */
const programs = { main: 'cli/main.ts', start: 'local/main.ts' } as const;

/** A source file that starts a process. */
export type Program = (typeof programs)[keyof typeof programs];

/** Shows whether a bundle is current. `cli/load-program.mjs` reads it. */
export interface BundleManifest {
  /** Each program's entry file, in the folder `files` next to the manifest. */
  readonly entries: Readonly<Record<Program, string>>;
  /** The bundle's sources: the path relative to the project's folder, and `<mtime in ms> <bytes>`. */
  readonly inputs: readonly (readonly [path: string, stamp: string])[];
}

/** Other files that affect the bundle: npm's list of installed packages, and the code that makes the bundle. */
const furtherInputs = ['node_modules/.package-lock.json', 'tsconfig.json', 'cli/bundle.ts'];
/** How long files of an earlier bundle stay: a running command may still load one. */
const keptMilliseconds = 24 * 3_600_000;

/** The folder of the bundle's files, relative to the project's folder. */
const outputFolder = 'node_modules/.cache/simledger/files';

/**
 * Some sources refer to files next to them, such as examples and code of other processes. In the bundle, they locate
 * these from the bundle's own address, because the project's folder may be moved with its packages.
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

/** Build options: one file per command, plus shared files, so that each command loads only what it needs. */
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
    // Only `NODE_OPTIONS=--enable-source-maps` reads source maps.
    sourcemap: 'linked',
    sourcesContent: false,
    // Both locate their binaries from their installation folder, and the second is optional.
    external: ['esbuild', '@duckdb/node-api'],
    // CommonJS packages load Node's modules with `require`.
    banner: {
      js: "import{createRequire as simledgerRequire}from'node:module';const require=simledgerRequire(import.meta.url);",
    },
    logLevel: 'error',
    metafile: true,
    write: false,
  };
}

/**
 * Makes the bundle, and records its inputs.
 *
 * @param project folder of the clone.
 * @param cache folder for the bundle; created if it does not exist.
 * @returns the programs' entry files in the cache's folder `files`; undefined if the cache cannot be written.
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
      // Names contain content hashes, so an existing file has the same content.
      if (!existsSync(join(folder, basename(path)))) await writeWhole(join(folder, basename(path)), contents);
    }
    const entries = listEntries(metafile);
    await writeManifest(project, cache, { entries, inputs: readStamps(project, metafile) }, started);
    removeOld(folder, new Set(outputFiles.map(({ path }) => basename(path))));
    return entries;
  } catch (error) {
    // The installation is read-only for the caller, or the disk is full.
    if (isRefusal(error)) return undefined;
    throw error;
  }
}

/** The entry file of each program. */
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

/** If a source changes while the bundle is made, the bundle may have its old form. Such a bundle is used only once. */
async function writeManifest(
  project: string,
  cache: string,
  manifest: BundleManifest,
  started: number,
): Promise<void> {
  const changed = manifest.inputs.some(([path]) => statSync(join(project, path)).mtimeMs >= started);
  if (!changed) await writeWhole(join(cache, 'manifest.json'), JSON.stringify(manifest));
}

/** Writes a file that appears only when it is complete: two commands may make the bundle concurrently. */
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
