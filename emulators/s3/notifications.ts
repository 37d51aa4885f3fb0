import { randomBytes } from 'node:crypto';
import type { Bucket, StoredObject } from './buckets.ts';
import { encodeKey } from './url-encoding.ts';

/** How an object was created. */
export type CreationEvent = 'Put' | 'Copy' | 'CompleteMultipartUpload';

/**
 * An S3 event message, as it is sent to a queue or function.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
 */
export interface S3EventMessage {
  readonly Records: readonly S3EventRecord[];
}

/** One record of an event message. */
export interface S3EventRecord {
  readonly eventVersion: '2.1';
  readonly eventSource: 'aws:s3';
  readonly awsRegion: string;
  /** ISO 8601, with milliseconds. */
  readonly eventTime: string;
  readonly eventName: `ObjectCreated:${CreationEvent}`;
  readonly userIdentity: { readonly principalId: string };
  readonly requestParameters: { readonly sourceIPAddress: string };
  readonly responseElements: { readonly 'x-amz-request-id': string; readonly 'x-amz-id-2': string };
  readonly s3: {
    readonly s3SchemaVersion: '1.0';
    readonly configurationId: string;
    readonly bucket: {
      readonly name: string;
      readonly ownerIdentity: { readonly principalId: string };
      readonly arn: string;
    };
    readonly object: {
      /** URL-encoded, with `+` for a space. */
      readonly key: string;
      /** Bytes. */
      readonly size: number;
      readonly eTag: string;
      readonly versionId?: string;
      /**
       * Increases with each event, so that the events of a key can be ordered; hexadecimal, always of the same length.
       */
      readonly sequencer: string;
    };
  };
}

/** Which objects a listener is called for, and the id of its configuration. */
export interface NotificationFilter {
  /** What the key must begin with, not encoded. */
  readonly prefix?: string;
  /** What the key must end with, not encoded. */
  readonly suffix?: string;
  /** The `configurationId` of the events. */
  readonly id?: string;
}

/** Receives event messages. Called after the object is stored, independently of the request that stored it. */
export type ObjectCreatedListener = (message: S3EventMessage) => void;

interface Subscription extends NotificationFilter {
  readonly bucket: string;
  readonly listener: ObjectCreatedListener;
}

const principalId = 'A1LOCALEMULATOR';

/** Notifies listeners in this process of new objects. */
export class Notifications {
  readonly #onError: (error: unknown) => void;
  readonly #subscriptions = new Set<Subscription>();
  /** Begins with the time, so that it continues to increase after a restart of the emulator. */
  #sequence = BigInt(Date.now()) << 20n;

  /** @param onError called with what a listener throws, because the upload must not fail. */
  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  /** @returns a function that ends the subscription. */
  subscribe(bucket: string, listener: ObjectCreatedListener, filter: NotificationFilter): () => void {
    const subscription: Subscription = { ...filter, bucket, listener };
    this.#subscriptions.add(subscription);
    return () => void this.#subscriptions.delete(subscription);
  }

  announce(bucket: Bucket, object: StoredObject, how: CreationEvent): void {
    this.#sequence += 1n;
    for (const subscription of this.#subscriptions) {
      if (subscription.bucket === bucket.name && matches(subscription, object.key)) {
        const record = makeEventRecord(
          bucket,
          object,
          how,
          subscription.id ?? 'ObjectCreated',
          this.#sequence,
        );
        setImmediate(() => this.#deliver(subscription, { Records: [record] }));
      }
    }
  }

  #deliver(subscription: Subscription, message: S3EventMessage): void {
    try {
      subscription.listener(message);
    } catch (error) {
      this.#onError(error);
    }
  }
}

function matches(filter: NotificationFilter, key: string): boolean {
  return key.startsWith(filter.prefix ?? '') && key.endsWith(filter.suffix ?? '');
}

function makeEventRecord(
  bucket: Bucket,
  object: StoredObject,
  how: CreationEvent,
  configurationId: string,
  sequence: bigint,
): S3EventRecord {
  return {
    eventVersion: '2.1',
    eventSource: 'aws:s3',
    awsRegion: bucket.region,
    eventTime: object.lastModified.toISOString(),
    eventName: `ObjectCreated:${how}`,
    userIdentity: { principalId: `AWS:${principalId}` },
    requestParameters: { sourceIPAddress: '127.0.0.1' },
    responseElements: {
      'x-amz-request-id': randomBytes(8).toString('hex').toUpperCase(),
      'x-amz-id-2': randomBytes(48).toString('base64'),
    },
    s3: {
      s3SchemaVersion: '1.0',
      configurationId,
      bucket: { name: bucket.name, ownerIdentity: { principalId }, arn: `arn:aws:s3:::${bucket.name}` },
      object: {
        key: encodeKey(object.key),
        size: object.content.size,
        eTag: object.etag,
        ...(bucket.versioned ? { versionId: object.versionId } : {}),
        sequencer: sequence.toString(16).toUpperCase().padStart(18, '0'),
      },
    },
  };
}
