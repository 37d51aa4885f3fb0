import { type AwsBytes, fetchSigned, type RetryPolicy } from './aws-request.ts';
import { findObjectUrl, type S3Configuration } from './object-url.ts';

/** A page of S3's response to `ListObjectsV2`. */
export interface ObjectListPage {
  readonly answer: AwsBytes;
  /** XML. */
  readonly text: string;
}

/**
 * Requests a page of a bucket's objects from S3, in a signed request of its own.
 *
 * @param query parameters of the request, besides `list-type`; undefined ones are omitted.
 * @throws AwsRequestError if S3 keeps failing. If S3 refuses the request, that is a response.
 */
export async function fetchObjectList(
  configuration: S3Configuration,
  bucket: string,
  query: Readonly<Record<string, string | undefined>>,
  retryPolicy?: RetryPolicy,
): Promise<ObjectListPage> {
  const url = await findObjectUrl(configuration, bucket, '');
  url.searchParams.set('list-type', '2');
  for (const [name, value] of Object.entries(query))
    if (value !== undefined) url.searchParams.set(name, value);
  const request = { service: 's3', method: 'GET', url, headers: {}, body: '' } as const;
  const answer = await fetchSigned(configuration, request, retryPolicy);
  return { answer, text: new TextDecoder().decode(answer.bytes) };
}

/** The text of an element of a page; empty if it does not exist. */
export function readListField(text: string, name: string): string {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1] ?? '';
}
