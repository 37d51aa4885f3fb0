import fc from 'fast-check';
import twilio from 'twilio';
import { describe, expect, it } from 'vitest';
import type { WebhookRequest } from '../../../../lambda/functions/webhook-receiver/request.ts';
import { isSignedByTwilio } from '../../../../lambda/functions/webhook-receiver/twilio-signature.ts';
import { codePoint } from '../../../records/code-points.ts';
import { runs } from '../../../records/runs.ts';
import { basic, requestWith, twilioSigned } from './requests.ts';

const address = 'https://abc123.execute-api.eu-central-1.amazonaws.com/v1/ingest/twilio';
const authToken = '0123456789abcdef0123456789abcdef';
const body = '[{"specversion":"1.0"}]';

/** A request that Twilio signs for one address, and sends to another one if given. */
function signed(more: Partial<WebhookRequest> = {}, signedAddress = address, token = authToken) {
  const { query, signature } = twilioSigned(token, signedAddress, body);
  return requestWith(body, { address, query, headers: { 'x-twilio-signature': signature }, ...more });
}

describe('Twilio’s signature', () => {
  it.each([
    ['of the address as it was called', signed()],
    ['of the address with its usual port', signed({}, address.replace('.com/', '.com:443/'))],
    [
      'of an address with a port, without it',
      signed({ address: 'http://127.0.0.1:8080/v1/ingest/twilio' }, 'http://127.0.0.1/v1/ingest/twilio'),
    ],
  ])('is taken: %s', (_, request) => {
    expect(isSignedByTwilio(request, ['other', authToken])).toBe(true);
  });

  it('covers the URL with its credentials, which arrive as HTTP Basic', () => {
    const { query, signature } = twilioSigned(authToken, address.replace('//', '//user:pass@'), body);
    const headers = { 'x-twilio-signature': signature, authorization: basic('user', 'pass') };
    expect(isSignedByTwilio(requestWith(body, { address, query, headers }), [authToken])).toBe(true);
  });

  it.each([
    ['none', signed({ headers: {} })],
    ['another token’s', signed({}, address, 'f'.repeat(32))],
    ['of another address', signed({}, address.replace('twilio', 'kore'))],
    ['of another body', signed({ body: Buffer.from('[{"specversion":"1.1"}]') })],
    ['without the body’s hash', signed({ query: '' })],
    ['of another query', signed({ query: `${signed().query}&more=1` })],
  ])('is refused: %s', (_, request) => {
    expect(isSignedByTwilio(request, [authToken])).toBe(false);
  });

  it('is verified as Twilio’s library does', () => {
    const text = fc.stringMatching(/^[A-Za-z0-9._~-]{1,12}$/);
    const addresses = fc
      .record({
        scheme: fc.constantFrom('https', 'http'),
        host: fc.domain(),
        port: fc.constantFrom('', ':443', ':80', ':8080'),
        path: fc.array(text, { maxLength: 3 }),
      })
      .map(({ scheme, host, port, path }) => `${scheme}://${host}${port}/${path.join('/')}`);
    const alteration = fc.constantFrom('none', 'body', 'token', 'address', 'signature', 'hash');
    fc.assert(
      fc.property(
        addresses,
        fc.string({ unit: codePoint }),
        text,
        alteration,
        (called, sent, token, altered) => {
          const { query, signature } = twilioSigned(token, called, sent);
          const request = requestWith(altered === 'body' ? `${sent} ` : sent, {
            address: altered === 'address' ? `${called}x` : called,
            query: altered === 'hash' ? query.replace(/.$/, (last) => (last === '0' ? '1' : '0')) : query,
            headers: { 'x-twilio-signature': altered === 'signature' ? signature.toLowerCase() : signature },
          });
          const theirs = twilio.validateRequestWithBody(
            altered === 'token' ? `${token}x` : token,
            request.headers['x-twilio-signature'] ?? '',
            `${request.address}?${request.query}`,
            request.body.toString('utf8'),
          );
          expect(isSignedByTwilio(request, [altered === 'token' ? `${token}x` : token])).toBe(theirs);
          if (altered === 'none') expect(theirs).toBe(true);
        },
      ),
      runs(60),
    );
  });
});
