import { gzipSync } from 'node:zlib';
import { postWithSecret } from '../alerts/delivery/http-receiver.ts';
import type { Post, PostOptions } from '../alerts/delivery/post.ts';
import type { Outcome } from '../alerts/delivery/receiver.ts';
import { readUrl } from '../alerts/delivery/webhook.ts';
import type { SecretSource } from '../aws/cached-secret.ts';
import { type JsonObject, parseObject, toJsonObject } from '../json/json.ts';

/**
 * Posts metrics with OTLP over HTTP, as gzipped JSON, which every receiver accepts.
 *
 * @see https://opentelemetry.io/docs/specs/otlp/#otlphttp-request
 */

/** The content of the receiver's secret. */
export interface OtlpSecret {
  readonly url: URL;
  /** Values by name, in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What the secret's JSON object must contain, in words. */
export const otlpSecretContent =
  'the string field url (the address for metrics, which usually ends in /v1/metrics) and, if the receiver requires headers, the object field headers (strings by name)';

/** Headers that every request sets, which the secret must not. */
const ownHeaders: ReadonlySet<string> = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'host',
  'transfer-encoding',
]);

/** Reads the secret. Returns undefined if a field is missing or invalid. */
export function readOtlpSecret(members: JsonObject): OtlpSecret | undefined {
  const url = readUrl(members['url']);
  const headers = members['headers'] === undefined ? {} : toJsonObject(members['headers']);
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

/** What the receiver rejected from a request that it accepted. */
export interface PartialSuccess {
  /** Points that the receiver rejects permanently. */
  readonly rejectedPoints: number;
  /** The receiver's message, shortened; empty if it sent none. */
  readonly message: string;
}

/** The outcome of a request. */
export type ExportOutcome =
  | { readonly kind: 'accepted'; readonly partial?: PartialSuccess }
  | Exclude<Outcome, { kind: 'accepted' }>;

/** Makes a function that posts requests to the secret's address. */
export function makeOtlpReceiver(
  secret: SecretSource<OtlpSecret>,
  options: PostOptions,
): (body: string) => Promise<ExportOutcome> {
  return async (body) => {
    const packed = gzipSync(body);
    const outcome = await postWithSecret(secret, (known) => writePost(known, packed), {
      ...options,
      readsAnswer: true,
    });
    if (outcome.kind !== 'accepted') return outcome;
    const partial = readPartialSuccess(outcome.body ?? '');
    return { kind: 'accepted', ...(partial !== undefined && { partial }) };
  };
}

/** Maximum length of a receiver's message in the log. */
const maxMessageLength = 200;

/**
 * Reads rejections and warnings from an answer. Returns undefined if it has neither or is not OTLP JSON.
 *
 * @see https://opentelemetry.io/docs/specs/otlp/#partial-success-1
 */
function readPartialSuccess(body: string): PartialSuccess | undefined {
  const partial = toJsonObject(parseObject(body)?.['partialSuccess']);
  if (partial === undefined) return undefined;
  // The JSON encoding of Protocol Buffers writes 64-bit numbers as strings, but some receivers write numbers.
  const { rejectedDataPoints: rejected, errorMessage } = partial;
  const rejectedPoints = /^\d{1,15}$/.test(String(rejected)) ? Number(rejected) : 0;
  const text = typeof errorMessage === 'string' ? errorMessage.replaceAll(/\p{C}+/gu, ' ').trim() : '';
  const message = text.slice(0, maxMessageLength).toWellFormed();
  return rejectedPoints === 0 && message === '' ? undefined : { rejectedPoints, message };
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
