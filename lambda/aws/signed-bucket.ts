import type { RejectBucket } from '../store/quarantine.ts';
import { type SigningConfiguration, sendSigned } from './aws-request.ts';
import { findObjectUrl } from './object-url.ts';

/**
 * The quarantine's bucket for the Kinesis consumer, which only puts objects. It signs these requests itself, because
 * the SDK's S3 client would make its bundle of 330 KB half as large again.
 */
export class SignedBucket implements RejectBucket {
  readonly #configuration: SigningConfiguration;
  readonly #bucket: string;

  constructor(configuration: SigningConfiguration, bucket: string) {
    this.#configuration = configuration;
    this.#bucket = bucket;
  }

  /** @throws AwsRequestError or QuarantineError */
  async put(key: string, lines: string): Promise<void> {
    const { status, body } = await sendSigned(this.#configuration, {
      service: 's3',
      method: 'PUT',
      url: await findObjectUrl(this.#configuration, this.#bucket, key),
      headers: { 'content-type': 'application/x-ndjson', 'if-none-match': '*' },
      body: lines,
    });
    const isThere = status === 412;
    if (status !== 200 && !isThere) throw new QuarantineError(status, body);
  }
}

/** The bucket refused rejects. */
export class QuarantineError extends Error {
  override readonly name = 'QuarantineError';

  constructor(status: number, body: string) {
    super(`The quarantine bucket answered ${status}: ${body.slice(0, 300)}`);
  }
}
