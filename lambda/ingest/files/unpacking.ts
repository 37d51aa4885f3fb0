import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { type Fault, formatReason, makeFault } from '../../carriers/reading.ts';
import type { OpenedFile } from './file-store.ts';

/** An opened file whose bytes are CSV, whether the object is packed or not. */
export interface UnpackedFile extends OpenedFile {
  /** Whether the object is gzip; positions then refer to the CSV inside it. */
  readonly isPacked: boolean;
  /** What is wrong with the gzip; if set, nothing of it is read. */
  readonly damage?: Fault;
}

/** A packed file that cannot be unpacked to its end. */
class DamagedFileError extends Error {
  override readonly name = 'DamagedFileError';
  readonly fault: Fault;

  constructor(damage: Fault) {
    super(formatReason(damage));
    this.fault = damage;
  }
}

/**
 * CSV usually shrinks to a tenth; a file that unpacks to more than 200 times its size is not CSV, unless it is small.
 */
const maxRatio = 200;
const freeBytes = 64 * 1024 * 1024;

/** Opens an object at a byte; undefined if it no longer exists. */
export type Open = (from: number) => Promise<OpenedFile | undefined>;

/**
 * Opens the CSV that an object is or contains. Gzip is recognised by its first bytes, not by its name.
 *
 * Gzip is unpacked completely before anything is read, because damaged gzip may unpack to wrong bytes from the
 * beginning.
 *
 * @param from position in the CSV to read from. Gzip cannot be entered in the middle, so it is unpacked from its
 *   beginning.
 * @param isPacked whether it is gzip, if that is already known.
 */
export async function openUnpacked(
  open: Open,
  from: number,
  isPacked: boolean,
): Promise<UnpackedFile | undefined> {
  const file = await open(isPacked ? 0 : from);
  if (file === undefined) return undefined;
  if (from > 0 && !isPacked) return { ...file, isPacked };
  const chunks = file.bytes[Symbol.asyncIterator]();
  const head = await readHead(chunks);
  const bytes = prependBytes(head, chunks);
  if (!isGzip(head)) return { ...file, bytes, isPacked: false };
  if (isPacked) return { ...file, bytes: readBehind(from, unpackGzip(bytes, file.size)), isPacked };
  const damage = await findDamage(bytes, file.size);
  if (damage !== undefined) return { ...file, isPacked: true, damage };
  await file.close();
  return openUnpacked(open, from, true);
}

async function findDamage(packed: AsyncIterable<Uint8Array>, size: number): Promise<Fault | undefined> {
  try {
    for await (const _ of unpackGzip(packed, size));
    return undefined;
  } catch (error) {
    if (error instanceof DamagedFileError) return error.fault;
    throw error;
  }
}

function isGzip(head: Buffer): boolean {
  return head[0] === 0x1f && head[1] === 0x8b;
}

/** At least two bytes, if the file has them. */
async function readHead(chunks: AsyncIterator<Uint8Array>): Promise<Buffer> {
  let head: Buffer = Buffer.alloc(0);
  while (head.length < 2) {
    const chunk = await chunks.next();
    if (chunk.done === true) break;
    head = Buffer.concat([head, chunk.value]);
  }
  return head;
}

/** Bytes that were read ahead, followed by the remaining chunks. */
export async function* prependBytes(
  head: Buffer,
  chunks: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  if (head.length > 0) yield head;
  for (let chunk = await chunks.next(); chunk.done !== true; chunk = await chunks.next()) yield chunk.value;
}

async function* unpackGzip(packed: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip();
  // Errors surface in the iteration.
  pipeline(Readable.from(packed), gunzip, () => undefined);
  let length = 0;
  try {
    for await (const chunk of gunzip) {
      length += chunk.length;
      if (length > freeBytes + maxRatio * size) {
        throw new DamagedFileError(
          makeFault(
            'too-large',
            `The gzip unpacks to more than ${maxRatio} times its size, which CSV does not`,
          ),
        );
      }
      yield chunk;
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (!code.startsWith('Z_')) throw error;
    throw new DamagedFileError(
      makeFault(
        'broken-gzip',
        `The gzip is damaged or cut short after byte ${length} of its content. Send the file again`,
      ),
    );
  }
  if (gunzip.bytesWritten < size) {
    const rest = size - gunzip.bytesWritten;
    throw new DamagedFileError(
      makeFault('broken-gzip', `${rest} bytes that are not gzip follow the gzip. Send only the gzip`),
    );
  }
}

async function* readBehind(from: number, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let skipped = 0;
  for await (const chunk of chunks) {
    const skip = Math.min(chunk.length, from - skipped);
    skipped += skip;
    if (skip < chunk.length) yield chunk.subarray(skip);
  }
}
