import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import {
  GetObjectCommand,
  HeadObjectCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { KnownSource } from '../../lambda/aws/sources.ts';
import { UsageError } from '../../lambda/errors.ts';
import type { Receipt } from '../../lambda/ledger/receipt.ts';
import { type FileKind, fileKinds, parseFileKind } from '../../local/user-files.ts';
import type { CommandContext } from '../command.ts';
import { isNotFound } from '../errors.ts';

/** The import of one file. */
export interface ImportTask {
  readonly context: Pick<CommandContext, 'deployment' | 'signal' | 'interpret' | 'terminal'>;
  readonly input: Input;
  readonly source: KnownSource;
  /** Seconds without progress after which the command stops watching the deployed importer. */
  readonly maxWaitSeconds: number;
  /** Called with the number of imported bytes. */
  readonly onProgress: (bytes: number) => void;
}

/** How an import ended. */
export interface Imported {
  /** `interrupted`: begun, and can be continued. `waiting`: the importer has it, but made no progress for too long. */
  readonly outcome: 'done' | 'done before' | 'failed' | 'interrupted' | 'waiting';
  readonly rows: number;
  readonly accepted: number;
  readonly rejected: number;
  /** The receipt of the records, if it is known here; a CSV file's is in the importer's metrics. */
  readonly receipt?: Receipt;
  /** Why it failed. */
  readonly reason?: string;
}

/** A file to import: on this machine, or an object of any bucket that the caller may read. */
export interface Input {
  /** Its name in messages: a path, or `s3://bucket/key`. */
  readonly name: string;
  /** Without folders. */
  readonly baseName: string;
  readonly kind: FileKind;
  readonly bytes: number;
  /** Identifies its content: the digest of a file, or the version of an object. */
  readonly identity: string;
  /** Its location, if it is an object. */
  readonly object: { readonly bucket: string; readonly key: string; readonly versionId?: string } | undefined;
  /** Reads it from the beginning. */
  readonly open: () => AsyncIterable<Uint8Array>;
}

/**
 * Finds the named inputs: files, folders, `s3://bucket/key`, and `s3://bucket/prefix/` for all objects below it. In
 * folders and below prefixes, only files with a known ending count.
 *
 * @throws UsageError for a missing file, and for a file with an unknown ending.
 */
export async function* openInputs(client: S3Client, names: readonly string[]): AsyncGenerator<Input> {
  for (const name of names) {
    const [, bucket, key = ''] = /^s3:\/\/([^/]+)\/(.*)$/.exec(name) ?? [];
    if (bucket === undefined) yield* listLocalInputs(name);
    else if (key === '' || key.endsWith('/')) yield* listObjectsBelow(client, bucket, key);
    else yield await findObjectInput(client, bucket, key);
  }
}

async function* listLocalInputs(path: string): AsyncGenerator<Input> {
  const found = await stat(path).catch((error: unknown) => {
    throw new UsageError(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  });
  if (!found.isDirectory()) {
    yield await openFileInput(path, findFileKind(path), found.size);
    return;
  }
  for (const { name } of await readdir(path, { withFileTypes: true })) {
    const kind = parseFileKind(name);
    if (kind === undefined) continue;
    const inner = join(path, name);
    const innerFound = await stat(inner);
    if (innerFound.isFile()) yield await openFileInput(inner, kind, innerFound.size);
  }
}

async function openFileInput(path: string, kind: FileKind, bytes: number): Promise<Input> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return {
    ...{ name: path, baseName: basename(path), kind, bytes, object: undefined },
    identity: hash.digest('hex').slice(0, 32),
    open: () => createReadStream(path),
  };
}

async function* listObjectsBelow(client: S3Client, bucket: string, prefix: string): AsyncGenerator<Input> {
  const pages = paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix });
  for await (const { Contents: contents = [] } of pages) {
    for (const { Key: key = '' } of contents) {
      if (parseFileKind(key) !== undefined) yield await findObjectInput(client, bucket, key);
    }
  }
}

async function findObjectInput(client: S3Client, bucket: string, key: string): Promise<Input> {
  const name = `s3://${bucket}/${key}`;
  const kind = findFileKind(name);
  const head = await client
    .send(new HeadObjectCommand({ Bucket: bucket, Key: key }))
    .catch((error: unknown) => {
      throw isNotFound(error) ? new UsageError(`${name} does not exist`) : error;
    });
  const { VersionId: versionId, ETag: eTag = '', ContentLength: bytes = 0 } = head;
  return {
    ...{ name, baseName: basename(key), kind, bytes },
    identity: versionId ?? eTag.replaceAll('"', ''),
    object: { bucket, key, ...(versionId !== undefined && { versionId }) },
    open: () => readObject(client, bucket, key, versionId),
  };
}

async function* readObject(
  client: S3Client,
  Bucket: string,
  Key: string,
  VersionId: string | undefined,
): AsyncGenerator<Uint8Array> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key, VersionId }));
  if (Body !== undefined) yield* Body as AsyncIterable<Uint8Array>;
}

function findFileKind(name: string): FileKind {
  const kind = parseFileKind(name);
  if (kind !== undefined) return kind;
  throw new UsageError(`${name}: give files whose names end in ${[...fileKinds.keys()].join(', ')}`);
}
