import type { QuarantineList, QuarantineObject } from '../queries/rejects.ts';
import { environment } from './names.ts';
import { fetchObjectList, readListField } from './object-list.ts';
import type { S3Configuration } from './object-url.ts';

/** Lists the names of objects in the quarantine's bucket. */
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
    const { answer, text } = await fetchObjectList(this.#configuration, this.#bucket, {
      // Keys are URL-encoded, so that none of them contains XML characters.
      ...{ 'encoding-type': 'url', prefix, 'max-keys': String(limit), 'start-after': after },
    });
    if (answer.status !== 200) {
      const code = readListField(text, 'Code');
      throw new QuarantineError(
        `The quarantine's bucket answered ${answer.status} ${code} to a list of ${prefix}`,
      );
    }
    const entries = [...text.matchAll(/<Contents>(.*?)<\/Contents>/gs)].map(([, entry = '']) => entry);
    return { objects: entries.map(readObject), isEnd: readListField(text, 'IsTruncated') !== 'true' };
  }
}

/**
 * The quarantine that the environment names.
 *
 * @returns undefined if it names none.
 */
export function openQuarantine(configuration: S3Configuration): QuarantineList | undefined {
  const bucket = process.env[environment.quarantineBucket];
  return bucket === undefined ? undefined : new QuarantineBucketList(configuration, bucket);
}

function readObject(entry: string): QuarantineObject {
  return {
    key: decodeURIComponent(readListField(entry, 'Key').replaceAll('+', ' ')),
    bytes: Number(readListField(entry, 'Size')),
    keptAt: Date.parse(readListField(entry, 'LastModified')),
  };
}

/** S3 refused to list the quarantine. */
export class QuarantineError extends Error {
  override readonly name = 'QuarantineError';
}
