import { describePermanent } from '../aws-json-protocol.ts';
import { Bucket, type ObjectFacts, type StoredObject } from './buckets.ts';
import { ContentStore } from './contents.ts';
import { S3Error } from './errors.ts';
import type { ObjectFolder } from './folder.ts';
import { KeyedMap } from './key-order.ts';
import { type CreationEvent, Notifications } from './notifications.ts';

/** The owner id of everything in the emulator. */
export const ownerId = '75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a';

/** A piece of an object that was sent to a client. */
export interface ObjectRead {
  readonly bucket: string;
  readonly key: string;
  readonly piece: Buffer;
  /** Offset in the object of the byte after the piece. */
  readonly end: number;
}

/** The emulator's only account: its buckets, their contents, and the listeners for new objects. */
export class Account {
  /** Called with each piece of an object that is sent to a client. */
  onRead: ((read: ObjectRead) => void) | undefined;
  /** Region of buckets that are created without one. */
  readonly region: string;
  readonly buckets = new KeyedMap<Bucket>();
  readonly contents: ContentStore;
  readonly notifications: Notifications;

  /** @param onError called for failures that no response can report. */
  constructor(region: string, onError: (error: unknown) => void) {
    this.region = region;
    this.contents = new ContentStore(onError);
    this.notifications = new Notifications(onError);
  }

  /** @throws S3Error `NoSuchBucket`. */
  findBucket(name: string): Bucket {
    const bucket = this.buckets.get(name);
    if (bucket !== undefined) return bucket;
    throw makeNoSuchBucket(name);
  }

  /**
   * @param folder keeps the bucket's objects as files.
   * @throws S3Error `InvalidBucketName`, or `BucketAlreadyOwnedByYou`.
   */
  createBucket(name: string, region: string = this.region, folder?: ObjectFolder): Bucket {
    if (!isBucketName(name)) {
      throw new S3Error('InvalidBucketName', 'The specified bucket is not valid.', {
        fields: { BucketName: name },
      });
    }
    if (this.buckets.get(name) !== undefined) {
      const message = 'Your previous request to create the named bucket succeeded and you already own it.';
      throw new S3Error('BucketAlreadyOwnedByYou', message, { fields: { BucketName: name } });
    }
    const bucket = new Bucket(name, region, this.contents, folder);
    this.buckets.set(name, bucket);
    return bucket;
  }

  /**
   * @throws S3Error `NoSuchBucket`; `AccessDenied` for a permanent bucket; `BucketNotEmpty` if it has any version of
   *   any object.
   */
  deleteBucket(name: string): void {
    const bucket = this.findBucket(name);
    if (bucket.permanent) {
      throw new S3Error('AccessDenied', describePermanent('bucket', name), { fields: { BucketName: name } });
    }
    if (!bucket.empty) {
      const message = 'The bucket you tried to delete is not empty';
      throw new S3Error('BucketNotEmpty', message, { fields: { BucketName: name } });
    }
    for (const upload of bucket.uploads.values()) bucket.endUpload(upload);
    this.buckets.delete(name);
  }

  /**
   * Makes a new object visible and sends its notification. Takes over the caller's hold on the content, and releases it
   * if the object is refused.
   *
   * @param permit throws if the object must not be stored after all, because something changed during the upload.
   * @throws S3Error `NoSuchBucket` if the bucket was deleted meanwhile, or what `permit` throws.
   */
  store(
    bucket: Bucket,
    key: string,
    facts: ObjectFacts,
    how: CreationEvent,
    permit: () => void,
  ): StoredObject {
    let object: StoredObject;
    try {
      if (this.buckets.get(bucket.name) !== bucket) throw makeNoSuchBucket(bucket.name);
      permit();
      object = bucket.put(key, facts);
    } catch (error) {
      this.contents.release(facts.content);
      throw error;
    }
    this.notifications.announce(bucket, object, how);
    return object;
  }
}

function makeNoSuchBucket(name: string): S3Error {
  return new S3Error('NoSuchBucket', 'The specified bucket does not exist', { fields: { BucketName: name } });
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
function isBucketName(name: string): boolean {
  return (
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) && !name.includes('..') && !/^\d+(\.\d+){3}$/.test(name)
  );
}
