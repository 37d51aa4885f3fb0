import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { Account, type ObjectRead } from './account.ts';
import type { StoredObject } from './buckets.ts';
import { ObjectFolder } from './folder.ts';
import type { NotificationFilter, ObjectCreatedListener } from './notifications.ts';
import { S3Server } from './server.ts';

/** Options of an S3 emulator. */
export interface S3EmulatorOptions {
  /** Region of buckets and events; `us-east-1` by default. */
  readonly region?: string;
  /**
   * Called for failures that the client did not cause: a bug, a full disk, a listener that throws. By default they are
   * written to standard error.
   */
  readonly onError?: (error: unknown) => void;
}

/** Options of an object that this process puts. */
export interface PutObjectOptions {
  /** `binary/octet-stream` by default. */
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

/** A local S3: the REST protocol on loopback, with objects that live as long as the emulator. */
export interface S3Emulator {
  /**
   * Starts to listen.
   *
   * @param port 0 for any free port.
   * @param host 127.0.0.1 by default. There is no access control: keep it on loopback.
   * @returns the port.
   * @throws the operating system's error, such as `EADDRINUSE`.
   */
  listen(port: number, host?: string): Promise<{ port: number }>;
  /** Closes all connections and removes all objects. */
  close(): Promise<void>;
  /** Creates a bucket. If it exists, only makes it versioned or permanent, if the options say so. */
  createBucket(name: string, options?: { readonly versioned?: boolean; readonly permanent?: boolean }): void;
  /**
   * Creates a bucket that keeps its objects as files at their keys below a folder, where they outlive the emulator.
   * Objects that are in the folder become visible. The bucket has no versions, and accepts only keys that are valid
   * paths on every system.
   */
  openBucket(name: string, folder: string, options?: { readonly permanent?: boolean }): Promise<void>;
  /** Puts an object as a client does, including notifications. */
  putObject(
    bucket: string,
    key: string,
    bytes: Uint8Array,
    options?: PutObjectOptions,
  ): Promise<{ etag: string; versionId: string }>;
  /** The whole content of an object, in memory; undefined if it does not exist. */
  getObject(bucket: string, key: string): Promise<Buffer | undefined>;
  /** All objects whose keys begin with the prefix, in the order of S3's lists. */
  listObjects(bucket: string, prefix?: string): readonly ListedObject[];
  /** Calls a listener with each piece of an object that is sent to a client. */
  onObjectRead(listener: (read: ObjectRead) => void): void;
  /**
   * Calls a listener with an event message for each new object, as S3 notifies a queue. The bucket need not exist yet.
   *
   * @returns a function that ends the subscription.
   */
  onObjectCreated(bucket: string, listener: ObjectCreatedListener, filter?: NotificationFilter): () => void;
}

/** Makes an S3 emulator, which answers after `listen`. */
export function createS3Emulator(options: S3EmulatorOptions = {}): S3Emulator {
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
