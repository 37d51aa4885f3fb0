import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { BuildOptions } from 'esbuild';

/** A cached bundle: one file for each entry, so that a new bundle replaces the old one. */
interface KeptBundle {
  /** The sources with the hashes of their contents. */
  readonly inputs: readonly (readonly [path: string, hash: string])[];
  /** The contents of the bundle's files by their names. */
  readonly files: Readonly<Record<string, string>>;
}

/** What else decides on a bundle: packages (npm notes here what it has installed), and TypeScript's settings. */
const furtherInputs = ['node_modules/.package-lock.json', 'tsconfig.json'];

/** Bundles of functions that are still current: bundling takes half of the time in which a local run starts. */
export class BundleCache {
  readonly #project: string;
  readonly #folder: string;

  /**
   * @param project folder that the paths of sources are relative to.
   * @param folder where bundles are kept; created if it does not exist.
   */
  constructor(project: string, folder: string) {
    this.#project = project;
    this.#folder = folder;
  }

  /** The files of a bundle by their names; undefined where none is kept that was made of the same sources. */
  async read(options: BuildOptions): Promise<Readonly<Record<string, string>> | undefined> {
    const kept = await this.#readKept(options);
    if (kept === undefined) return undefined;
    const hashes = await Promise.all(kept.inputs.map(([path]) => this.#hash(path)));
    return kept.inputs.every(([, hash], index) => hash === hashes[index]) ? kept.files : undefined;
  }

  /**
   * Keeps a bundle. Does nothing if the folder cannot be written, or if a source was changed since bundling began: the
   * bundle may hold the old source.
   *
   * @param inputs paths of the sources, those in packages included.
   * @param started when the bundle was begun, in milliseconds since 1970.
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
      // Renamed when complete, so that other processes never read a part.
      await writeFile(unfinished, JSON.stringify(kept));
      await rename(unfinished, path);
    } catch (error) {
      // An installation that the user may only read, or a full disk: functions are bundled each time.
      if (!isRefusal(error)) throw error;
    }
  }

  async #readKept(options: BuildOptions): Promise<KeptBundle | undefined> {
    try {
      return JSON.parse(await readFile(this.#makePath(options), 'utf8')) as KeptBundle;
    } catch {
      // Missing or unreadable: a new one is made.
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

/** Whether an error says that a file can't be written: to an installation that one may only read, or a full disk. */
export function isRefusal(error: unknown): boolean {
  return error instanceof Error && 'code' in error && refusals.has(String(error.code));
}
