import type { SigningConfiguration } from './aws-request.ts';

/** How to reach S3. */
export interface S3Configuration extends SigningConfiguration {
  /** S3's endpoint; by default that of the environment, or else AWS's own. */
  readonly s3Endpoint?: string | undefined;
}

/**
 * The URL of an object in S3: in path style if an endpoint is given, as the SDK does for an IP address; otherwise with
 * the bucket's host. The key is encoded as S3 does to check a signature.
 */
export async function findObjectUrl(
  { region, s3Endpoint }: Pick<S3Configuration, 'region' | 's3Endpoint'>,
  bucket: string,
  key: string,
): Promise<URL> {
  const path = key.split('/').map(encodeSegment).join('/');
  const endpoint = s3Endpoint ?? process.env['AWS_ENDPOINT_URL_S3'] ?? process.env['AWS_ENDPOINT_URL'];
  if (endpoint !== undefined) return new URL(`${endpoint.replace(/\/$/, '')}/${bucket}/${path}`);
  const name = await region();
  const suffix = name.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  return new URL(`https://${bucket}.s3.${name}.${suffix}/${path}`);
}

function encodeSegment(segment: string): string {
  return encodeURIComponent(segment).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
