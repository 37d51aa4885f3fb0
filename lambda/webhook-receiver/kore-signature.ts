import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { isJson, minified } from '../carriers/json.ts';
import { isOneOf } from '../constant-time.ts';
import type { WebhookRequest } from './request.ts';

/**
 * Whether KORE has signed a request: `kore-signature` is the hexadecimal SHA-256 of secret, method, address without
 * query, and the minified body, one after the other.
 *
 * A plain hash can be computed on for a longer text by whoever knows it, without the secret. The continuation has bytes
 * in it that no JSON can hold, so a body that is no JSON never passes.
 *
 * @see https://docs.korewireless.com/developers/how-to/webhooks/validate-webhook-signatures
 */
export function isSignedByKore(request: WebhookRequest, secrets: readonly string[]): boolean {
  const { method, address, headers, body } = request;
  const text = isUtf8(body) ? body.toString('utf8') : '';
  if (!isJson(text)) return false;
  // KORE's page has the body stringified, which may write characters of a text in another way than it was sent.
  const bodies = [minified(text), minified(text, (token) => JSON.stringify(JSON.parse(token)))];
  const signatures = secrets.flatMap((secret) =>
    bodies.map((minifiedBody) =>
      createHash('sha256').update(`${secret}${method}${address}${minifiedBody}`).digest('hex'),
    ),
  );
  return isOneOf(headers['kore-signature'] ?? '', signatures);
}
