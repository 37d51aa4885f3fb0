import { GetObjectCommand, NoSuchKey, type S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import type { FileObject } from './messages.ts';

/** An object that is open for reading. */
export interface OpenedFile {
  /** Its bytes from the position where it was opened. */
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Bytes of the whole object. */
  readonly size: number;
  /** When it was delivered, milliseconds since the epoch. */
  readonly deliveredAt: number;
  /** Closes it, even if it was not read to the end. */
  readonly close: () => Promise<void>;
}

/**
 * Opens an object at a byte.
 *
 * @returns undefined if the object, or the version in the notification, no longer exists.
 * @throws S3's errors.
 */
export async function openFile(
  client: S3Client,
  object: FileObject,
  from: number,
): Promise<OpenedFile | undefined> {
  try {
    const answer = await client.send(
      new GetObjectCommand({
        Bucket: object.bucket,
        Key: object.key,
        // Without versioning, another file may have replaced the one in the notification.
        ...(object.versionId !== undefined
          ? { VersionId: object.versionId }
          : object.eTag !== undefined && { IfMatch: `"${object.eTag}"` }),
        ...(from > 0 ? { Range: `bytes=${from}-` } : {}),
      }),
    );
    const body = answer.Body as (AsyncIterable<Uint8Array> & { destroy?: () => void }) | undefined;
    return {
      bytes: body ?? readNothing(),
      size: parseSize(answer.ContentRange) ?? answer.ContentLength ?? 0,
      deliveredAt: answer.LastModified?.getTime() ?? Date.now(),
      close: async () => body?.destroy?.(),
    };
  } catch (error) {
    if (isGone(error)) return undefined;
    if (isAtEnd(error)) return makeEmptyFile(from);
    throw error;
  }
}

/** Whether the file was deleted or replaced. */
function isGone(error: unknown): boolean {
  if (error instanceof NoSuchKey) return true;
  return error instanceof S3ServiceException && ['NoSuchVersion', 'PreconditionFailed'].includes(error.name);
}

/** Whether reading was to start at the end of the file. */
function isAtEnd(error: unknown): boolean {
  return error instanceof S3ServiceException && error.name === 'InvalidRange';
}

/** The total in `bytes 10-99/100`. */
function parseSize(contentRange: string | undefined): number | undefined {
  const total = contentRange?.split('/')[1];
  return total === undefined || total === '*' ? undefined : Number(total);
}

function makeEmptyFile(size: number): OpenedFile {
  return { bytes: readNothing(), size, deliveredAt: 0, close: async () => undefined };
}

async function* readNothing(): AsyncGenerator<Uint8Array> {}
