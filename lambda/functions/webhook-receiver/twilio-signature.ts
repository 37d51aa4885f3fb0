import { createHash, createHmac } from 'node:crypto';
import { isEqual, matchesAny } from '../../http/constant-time.ts';
import { readBasicCredentials } from '../../http/http-basic.ts';
import type { WebhookRequest } from './request.ts';

/**
 * Whether Twilio has signed a request: `X-Twilio-Signature` is the base64 HMAC-SHA1 of the address that it called, with
 * the account's auth token as key, and `bodySHA256` in that address is the hexadecimal SHA-256 of the body.
 *
 * @see https://www.twilio.com/docs/usage/webhooks/webhooks-security
 */
export function isSignedByTwilio(request: WebhookRequest, authTokens: readonly string[]): boolean {
  const stated = new URLSearchParams(request.query).get('bodySHA256') ?? '';
  const isBody = isEqual(stated, createHash('sha256').update(request.body).digest('hex'));
  const addresses = listPossibleAddresses(request);
  const signatures = authTokens.flatMap((token) =>
    addresses.map((address) => createHmac('sha1', token).update(address).digest('base64')),
  );
  const isSigned = matchesAny(request.headers['x-twilio-signature'] ?? '', signatures);
  return isBody && isSigned;
}

/**
 * The addresses that Twilio may have signed: with and without the port, as its own libraries accept them, and with and
 * without credentials in the URL, which arrive here as a header.
 */
function listPossibleAddresses({ address, query, headers }: WebhookRequest): string[] {
  const [, scheme = '', host = '', port = '', path = ''] =
    /^(https?:\/\/)([^/:]*|\[[^\]]*\])(:\d+)?(\/.*)?$/.exec(address) ?? [];
  const usualPort = scheme === 'https://' ? ':443' : ':80';
  const given = readBasicCredentials(headers['authorization']);
  const userInfos = given === undefined ? [''] : ['', `${given.user}:${given.password}@`];
  return userInfos.flatMap((userInfo) =>
    ['', port === '' ? usualPort : port].map((at) => `${scheme}${userInfo}${host}${at}${path}?${query}`),
  );
}
