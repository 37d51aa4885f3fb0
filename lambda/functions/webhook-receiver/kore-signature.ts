import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { matchesAny } from '../../http/constant-time.ts';
import { isJson, minifyJson } from '../../json/json.ts';
import type { WebhookRequest } from './request.ts';

/**
 * Whether KORE has signed a request: `kore-signature` is the hexadecimal SHA-256 of secret, method, address without
 * query and minified body, concatenated.
 *
 * KORE does not say exactly how the body is minified. Its page uses JavaScript's `JSON.stringify`, which may change
 * strings and numbers (`-81.8090` becomes `-81.809`). So three bodies are accepted: without white space between tokens,
 * additionally with its strings stringified, and stringified completely.
 *
 * A stranger who knows a plain hash can extend the text and compute its hash without the secret. Such an extension
 * contains bytes that JSON cannot contain, so a body that is not JSON never passes.
 *
 * @see https://docs.korewireless.com/developers/how-to/webhooks/validate-webhook-signatures
 */
export function isSignedByKore(request: WebhookRequest, secrets: readonly string[]): boolean {
  const { method, address, headers, body } = request;
  const text = isUtf8(body) ? body.toString('utf8') : '';
  if (!isJson(text)) return false;
  const bodies = [minifyJson(text), minifyJson(text, (token) => JSON.stringify(JSON.parse(token)))];
  const stringified = stringify(text);
  if (stringified !== undefined) bodies.push(stringified);
  const signatures = secrets.flatMap((secret) =>
    bodies.map((minifiedBody) =>
      createHash('sha256').update(`${secret}${method}${address}${minifiedBody}`).digest('hex'),
    ),
  );
  return matchesAny(headers['kore-signature'] ?? '', signatures);
}

/** JSON as JavaScript writes it; undefined if it is nested too deeply for JavaScript. */
function stringify(json: string): string | undefined {
  const value: unknown = JSON.parse(json);
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
