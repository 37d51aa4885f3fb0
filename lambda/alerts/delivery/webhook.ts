import { createHmac } from 'node:crypto';
import type { JsonObject } from '../../json/json.ts';
import type { Post } from './post.ts';
import type { Message } from './receiver.ts';

/**
 * Webhooks with the headers of Standard Webhooks.
 *
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */

/** The content of a webhook's secret. */
export interface WebhookSecret {
  readonly url: URL;
  /** Keys that each sign: the current one and, while receivers change to it, the previous one. */
  readonly keys: readonly Buffer[];
}

/** What the secret's JSON object must contain, for error messages. */
export const webhookSecretContent =
  'the string fields url (an address) and secret (whsec_ and 24 to 64 bytes in base64)';

/** Parses the secret; undefined if it is invalid. */
export function readWebhookSecret(members: JsonObject): WebhookSecret | undefined {
  const url = readUrl(members['url']);
  const keys = [members['secret'], members['previousSecret']]
    .filter((secret) => secret !== undefined && secret !== '')
    .map(readKey);
  if (url === undefined || keys.length === 0 || !keys.every((key) => key !== undefined)) return undefined;
  return typeof members['secret'] === 'string' && members['secret'] !== '' ? { url, keys } : undefined;
}

/** Parses an address; undefined if it is invalid. Whether posting to it is allowed is decided later. */
export function readUrl(value: unknown): URL | undefined {
  if (typeof value !== 'string' || !URL.canParse(value)) return undefined;
  const url = new URL(value);
  return url.protocol === 'https:' || url.protocol === 'http:' ? url : undefined;
}

/**
 * The request that sends an event.
 *
 * @param sentAt time of this attempt, because receivers refuse what is older than some minutes.
 */
export function writeWebhook({ url, keys }: WebhookSecret, { event }: Message, sentAt: Date): Post {
  const body = JSON.stringify(event);
  const timestamp = String(Math.floor(sentAt.getTime() / 1000));
  const signatures = keys.map((key) => {
    const digest = createHmac('sha256', key).update(`${event.id}.${timestamp}.${body}`).digest('base64');
    return `v1,${digest}`;
  });
  return {
    url,
    headers: {
      'content-type': 'application/cloudevents+json; charset=utf-8',
      'user-agent': 'simledger',
      'webhook-id': event.id,
      'webhook-timestamp': timestamp,
      'webhook-signature': signatures.join(' '),
    },
    body,
  };
}

function readKey(secret: unknown): Buffer | undefined {
  const [, encoded = ''] =
    /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(typeof secret === 'string' ? secret : '') ?? [];
  const key = Buffer.from(encoded, 'base64');
  return key.length >= 24 && key.length <= 64 ? key : undefined;
}
