import { type AwsBytes, fetchSigned, type RetryPolicy } from './aws-request.ts';
import { findObjectUrl, type S3Configuration } from './object-url.ts';

/** A page of S3's list of a bucket, as `ListObjectsV2` answers it. */
export interface ObjectListPage {
  readonly answer: AwsBytes;
  /** XML. */
  readonly text: string;
}

/**
 * Asks S3 for a page of a bucket's objects, in a request that is signed by itself.
 *
 * @param query parameters of the request, besides `list-type`; those that are undefined are left out.
 * @throws AwsRequestError if S3 keeps failing. What it refuses is an answer.
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

/** The text of an element of a page; empty without one. */
export function readListField(text: string, name: string): string {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1] ?? '';
}
