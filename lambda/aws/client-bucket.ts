import { CopyObjectCommand, PutObjectCommand, type S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import type { FileRejectBucket } from '../store/quarantine.ts';

/** The quarantine's bucket for the file importer and the command line, which use the SDK's S3 client. */
export class ClientBucket implements FileRejectBucket {
  readonly #client: S3Client;
  readonly #bucket: string;

  constructor(client: S3Client, bucket: string) {
    this.#client = client;
    this.#bucket = bucket;
  }

  /** @throws the S3 client's errors. */
  async put(key: string, lines: string): Promise<void> {
    const command = new PutObjectCommand({
      Bucket: this.#bucket,
      Key: key,
      Body: lines,
      ContentType: 'application/x-ndjson',
      IfNoneMatch: '*',
    });
    try {
      await this.#client.send(command);
    } catch (error) {
      if (!isThere(error)) throw error;
    }
  }

  /** @throws the S3 client's errors. */
  async copy(key: string, copySource: string): Promise<void> {
    await this.#client.send(
      new CopyObjectCommand({ Bucket: this.#bucket, Key: key, CopySource: copySource }),
    );
  }
}

function isThere(error: unknown): boolean {
  return error instanceof S3ServiceException && error.name === 'PreconditionFailed';
}
