import { gzipSync } from 'node:zlib';
import { postWithSecret } from '../alerts/delivery/http-receiver.ts';
import type { Post, PostOptions } from '../alerts/delivery/post.ts';
import type { Outcome } from '../alerts/delivery/receiver.ts';
import { readUrl } from '../alerts/delivery/webhook.ts';
import type { SecretSource } from '../aws/cached-secret.ts';
import { type JsonObject, jsonObject } from '../json/json.ts';

/**
 * Posts metrics by OTLP over HTTP, as JSON in gzip, which every receiver takes.
 *
 * @see https://opentelemetry.io/docs/specs/otlp/#otlphttp-request
 */

/** What the secret of the receiver holds. */
export interface OtlpSecret {
  readonly url: URL;
  /** By their names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What the secret's JSON object must hold, in words. */
export const otlpSecretContent =
  'the string field url (the address for metrics, which mostly ends in /v1/metrics) and, where the receiver asks for headers, the object field headers (texts by their names)';

/** Headers that a request has of itself. */
const ownHeaders: ReadonlySet<string> = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'host',
  'transfer-encoding',
]);

/** Reads it; undefined where it is something else. */
export function readOtlpSecret(members: JsonObject): OtlpSecret | undefined {
  const url = readUrl(members['url']);
  const headers = members['headers'] === undefined ? {} : jsonObject(members['headers']);
  if (url === undefined || headers === undefined) return undefined;
  const read: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const key = name.toLowerCase();
    if (!/^[a-z0-9-]{1,100}$/.test(key) || ownHeaders.has(key)) return undefined;
    if (typeof value !== 'string' || !/^[\x20-\x7e]*$/.test(value)) return undefined;
    read[key] = value;
  }
  return { url, headers: read };
}

/** Makes what posts requests to the address of a secret. */
export function makeOtlpReceiver(
  secret: SecretSource<OtlpSecret>,
  options: PostOptions,
): (body: string) => Promise<Outcome> {
  return (body) => {
    const packed = gzipSync(body);
    return postWithSecret(secret, (known) => writePost(known, packed), options);
  };
}

function writePost({ url, headers }: OtlpSecret, body: Uint8Array): Post<Uint8Array> {
  return {
    url,
    headers: {
      'user-agent': 'simledger',
      ...headers,
      'content-type': 'application/json',
      'content-encoding': 'gzip',
    },
    body,
  };
}
