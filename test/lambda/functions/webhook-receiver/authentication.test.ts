import { describe, expect, it } from 'vitest';
import type { SecretSource } from '../../../../lambda/aws/cached-secret.ts';
import {
  findAuthentication,
  isAuthentic,
  type Verifier,
} from '../../../../lambda/functions/webhook-receiver/authentication.ts';
import type { Carrier } from '../../../../lambda/ledger/source.ts';
import { basic, koreSignature, requestWith, twilioSigned } from './requests.ts';

const address = 'https://api.example.com/v1/ingest/fleet';
const body = '[{"id":1}]';

function admits(
  carrier: Carrier,
  secret: Readonly<Record<string, unknown>>,
  headers: Readonly<Record<string, string>>,
  query = '',
): boolean | undefined {
  return findAuthentication(carrier).makeVerifier(secret)?.(requestWith(body, { address, headers, query }));
}

describe.each(['1nce', 'telekom', 'twilio'] as const)('HTTP Basic of %s', (carrier) => {
  const secret = { username: 'fleet', password: 'new: ä', previousPassword: 'old' };

  it('accepts the user with the current or the previous password', () => {
    expect(admits(carrier, secret, { authorization: basic('fleet', 'new: ä') })).toBe(true);
    expect(admits(carrier, secret, { authorization: basic('fleet', 'old') })).toBe(true);
  });

  it.each([
    ['nothing', {}],
    ['another scheme', { authorization: 'Bearer old' }],
    ['no base64', { authorization: 'Basic :' }],
    ['another password', { authorization: basic('fleet', 'older') }],
    ['another user', { authorization: basic('fleets', 'old') }],
    ['no password', { authorization: basic('fleet', '') }],
    ['no user', { authorization: basic('', 'old') }],
  ])('keeps out who states %s', (_, headers) => {
    expect(admits(carrier, secret, headers)).toBe(false);
  });

  it.each([
    [{}],
    [{ username: 'fleet' }],
    [{ password: 'a' }],
    [{ username: 'fleet', password: '' }],
    [{ username: '', password: 'a' }],
    [{ username: 'fleet', password: 5 }],
  ])('has no use for the secret %j', (incomplete) => {
    expect(findAuthentication(carrier).makeVerifier(incomplete)).toBeUndefined();
  });

  it('accepts the previous password if the current one is empty, and never an empty one', () => {
    const half = { username: 'fleet', password: '', previousPassword: 'old' };
    expect(admits(carrier, half, { authorization: basic('fleet', 'old') })).toBe(true);
    expect(admits(carrier, half, { authorization: basic('fleet', '') })).toBe(false);
  });
});

describe('Twilio with a configured auth token', () => {
  const secret = { username: 'fleet', password: 'a', authToken: 'new', previousAuthToken: 'old' };

  it.each(['new', 'old'])('is authenticated by its signature alone, with the %s token', (token) => {
    const { query, signature } = twilioSigned(token, address, body);
    expect(admits('twilio', secret, { 'x-twilio-signature': signature }, query)).toBe(true);
  });

  it('is refused with HTTP Basic', () => {
    expect(admits('twilio', secret, { authorization: basic('fleet', 'a') })).toBe(false);
  });
});

describe('emnify', () => {
  const secret = { token: 'new', previousToken: 'old' };

  it.each([
    [{ authorization: 'new' }],
    [{ authorization: 'Bearer new' }],
    [{ authorization: 'bearer  old' }],
    [{ 'x-api-key': 'old' }],
  ])('gets in by a token in a header: %j', (headers) => {
    expect(admits('emnify', secret, headers)).toBe(true);
  });

  it.each([[{}], [{ authorization: '' }], [{ authorization: 'Bearer older' }], [{ 'x-api-key': '' }]])(
    'is refused with %j',
    (headers) => {
      expect(admits('emnify', secret, headers)).toBe(false);
    },
  );

  it('cannot use a secret without a token', () => {
    expect(findAuthentication('emnify').makeVerifier({ previousToken: '' })).toBeUndefined();
  });
});

describe('KORE', () => {
  it.each(['new', 'old'])('is authenticated by its signature with the %s secret', (key) => {
    const signature = koreSignature(key, address, body);
    const secret = { secret: 'new', previousSecret: 'old' };
    expect(admits('kore', secret, { 'kore-signature': signature })).toBe(true);
    expect(admits('kore', secret, { 'kore-signature': '' })).toBe(false);
  });

  it('cannot use credentials without its secret', () => {
    expect(findAuthentication('kore').makeVerifier({ username: 'a', password: 'b' })).toBeUndefined();
  });
});

describe('a request with unknown credentials', () => {
  it('is checked once more after the secret is read again', async () => {
    const asked: string[] = [];
    const secret = (get: Verifier, refresh: Verifier): SecretSource<Verifier> => ({
      get: async () => {
        asked.push('get');
        return get;
      },
      refresh: async () => {
        asked.push('refresh');
        return refresh;
      },
    });
    const [yes, no]: Verifier[] = [() => true, () => false];
    expect(await isAuthentic(requestWith(body), secret(yes!, no!))).toBe(true);
    expect(await isAuthentic(requestWith(body), secret(no!, yes!))).toBe(true);
    expect(await isAuthentic(requestWith(body), secret(no!, no!))).toBe(false);
    expect(
      await isAuthentic(
        requestWith(body),
        secret(no!, () => false),
      ),
    ).toBe(false);
    expect(asked).toEqual(['get', 'get', 'refresh', 'get', 'refresh', 'get', 'refresh']);
  });
});
