import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { Account, type ObjectRead } from './account.ts';
import type { StoredObject } from './buckets.ts';
import { ObjectFolder } from './folder.ts';
import type { NotificationFilter, ObjectCreatedListener } from './notifications.ts';
import { S3Server } from './server.ts';

/** Settings of an S3 stand-in. */
export interface S3StandInOptions {
  /** Region that buckets and events name; `us-east-1` unless given. */
  readonly region?: string;
  /**
   * Called for failures that are not the client's: a bug, a full disk, a listener that throws. They go to standard
   * error unless given.
   */
  readonly onError?: (error: unknown) => void;
}

/** An object as the process itself puts it. */
export interface PutObjectOptions {
  /** `binary/octet-stream` unless given. */
  readonly contentType?: string;
}

/** An object in a list. */
export interface ListedObject {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** Without quotation marks. */
  readonly etag: string;
  readonly lastModified: Date;
}

/** A local S3: the REST protocol on loopback, with objects that live as long as it does. */
export interface S3StandIn {
  /**
   * Begins to answer.
   *
   * @param port 0 for any that is free.
   * @param host 127.0.0.1 unless given. There is no access control: keep it on loopback.
   * @returns the port.
   * @throws Error of the operating system, such as `EADDRINUSE`.
   */
  listen(port: number, host?: string): Promise<{ port: number }>;
  /** Ends all connections and removes all objects. */
  close(): Promise<void>;
  /**
   * Creates a bucket. If it exists, this only enables versioning, or forbids clients to delete it, where the options
   * say so.
   */
  createBucket(name: string, options?: { readonly versioned?: boolean; readonly permanent?: boolean }): void;
  /**
   * Creates a bucket that keeps its objects as files at their keys, below a folder, for longer than the stand-in lives.
   * The objects that are there are shown. It has no versions, and takes keys only that are paths on every system.
   */
  openBucket(name: string, folder: string, options?: { readonly permanent?: boolean }): Promise<void>;
  /** Puts an object as a client does, notifications included. */
  putObject(
    bucket: string,
    key: string,
    bytes: Uint8Array,
    options?: PutObjectOptions,
  ): Promise<{ etag: string; versionId: string }>;
  /** The bytes of an object, all in memory; undefined if it does not exist. */
  getObject(bucket: string, key: string): Promise<Buffer | undefined>;
  /** All objects whose keys begin with the prefix, in the order of S3's lists. */
  listObjects(bucket: string, prefix?: string): readonly ListedObject[];
  /** Calls a listener for each piece of an object that a client reads. */
  onObjectRead(listener: (read: ObjectRead) => void): void;
  /**
   * Calls a listener with an event message for each new object, as S3 notifies a queue. The bucket need not exist yet.
   *
   * @returns ends the subscription.
   */
  onObjectCreated(bucket: string, listener: ObjectCreatedListener, filter?: NotificationFilter): () => void;
}

/** Makes an S3 stand-in, which begins to answer with `listen`. */
export function createS3StandIn(options: S3StandInOptions = {}): S3StandIn {
  const onError = options.onError ?? ((error: unknown) => console.error('The local S3 failed:', error));
  const account = new Account(options.region ?? 'us-east-1', onError);
  const server = new S3Server(account, onError);
  return {
    listen: (port, host = '127.0.0.1') => server.listen(port, host),
    async close() {
      await server.close();
      await account.contents.close();
    },
    createBucket(name, { versioned = false, permanent = false } = {}) {
      const bucket = account.buckets.get(name) ?? account.createBucket(name);
      if (versioned) bucket.versioned = true;
      if (permanent) bucket.permanent = true;
    },
    async openBucket(name, path, { permanent = false } = {}) {
      const folder = await ObjectFolder.open(path);
      const bucket = account.createBucket(name, undefined, folder);
      bucket.permanent = permanent;
      for await (const object of folder.list()) bucket.take(object);
    },
    async putObject(bucket, key, bytes, { contentType = 'binary/octet-stream' } = {}) {
      const { etag, versionId } = await putBytes(account, { bucket, key, bytes, contentType });
      return { etag, versionId };
    },
    getObject: (bucket, key) => readBytes(account, bucket, key),
    listObjects: (bucket, prefix = '') => listCurrentObjects(account, bucket, prefix),
    onObjectRead(listener) {
      account.onRead = listener;
    },
    onObjectCreated: (bucket, listener, filter = {}) =>
      account.notifications.subscribe(bucket, listener, filter),
  };
}

interface BytesToPut {
  readonly bucket: string;
  readonly key: string;
  readonly bytes: Uint8Array;
  readonly contentType: string;
}

async function putBytes(
  account: Account,
  { bucket, key, bytes, contentType }: BytesToPut,
): Promise<StoredObject> {
  const target = account.findBucket(bucket);
  // A copy, because the caller may change its array later.
  const copy = Buffer.from(bytes);
  const content = await account.contents.receive(Readable.from([copy]));
  const etag = createHash('md5').update(copy).digest('hex');
  const headers = { 'content-type': contentType };
  return account.store(target, key, { content, etag, headers }, 'Put', () => {});
}

async function readBytes(account: Account, bucket: string, key: string): Promise<Buffer | undefined> {
  const object = account.findBucket(bucket).findCurrent(key);
  if (object === undefined) return undefined;
  const content = account.contents.hold(object.content);
  try {
    const pieces: Buffer[] = [];
    for await (const piece of account.contents.read(content)) pieces.push(piece);
    return Buffer.concat(pieces);
  } finally {
    account.contents.release(content);
  }
}

function listCurrentObjects(account: Account, name: string, prefix: string): readonly ListedObject[] {
  const bucket = account.findBucket(name);
  const keys = bucket.keys().filter((key) => key.startsWith(prefix));
  const objects = keys.map((key) => bucket.findCurrent(key)).filter((object) => object !== undefined);
  return objects.map(({ key, content, etag, lastModified }) => ({
    key,
    size: content.size,
    etag,
    lastModified,
  }));
}
