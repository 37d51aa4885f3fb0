import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, mkdirSync, renameSync, rmSync } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { type Content, leaveFile, openFileContent, saveContent } from './contents.ts';
import { S3Error } from './errors.ts';

/** An object that was found as a file. */
export interface FoundObject {
  readonly key: string;
  /** Not held. */
  readonly content: Content;
  readonly etag: string;
  readonly lastModified: Date;
}

/**
 * Parts of a key that are valid names of files and folders on every system, and that do not depend on upper and lower
 * case.
 */
const keyPart = /^[a-z0-9_=-]+(?:\.[a-z0-9_=-]+)*$/;

/** Names that Windows reserves for devices, whatever follows the dot. */
const deviceName = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/;

/**
 * The folder for files that are being written, and for copies of files that are read while they change. It cannot be a
 * key.
 */
const scratchName = '.writing';

/**
 * Stores the objects of a bucket as files at their keys, so that other programs can read them. A file appears only when
 * it is complete. Headers of objects are not stored.
 */
export class ObjectFolder {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  /** Opens a folder, or creates it. Removes what an earlier process left unfinished. */
  static async open(path: string): Promise<ObjectFolder> {
    await mkdir(path, { recursive: true, mode: 0o700 });
    await rm(join(path, scratchName), { recursive: true, force: true });
    await mkdir(join(path, scratchName), { mode: 0o700 });
    return new ObjectFolder(path);
  }

  /** The objects in the folder. Files whose path is not a valid key are ignored. */
  async *list(): AsyncGenerator<FoundObject> {
    const entries = await readdir(this.#path, { recursive: true, withFileTypes: true });
    for (const entry of entries) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      const key = relative(this.#path, path).split(sep).join('/');
      if (!isFileKey(key)) continue;
      const [{ size, mtime }, etag] = await Promise.all([stat(path), hashFile(path)]);
      yield { key, content: openFileContent(path, size), etag, lastModified: mtime };
    }
  }

  /**
   * Writes an object's file, synchronously.
   *
   * @param content held by the caller.
   * @param before the key's current content.
   * @returns the content of the file, not held yet.
   * @throws S3Error `InvalidRequest` for a key that cannot be a file's path.
   */
  write(key: string, content: Content, before: Content | undefined): Content {
    if (!isFileKey(key)) {
      const message = `This bucket keeps its objects as files: the parts of a key consist of a-z, 0-9, "_", "=", "-" and single dots in between.`;
      throw new S3Error('InvalidRequest', message, { fields: { Key: key } });
    }
    const path = this.#makeKeyPath(key);
    const written = this.#makeScratchPath();
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    try {
      saveContent(content, written);
      if (before !== undefined) leaveFile(before, this.#makeScratchPath());
      renameSync(written, path);
    } catch (error) {
      rmSync(written, { force: true });
      throw error;
    }
    return openFileContent(path, content.size);
  }

  /** Removes an object's file. */
  remove(key: string, content: Content): void {
    leaveFile(content, this.#makeScratchPath());
    rmSync(this.#makeKeyPath(key), { force: true });
  }

  #makeKeyPath(key: string): string {
    return join(this.#path, ...key.split('/'));
  }

  #makeScratchPath(): string {
    return join(this.#path, scratchName, randomUUID());
  }
}

function isFileKey(key: string): boolean {
  return key.split('/').every((part) => keyPart.test(part) && !deviceName.test(part));
}

async function hashFile(path: string): Promise<string> {
  const md5 = createHash('md5');
  for await (const piece of createReadStream(path)) md5.update(piece as Buffer);
  return md5.digest('hex');
}
