import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { BuildOptions } from 'esbuild';

/** A cached bundle. Each entry point has one file, so that a new bundle replaces the old one. */
interface KeptBundle {
  /** The paths of the sources, with hashes of their contents. */
  readonly inputs: readonly (readonly [path: string, hash: string])[];
  /** The contents of the bundle's files, by name. */
  readonly files: Readonly<Record<string, string>>;
}

/** Other inputs of a bundle: installed packages, which npm records here, and TypeScript's settings. */
const furtherInputs = ['node_modules/.package-lock.json', 'tsconfig.json'];

/**
 * Caches functions' bundles while their sources are unchanged: bundling takes half of the time that a local run needs
 * to start.
 */
export class BundleCache {
  readonly #project: string;
  readonly #folder: string;

  /**
   * @param project folder that the paths of sources are relative to.
   * @param folder where bundles are cached; created if it does not exist.
   */
  constructor(project: string, folder: string) {
    this.#project = project;
    this.#folder = folder;
  }

  /** The files of a cached bundle, by name; undefined if no bundle has the same sources. */
  async read(options: BuildOptions): Promise<Readonly<Record<string, string>> | undefined> {
    const kept = await this.#readKept(options);
    if (kept === undefined) return undefined;
    const hashes = await Promise.all(kept.inputs.map(([path]) => this.#hash(path)));
    return kept.inputs.every(([, hash], index) => hash === hashes[index]) ? kept.files : undefined;
  }

  /**
   * Caches a bundle. Does nothing if the folder is not writable, or if a source has changed since bundling started,
   * because the bundle may contain the old source.
   *
   * @param inputs paths of the sources, including those in packages.
   * @param started when bundling started, in milliseconds since the epoch.
   */
  async keep(
    options: BuildOptions,
    inputs: readonly string[],
    files: Readonly<Record<string, string>>,
    started: number,
  ): Promise<void> {
    const paths = [...inputs.filter((path) => !path.includes('node_modules/')), ...furtherInputs];
    const hashed = await Promise.all(paths.map(async (path) => [path, await this.#hash(path)] as const));
    const known = hashed.flatMap(([path, hash]) => (hash === undefined ? [] : [[path, hash] as const]));
    const times = await Promise.all(known.map(([path]) => stat(resolve(this.#project, path))));
    if (known.length < paths.length || times.some(({ mtimeMs }) => mtimeMs >= started)) return;
    const kept: KeptBundle = { inputs: known, files };
    const path = this.#makePath(options);
    const unfinished = `${path}.${randomUUID()}`;
    try {
      await mkdir(this.#folder, { recursive: true });
      // Renamed when it is complete, so that other processes never read part of it.
      await writeFile(unfinished, JSON.stringify(kept));
      await rename(unfinished, path);
    } catch (error) {
      // The installation is read-only, or the disk is full: functions are then bundled at every start.
      if (!isRefusal(error)) throw error;
    }
  }

  async #readKept(options: BuildOptions): Promise<KeptBundle | undefined> {
    try {
      return JSON.parse(await readFile(this.#makePath(options), 'utf8')) as KeptBundle;
    } catch {
      // Missing or invalid: a new bundle is made.
      return undefined;
    }
  }

  #makePath(options: BuildOptions): string {
    return join(this.#folder, `${hashContent(JSON.stringify(options))}.json`);
  }

  async #hash(path: string): Promise<string | undefined> {
    try {
      return hashContent(await readFile(resolve(this.#project, path)));
    } catch {
      // A missing source counts as changed.
      return undefined;
    }
  }
}

function hashContent(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

const refusals = new Set(['EACCES', 'EEXIST', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'ENOTDIR']);

/** Whether an error says that a file cannot be written, because the installation is read-only or the disk is full. */
export function isRefusal(error: unknown): boolean {
  return error instanceof Error && 'code' in error && refusals.has(String(error.code));
}
