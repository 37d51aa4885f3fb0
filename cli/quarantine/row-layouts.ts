import type { S3Client } from '@aws-sdk/client-s3';
import { formatReason, isFault } from '../../lambda/carriers/reading.ts';
import { openFile } from '../../lambda/file-importer/file-store.ts';
import { type Layout, readLayout } from '../../lambda/file-importer/layout.ts';
import { type FileObject, objectName } from '../../lambda/file-importer/messages.ts';
import { openUnpacked } from '../../lambda/file-importer/unpacking.ts';

/** How rows are read: their separator and their header. */
export type RowLayout = Pick<Layout, 'delimiter' | 'interpretRow'>;

/** Files whose layout is remembered. Rows of one file are kept together, so few are asked for at a time. */
const mostRemembered = 32;

/** Reads the headers of files whose rows were rejected: a rejected row says what it holds only under its header. */
export class RowLayouts {
  readonly #client: S3Client;
  readonly #known = new Map<string, Promise<RowLayout | string>>();

  constructor(client: S3Client) {
    this.#client = client;
  }

  /** A file's layout, or why there is none. */
  of(object: FileObject): Promise<RowLayout | string> {
    const name = objectName(object);
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const reading = this.#read(object);
    this.#known.set(name, reading);
    const [oldest] = this.#known.keys();
    if (this.#known.size > mostRemembered && oldest !== undefined) this.#known.delete(oldest);
    return reading;
  }

  async #read(object: FileObject): Promise<RowLayout | string> {
    const file = await openUnpacked((from) => openFile(this.#client, object, from), 0, false);
    if (file === undefined) return 'The file is gone, and with it the header';
    try {
      if (file.damage !== undefined) return formatReason(file.damage);
      const read = await readLayout(object.key, file.bytes, undefined);
      return isFault(read) ? formatReason(read) : read.layout;
    } finally {
      await file.close();
    }
  }
}
