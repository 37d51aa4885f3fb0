import type { SecretSource } from '../../aws/cached-secret.ts';
import { isEqual, matchesAny } from '../../http/constant-time.ts';
import { basicCredentials } from '../../http/http-basic.ts';
import type { JsonObject } from '../../json/json.ts';
import { type Carrier, carrierTraits, type WebhookAuthentication } from '../../ledger/source.ts';
import { isSignedByKore } from './kore-signature.ts';
import type { WebhookRequest } from './request.ts';
import { isSignedByTwilio } from './twilio-signature.ts';

/** Tells whether a request is the carrier's. */
export type Verifier = (request: WebhookRequest) => boolean;

/** How a carrier proves who it is, and what its secret must hold. */
export interface Authentication {
  /** What the source's secret has to hold, in words. */
  readonly content: string;
  /** The member of the secret that is generated when it is made. */
  readonly generated: 'password' | 'token' | 'secret';
  /** Whether the secret names a user as well. */
  readonly hasUser: boolean;
  /** Makes the check out of what the secret holds; undefined where it lacks what is needed. */
  readonly makeVerifier: (members: JsonObject) => Verifier | undefined;
}

const basic: Authentication = {
  content: 'the string fields username and password',
  generated: 'password',
  hasUser: true,
  makeVerifier: basicVerifier,
};

/**
 * The check for each way in which requests prove who sends them; `carrierTraits` says which way a carrier's documents
 * state. A secret may hold two of each credential: the current and the previous one.
 */
const authentications: Readonly<Record<WebhookAuthentication, Authentication>> = {
  // Credentials in the URL are all that works before the account's auth token is in the secret, and nothing after.
  'twilio-hmac': {
    ...basic,
    content: 'the string field authToken, or the string fields username and password',
    makeVerifier: (members) => {
      const authTokens = texts(members, 'authToken', 'previousAuthToken');
      return authTokens.length === 0
        ? basicVerifier(members)
        : (request) => isSignedByTwilio(request, authTokens);
    },
  },
  'kore-hmac': {
    content: 'the string field secret',
    generated: 'secret',
    hasUser: false,
    makeVerifier: (members) => {
      const secrets = texts(members, 'secret', 'previousSecret');
      return secrets.length === 0 ? undefined : (request) => isSignedByKore(request, secrets);
    },
  },
  basic,
  token: {
    content: 'the string field token',
    generated: 'token',
    hasUser: false,
    makeVerifier: (members) => {
      const tokens = texts(members, 'token', 'previousToken');
      return tokens.length === 0 ? undefined : (request) => matchesAny(readToken(request), tokens);
    },
  },
};

/** How a carrier's requests prove who sends them. */
export function findAuthentication(carrier: Carrier): Authentication {
  return authentications[carrierTraits[carrier].webhook];
}

/**
 * Whether a request is the carrier's.
 *
 * @throws CredentialsError or AwsRequestError when that can't be told now.
 */
export async function isAuthentic(request: WebhookRequest, secret: SecretSource<Verifier>): Promise<boolean> {
  const known = await secret.get();
  if (known(request)) return true;
  // The credentials may be newer than those that were read last.
  const fresh = await secret.refresh();
  return fresh !== known && fresh(request);
}

function basicVerifier(members: JsonObject): Verifier | undefined {
  const [username] = texts(members, 'username');
  const passwords = texts(members, 'password', 'previousPassword');
  if (username === undefined || passwords.length === 0) return undefined;
  return ({ headers }) => {
    const given = basicCredentials(headers['authorization']);
    const isPassword = matchesAny(given?.password ?? '', passwords);
    const isUser = isEqual(given?.user ?? '', username);
    return isPassword && isUser;
  };
}

/** The token of a request: `Authorization`, with or without `Bearer`, or `X-API-Key`. */
function readToken({ headers }: WebhookRequest): string {
  const given = headers['authorization'] ?? headers['x-api-key'] ?? '';
  return given.trim().replace(/^bearer +/i, '');
}

/** Those of a secret's members that are texts with something in them: what is empty lets nobody in. */
function texts(members: JsonObject, ...names: readonly string[]): string[] {
  return names
    .map((name) => members[name])
    .filter((value): value is string => typeof value === 'string' && value !== '');
}
