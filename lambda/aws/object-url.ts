import type { SigningConfiguration } from './aws-request.ts';

/**
 * The address of an object in S3: path style where an endpoint is given, as the SDK does for an IP address; else the
 * bucket's host. The key is encoded as S3 encodes it when it checks a signature.
 */
export async function findObjectUrl(
  { region }: Pick<SigningConfiguration, 'region'>,
  bucket: string,
  key: string,
): Promise<URL> {
  const path = key.split('/').map(encodeSegment).join('/');
  const endpoint = process.env['AWS_ENDPOINT_URL_S3'] ?? process.env['AWS_ENDPOINT_URL'];
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
