import { createHash } from 'node:crypto';
import twilio from 'twilio';
import type { WebhookRequest } from '../../../../lambda/functions/webhook-receiver/request.ts';

/** Requests as the carriers' documents describe them. */

/** A request with this body and the other given parts. */
export function requestWith(body: string | Buffer, more: Partial<WebhookRequest> = {}): WebhookRequest {
  return {
    method: 'POST',
    address: 'https://api.example.com/v1/ingest/fleet',
    query: '',
    headers: {},
    body: Buffer.from(body),
    ...more,
  };
}

export function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

/** Twilio's addition to the URL, and its signature header for both, from Twilio's library. */
export function twilioSigned(
  authToken: string,
  address: string,
  body: string | Buffer,
): { readonly query: string; readonly signature: string } {
  const query = `bodySHA256=${createHash('sha256').update(body).digest('hex')}`;
  return { query, signature: twilio.getExpectedTwilioSignature(authToken, `${address}?${query}`, {}) };
}

/** KORE's header, computed as its page about signatures describes. */
export function koreSignature(secret: string, address: string, minifiedBody: string): string {
  return createHash('sha256').update(`${secret}POST${address}${minifiedBody}`).digest('hex');
}
