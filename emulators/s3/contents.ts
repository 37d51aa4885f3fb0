import { randomUUID } from 'node:crypto';
import { appendFileSync, closeSync, copyFileSync, openSync, readSync } from 'node:fs';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { createTemporaryFolder, type TemporaryFolder } from '../temporary-folder.ts';

/**
 * The most bytes of an upload that is kept in memory: for small uploads, writing a file takes longer than the upload.
 */
const largestInMemory = 16_384;
/** How many bytes of a file are read at a time. */
const readSize = 262_144;

/** The bytes of one upload, in memory or in a file. The file is removed with the blob, unless it is `kept`. */
interface Blob {
  place: { readonly bytes: Buffer } | { readonly path: string; readonly kept?: true };
  /** How many holds it has. It is removed with the last one. */
  holders: number;
}

interface Segment {
  readonly blob: Blob;
  /** Offset of the first byte in the blob. */
  readonly start: number;
  readonly length: number;
}

/** The bytes of an object or part, as segments of uploads, so that joining and copying do not move bytes. */
export interface Content {
  /** Length in bytes. */
  readonly size: number;
  readonly segments: readonly Segment[];
}

/** Concatenates contents. The result is not held yet. */
export function joinContents(contents: readonly Content[]): Content {
  const size = contents.reduce((sum, content) => sum + content.size, 0);
  return { size, segments: contents.flatMap((content) => content.segments) };
}

/** The bytes from `start` (included) to `end` (excluded). The result is not held yet. */
export function sliceContent(content: Content, start: number, end: number): Content {
  const segments: Segment[] = [];
  let offset = 0;
  for (const segment of content.segments) {
    const from = Math.max(start - offset, 0);
    const to = Math.min(end - offset, segment.length);
    if (from < to) segments.push({ blob: segment.blob, start: segment.start + from, length: to - from });
    offset += segment.length;
  }
  return { size: segments.reduce((sum, segment) => sum + segment.length, 0), segments };
}

/** The bytes of a file that outlives the content. The result is not held yet. */
export function openFileContent(path: string, size: number): Content {
  return { size, segments: [{ blob: { place: { path, kept: true }, holders: 0 }, start: 0, length: size }] };
}

/** Writes a content, which the caller holds, to a new file, synchronously. */
export function saveContent({ segments }: Content, path: string): void {
  closeSync(openSync(path, 'wx', 0o600));
  for (const { blob, start, length } of segments) {
    if ('bytes' in blob.place) appendFileSync(path, blob.place.bytes.subarray(start, start + length));
    else appendPart(path, blob.place.path, start, length);
  }
}

function appendPart(path: string, from: string, start: number, length: number): void {
  const file = openSync(from, 'r');
  try {
    for (let done = 0; done < length; ) {
      const piece = Buffer.allocUnsafe(Math.min(readSize, length - done));
      const read = readSync(file, piece, 0, piece.length, start + done);
      if (read === 0) throw new Error(`${from} ends ${length - done} bytes too early`);
      appendFileSync(path, piece.subarray(0, read));
      done += read;
    }
  } finally {
    closeSync(file);
  }
}

/**
 * Call this before a kept file changes or is removed: those who are still reading its content continue with a copy.
 *
 * @param copy the path for the copy, which is removed when nobody reads it any more.
 */
export function leaveFile({ segments }: Content, copy: string): void {
  for (const { blob } of segments) {
    // One hold is the object's own.
    if ('bytes' in blob.place || blob.holders <= 1) continue;
    copyFileSync(blob.place.path, copy);
    blob.place = { path: copy };
  }
}

/**
 * Stores the bytes of uploads: small ones in memory, others in files with random names in a private temporary folder.
 * Bytes are kept while an object or a response holds them, so that a running download survives the deletion of its
 * object.
 */
export class ContentStore {
  readonly #onError: (error: unknown) => void;
  #folder: Promise<TemporaryFolder> | undefined;
  readonly #removals = new Set<Promise<void>>();

  /** @param onError called if a file could not be removed; it is removed with the folder. */
  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  /**
   * Stores an upload. If the source fails, nothing of it remains.
   *
   * @returns the content, with one hold.
   */
  async receive(source: AsyncIterable<Buffer>): Promise<Content> {
    const held: Buffer[] = [];
    let size = 0;
    let file: OpenFile | undefined;
    try {
      for await (const chunk of source) {
        size += chunk.length;
        if (file === undefined) held.push(chunk);
        else await writeAll(file.handle, chunk);
        if (file === undefined && size > largestInMemory) {
          file = await this.#createFile();
          await writeAll(file.handle, Buffer.concat(held));
        }
      }
    } catch (error) {
      if (file !== undefined) await this.#discard(file);
      throw error;
    }
    await file?.handle.close();
    const place = file === undefined ? { bytes: Buffer.concat(held) } : { path: file.path };
    return { size, segments: [{ blob: { place, holders: 1 }, start: 0, length: size }] };
  }

  /** Adds a hold to a content. */
  hold(content: Content): Content {
    for (const { blob } of content.segments) blob.holders += 1;
    return content;
  }

  /** Removes a hold from a content. With the last one, the bytes are removed. */
  release(content: Content): void {
    for (const { blob } of content.segments) {
      blob.holders -= 1;
      if (blob.holders > 0 || 'bytes' in blob.place || blob.place.kept === true) continue;
      this.#remove(blob.place.path);
    }
  }

  /** Reads a content, which the caller must hold until the end. */
  async *read(content: Content): AsyncGenerator<Buffer, void> {
    for (const { blob, start, length } of content.segments) {
      if ('bytes' in blob.place) yield blob.place.bytes.subarray(start, start + length);
      else yield* readBlob(blob, start, length);
    }
  }

  /** Removes the folder and its files. */
  async close(): Promise<void> {
    await Promise.all(this.#removals);
    const folder = this.#folder;
    this.#folder = undefined;
    await (await folder)?.remove();
  }

  async #createFile(): Promise<OpenFile> {
    this.#folder ??= createTemporaryFolder('s3');
    const path = join((await this.#folder).path, randomUUID());
    return { path, handle: await open(path, 'wx', 0o600) };
  }

  async #discard(file: OpenFile): Promise<void> {
    await file.handle.close();
    this.#remove(file.path);
  }

  #remove(path: string): void {
    const removal = unlink(path)
      .catch(this.#onError)
      .finally(() => this.#removals.delete(removal));
    this.#removals.add(removal);
  }
}

interface OpenFile {
  readonly path: string;
  readonly handle: FileHandle;
}

async function writeAll(handle: FileHandle, bytes: Buffer): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    written += (await handle.write(bytes, written)).bytesWritten;
  }
}

async function* readBlob(blob: Blob, start: number, length: number): AsyncGenerator<Buffer, void> {
  const { path, handle } = await openBlob(blob);
  try {
    for (let done = 0; done < length; ) {
      const size = Math.min(readSize, length - done);
      // Each piece needs a buffer of its own, because the previous one may still be on its way to the client.
      const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(size), 0, size, start + done);
      if (bytesRead === 0) throw new Error(`${path} ends ${length - done} bytes too early`);
      done += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

/** Opens the file of a blob, which may have been moved meanwhile. */
async function openBlob(blob: Blob): Promise<OpenFile> {
  for (;;) {
    const { place } = blob;
    if ('bytes' in place) throw new Error('These bytes are not in a file');
    const handle = await open(place.path, 'r');
    if (blob.place === place) return { path: place.path, handle };
    await handle.close();
  }
}
