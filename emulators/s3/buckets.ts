import { randomBytes } from 'node:crypto';
import type { Checksum, ChecksumAlgorithm, ChecksumType } from './checksums.ts';
import type { Content, ContentStore } from './contents.ts';
import { S3Error } from './errors.ts';
import type { FoundObject, ObjectFolder } from './folder.ts';
import { KeyedMap } from './key-order.ts';

/** What an upload, a copy or a completed multipart upload defines about an object. */
export interface ObjectFacts {
  readonly content: Content;
  /** Without quotation marks: the MD5 in hexadecimal, or `md5-n` for an object of n parts. */
  readonly etag: string;
  /** Headers that are returned with the object, such as its content type, and `x-amz-meta-*`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly checksum?: Checksum;
}

/** One version of an object. */
export interface StoredObject extends ObjectFacts {
  readonly kind: 'object';
  readonly key: string;
  /** The text `null` if versioning was not enabled at the time. */
  readonly versionId: string;
  readonly lastModified: Date;
}

/** The version that marks a key as deleted. */
export interface DeleteMarker {
  readonly kind: 'deleteMarker';
  readonly key: string;
  readonly versionId: string;
  readonly lastModified: Date;
}

export type Version = StoredObject | DeleteMarker;

/** A part of a multipart upload. */
export interface Part {
  readonly content: Content;
  readonly md5: Buffer;
  /** The checksum of the part's bytes, in base64. */
  readonly checksum?: { readonly algorithm: ChecksumAlgorithm; readonly value: string };
  readonly lastModified: Date;
}

/** A multipart upload in progress. */
export interface MultipartUpload {
  readonly id: string;
  readonly key: string;
  readonly initiated: Date;
  readonly headers: Readonly<Record<string, string>>;
  /** The kind of checksum that the object will have, if the client requested one. */
  readonly checksum?: { readonly algorithm: ChecksumAlgorithm; readonly type: ChecksumType };
  readonly parts: Map<number, Part>;
}

/**
 * A bucket: the versions of its objects, and its multipart uploads. Objects are visible only when they are complete.
 */
export class Bucket {
  readonly name: string;
  readonly region: string;
  readonly created = new Date();
  /** Whether it keeps the earlier versions of objects. Never becomes false again. */
  versioned = false;
  /** Whether clients are not allowed to delete it. */
  permanent = false;
  readonly uploads = new Map<string, MultipartUpload>();
  readonly #contents: ContentStore;
  readonly #folder: ObjectFolder | undefined;
  /** The versions of each key, oldest first; never an empty array. */
  readonly #versions = new KeyedMap<Version[]>();

  /** @param folder keeps the bucket's objects as files; such a bucket keeps no earlier versions. */
  constructor(name: string, region: string, contents: ContentStore, folder?: ObjectFolder) {
    this.name = name;
    this.region = region;
    this.#contents = contents;
    this.#folder = folder;
  }

  /** Makes an object visible that the folder contains. */
  take({ key, content, etag, lastModified }: FoundObject): void {
    const headers = { 'content-type': 'binary/octet-stream' };
    const held = this.#contents.hold(content);
    this.#add({ kind: 'object', key, content: held, etag, headers, lastModified, versionId: 'null' });
  }

  get empty(): boolean {
    return this.#versions.size === 0;
  }

  /** Every key that has a version, in order, including those whose newest version is a delete marker. */
  keys(): readonly string[] {
    return this.#versions.keys();
  }

  /** The newest version of a key. */
  findNewest(key: string): Version | undefined {
    return this.#versions.get(key)?.at(-1);
  }

  /** A key's object; undefined if it does not exist or is deleted. */
  findCurrent(key: string): StoredObject | undefined {
    const newest = this.findNewest(key);
    return newest?.kind === 'object' ? newest : undefined;
  }

  findVersion(key: string, versionId: string): Version | undefined {
    return this.#versions.get(key)?.find((version) => version.versionId === versionId);
  }

  /** Makes an object visible. Takes over the caller's hold on its content, unless it throws. */
  put(key: string, facts: ObjectFacts): StoredObject {
    const content = this.#keep(key, facts.content);
    const object: StoredObject = { ...facts, content, ...this.#makeVersion(key), kind: 'object' };
    this.#add(object);
    return object;
  }

  /**
   * Deletes a key as S3 does without a version id: in a versioned bucket by a marker, otherwise permanently.
   *
   * @returns the marker, if one was put.
   */
  delete(key: string): DeleteMarker | undefined {
    if (!this.versioned) {
      this.deleteVersion(key, 'null');
      return undefined;
    }
    const marker: DeleteMarker = { ...this.#makeVersion(key), kind: 'deleteMarker' };
    this.#add(marker);
    return marker;
  }

  /** Deletes one version permanently, if it exists. */
  deleteVersion(key: string, versionId: string): Version | undefined {
    const version = this.findVersion(key, versionId);
    if (version?.kind === 'object') this.#folder?.remove(key, version.content);
    return this.#drop(key, versionId);
  }

  #drop(key: string, versionId: string): Version | undefined {
    const versions = this.#versions.get(key) ?? [];
    const index = versions.findIndex((version) => version.versionId === versionId);
    const [deleted] = index < 0 ? [] : versions.splice(index, 1);
    if (versions.length === 0) this.#versions.delete(key);
    if (deleted?.kind === 'object') this.#contents.release(deleted.content);
    return deleted;
  }

  startUpload(key: string, facts: Pick<MultipartUpload, 'headers' | 'checksum'>): MultipartUpload {
    const upload = {
      ...facts,
      id: makeRandomId(),
      key,
      initiated: new Date(),
      parts: new Map<number, Part>(),
    };
    this.uploads.set(upload.id, upload);
    return upload;
  }

  /** @throws S3Error `NoSuchUpload` if the upload does not exist, or belongs to another key. */
  upload(key: string, id: string): MultipartUpload {
    const upload = this.uploads.get(id);
    if (upload?.key === key) return upload;
    const message =
      'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.';
    throw new S3Error('NoSuchUpload', message, { fields: { UploadId: id } });
  }

  /** Stores a part, and replaces an earlier one with the same number. Takes over the caller's hold on its content. */
  putPart(upload: MultipartUpload, partNumber: number, part: Part): void {
    const earlier = upload.parts.get(partNumber);
    upload.parts.set(partNumber, part);
    if (earlier !== undefined) this.#contents.release(earlier.content);
  }

  /** Ends a multipart upload, and releases its parts. */
  endUpload(upload: MultipartUpload): void {
    this.uploads.delete(upload.id);
    for (const part of upload.parts.values()) this.#contents.release(part.content);
    upload.parts.clear();
  }

  /** The content as this bucket stores it. It is held. */
  #keep(key: string, content: Content): Content {
    if (this.#folder === undefined) return content;
    const kept = this.#contents.hold(this.#folder.write(key, content, this.findCurrent(key)?.content));
    this.#contents.release(content);
    return kept;
  }

  #makeVersion(key: string): { key: string; versionId: string; lastModified: Date } {
    return { key, versionId: this.versioned ? makeRandomId() : 'null', lastModified: new Date() };
  }

  #add(version: Version): void {
    if (version.versionId === 'null') this.#drop(version.key, 'null');
    const versions = this.#versions.get(version.key);
    if (versions === undefined) this.#versions.set(version.key, [version]);
    else versions.push(version);
  }
}

function makeRandomId(): string {
  return randomBytes(24).toString('base64url');
}
