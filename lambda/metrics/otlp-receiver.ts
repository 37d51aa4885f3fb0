import { gzipSync } from 'node:zlib';
import { postWithSecret } from '../alerts/delivery/http-receiver.ts';
import type { Post, PostOptions } from '../alerts/delivery/post.ts';
import type { Outcome } from '../alerts/delivery/receiver.ts';
import { readUrl } from '../alerts/delivery/webhook.ts';
import type { SecretSource } from '../aws/cached-secret.ts';
import { type JsonObject, parseObject, toJsonObject } from '../json/json.ts';

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

/** What of a request that was accepted the receiver has not taken. */
export interface PartialSuccess {
  /** Points that it will not take if they are sent again. */
  readonly rejectedPoints: number;
  /** Its own words, shortened; empty where it says nothing. */
  readonly message: string;
}

/** The outcome of a request. */
export type ExportOutcome =
  | { readonly kind: 'accepted'; readonly partial?: PartialSuccess }
  | Exclude<Outcome, { kind: 'accepted' }>;

/** Makes what posts requests to the address of a secret. */
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

/** The longest text of a receiver that is logged. */
const maxMessageLength = 200;

/**
 * What an answer says was rejected, or is warned of; undefined where it says nothing, or is not JSON as OTLP has it.
 *
 * @see https://opentelemetry.io/docs/specs/otlp/#partial-success-1
 */
function readPartialSuccess(body: string): PartialSuccess | undefined {
  const partial = toJsonObject(parseObject(body)?.['partialSuccess']);
  if (partial === undefined) return undefined;
  // JSON of Protocol Buffers has 64-bit numbers as text; not every receiver does.
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
