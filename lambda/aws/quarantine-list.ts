import type { QuarantineList, QuarantineObject } from '../queries/rejects.ts';
import { fetchSigned } from './aws-request.ts';
import { environment } from './names.ts';
import { findObjectUrl, type S3Configuration } from './object-url.ts';

/** The quarantine's bucket, of which only the names of objects are read. */
export class QuarantineBucketList implements QuarantineList {
  readonly #configuration: S3Configuration;
  readonly #bucket: string;

  constructor(configuration: S3Configuration, bucket: string) {
    this.#configuration = configuration;
    this.#bucket = bucket;
  }

  /** @throws AwsRequestError if S3 keeps failing, QuarantineError if it refuses. */
  async list(
    prefix: string,
    limit: number,
    after: string | undefined,
  ): Promise<{ readonly objects: readonly QuarantineObject[]; readonly isEnd: boolean }> {
    const url = await findObjectUrl(this.#configuration, this.#bucket, '');
    url.searchParams.set('list-type', '2');
    // Keys are as an address writes them, so that none of them has a mark of XML.
    url.searchParams.set('encoding-type', 'url');
    url.searchParams.set('prefix', prefix);
    url.searchParams.set('max-keys', String(limit));
    if (after !== undefined) url.searchParams.set('start-after', after);
    const request = { service: 's3', method: 'GET', url, headers: {}, body: '' } as const;
    const { status, bytes } = await fetchSigned(this.#configuration, request);
    const text = new TextDecoder().decode(bytes);
    if (status !== 200) {
      const code = readField(text, 'Code');
      throw new QuarantineError(`The quarantine's bucket answered ${status} ${code} to a list of ${prefix}`);
    }
    const entries = [...text.matchAll(/<Contents>(.*?)<\/Contents>/gs)].map(([, entry = '']) => entry);
    return { objects: entries.map(readObject), isEnd: readField(text, 'IsTruncated') !== 'true' };
  }
}

/**
 * The quarantine that the environment names.
 *
 * @returns undefined where it names none.
 */
export function quarantineFromEnvironment(configuration: S3Configuration): QuarantineList | undefined {
  const bucket = process.env[environment.quarantineBucket];
  return bucket === undefined ? undefined : new QuarantineBucketList(configuration, bucket);
}

function readObject(entry: string): QuarantineObject {
  return {
    key: decodeURIComponent(readField(entry, 'Key').replaceAll('+', ' ')),
    bytes: Number(readField(entry, 'Size')),
    keptAt: Date.parse(readField(entry, 'LastModified')),
  };
}

/** The text of an element; empty without one. */
function readField(text: string, name: string): string {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1] ?? '';
}

/** S3 refuses to list the quarantine. */
export class QuarantineError extends Error {
  override readonly name = 'QuarantineError';
}
