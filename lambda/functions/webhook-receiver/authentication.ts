import type { SecretSource } from '../../aws/cached-secret.ts';
import { isEqual, matchesAny } from '../../http/constant-time.ts';
import { readBasicCredentials } from '../../http/http-basic.ts';
import type { JsonObject } from '../../json/json.ts';
import { type Carrier, carrierTraits, type WebhookAuthentication } from '../../ledger/source.ts';
import { isSignedByKore } from './kore-signature.ts';
import type { WebhookRequest } from './request.ts';
import { isSignedByTwilio } from './twilio-signature.ts';

/** Checks whether a request comes from the carrier. */
export type Verifier = (request: WebhookRequest) => boolean;

/** A way in which a carrier's requests authenticate, and what its secret must contain. */
export interface Authentication {
  /** What the source's secret must contain, for error messages. */
  readonly content: string;
  /** The member of the secret that is generated when it is created. */
  readonly generated: 'password' | 'token' | 'secret';
  /** Whether the secret names a user as well. */
  readonly hasUser: boolean;
  /** Makes the check from the secret's members; undefined if one is missing. */
  readonly makeVerifier: (members: JsonObject) => Verifier | undefined;
}

const basic: Authentication = {
  content: 'the string fields username and password',
  generated: 'password',
  hasUser: true,
  makeVerifier: makeBasicVerifier,
};

/**
 * The check for each way to authenticate; `carrierTraits` says which one a carrier uses according to its documents. A
 * secret may contain two of each credential: the current and the previous one.
 */
const authentications: Readonly<Record<WebhookAuthentication, Authentication>> = {
  // Credentials in the URL work only until the secret contains the account's auth token.
  'twilio-hmac': {
    ...basic,
    content: 'the string field authToken, or the string fields username and password',
    makeVerifier: (members) => {
      const authTokens = readTexts(members, 'authToken', 'previousAuthToken');
      return authTokens.length === 0
        ? makeBasicVerifier(members)
        : (request) => isSignedByTwilio(request, authTokens);
    },
  },
  'kore-hmac': {
    content: 'the string field secret',
    generated: 'secret',
    hasUser: false,
    makeVerifier: (members) => {
      const secrets = readTexts(members, 'secret', 'previousSecret');
      return secrets.length === 0 ? undefined : (request) => isSignedByKore(request, secrets);
    },
  },
  basic,
  token: {
    content: 'the string field token',
    generated: 'token',
    hasUser: false,
    makeVerifier: (members) => {
      const tokens = readTexts(members, 'token', 'previousToken');
      return tokens.length === 0 ? undefined : (request) => matchesAny(readToken(request), tokens);
    },
  },
};

/** How a carrier's requests authenticate. */
export function findAuthentication(carrier: Carrier): Authentication {
  return authentications[carrierTraits[carrier].webhook];
}

/**
 * Whether a request comes from the carrier.
 *
 * @throws CredentialsError or AwsRequestError if the secret cannot be read now.
 */
export async function isAuthentic(request: WebhookRequest, secret: SecretSource<Verifier>): Promise<boolean> {
  const known = await secret.get();
  if (known(request)) return true;
  // The credentials may be newer than the cached ones.
  const fresh = await secret.refresh();
  return fresh !== known && fresh(request);
}

function makeBasicVerifier(members: JsonObject): Verifier | undefined {
  const [username] = readTexts(members, 'username');
  const passwords = readTexts(members, 'password', 'previousPassword');
  if (username === undefined || passwords.length === 0) return undefined;
  return ({ headers }) => {
    const given = readBasicCredentials(headers['authorization']);
    const isPassword = matchesAny(given?.password ?? '', passwords);
    const isUser = isEqual(given?.user ?? '', username);
    return isPassword && isUser;
  };
}

/** A request's token: `Authorization`, with or without `Bearer`, or `X-API-Key`. */
function readToken({ headers }: WebhookRequest): string {
  const given = headers['authorization'] ?? headers['x-api-key'] ?? '';
  return given.trim().replace(/^bearer +/i, '');
}

/** The members of a secret that are non-empty strings: an empty one must not admit anyone. */
function readTexts(members: JsonObject, ...names: readonly string[]): string[] {
  return names
    .map((name) => members[name])
    .filter((value): value is string => typeof value === 'string' && value !== '');
}
