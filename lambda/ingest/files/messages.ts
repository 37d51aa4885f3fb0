import { parseObject, toJsonObject } from '../../json/json.ts';

/** The importer's messages: S3's event notifications, and its own messages to continue an import. */

/** An object in a notification. */
export interface FileObject {
  readonly bucket: string;
  readonly key: string;
  /** The version, if the bucket is versioned. */
  readonly versionId: string | undefined;
  /** Identifies the version if the bucket is not versioned. */
  readonly eTag: string | undefined;
}

/** The objects to import; undefined if the message is of an unknown kind. */
export type FileMessage = { readonly objects: readonly FileObject[] } | undefined;

/** Reads a queue message's body. */
export function readMessage(body: string): FileMessage {
  const message = parseObject(body);
  if (message === undefined) return undefined;
  const { continue: going, Event: platformEvent, Records: records } = message;
  const continued = readFileObject(going);
  if (continued !== undefined) return { objects: [continued] };
  // S3 sends this when a notification is configured; it has no Records.
  if (platformEvent === 's3:TestEvent') return { objects: [] };
  if (!Array.isArray(records)) return undefined;
  const objects: FileObject[] = [];
  for (const record of records) {
    const notified = readNotifiedObject(record);
    if (notified === undefined) return undefined;
    if (notified !== 'other') objects.push(notified);
  }
  return { objects };
}

/** The message that continues the import of an object. */
export function makeContinuation(object: FileObject): string {
  return JSON.stringify({ continue: object });
}

/** `bucket/key@version`. */
export function formatObjectName({ bucket, key, versionId, eTag }: FileObject): string {
  return `${bucket}/${key}@${versionId ?? eTag ?? 'current'}`;
}

/** An object as S3 expects the source of a copy: URL-encoded, with its version if it has one. */
export function formatCopySource({ bucket, key, versionId }: FileObject): string {
  const path = `${bucket}/${key.split('/').map(encodeURIComponent).join('/')}`;
  return versionId === undefined ? path : `${path}?versionId=${encodeURIComponent(versionId)}`;
}

/** A notification's object; `other` if the notification is not about a created object. */
function readNotifiedObject(record: unknown): FileObject | 'other' | undefined {
  const { eventName, s3 } = toJsonObject(record) ?? {};
  if (typeof eventName !== 'string') return undefined;
  if (!eventName.startsWith('ObjectCreated:')) return 'other';
  const place = toJsonObject(s3);
  const bucket = toJsonObject(place?.['bucket'])?.['name'];
  const { key, versionId, eTag } = toJsonObject(place?.['object']) ?? {};
  const decoded = typeof key === 'string' ? decodeKey(key) : undefined;
  return readFileObject({ bucket, key: decoded, versionId, eTag });
}

/** S3 form-encodes keys: blanks are `+`. */
function decodeKey(key: string): string | undefined {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

function readFileObject(value: unknown): FileObject | undefined {
  const { bucket, key, versionId, eTag } = toJsonObject(value) ?? {};
  if (typeof bucket !== 'string' || typeof key !== 'string') return undefined;
  return {
    bucket,
    key,
    versionId: typeof versionId === 'string' && versionId !== '' ? versionId : undefined,
    eTag: typeof eTag === 'string' ? eTag : undefined,
  };
}
