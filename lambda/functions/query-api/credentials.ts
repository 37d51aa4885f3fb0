import type { SigningConfiguration } from '../../aws/aws-request.ts';
import { CachedSecret, type OnUnreadable, type SecretSource } from '../../aws/cached-secret.ts';
import type { JsonObject } from '../../json/json.ts';

/** The account that may call, and its tokens. */
export interface Credentials {
  /** An account SID: `AC` and 32 hexadecimal digits, because Twilio's clients accept nothing else. */
  readonly account: string;
  /** Tokens that are valid now: the current one and, while it is being replaced, the previous one. */
  readonly tokens: readonly string[];
}

/** Short, because a caller is waiting. */
const retryPolicy = { attempts: 2, timeoutMilliseconds: 2_000 };

/**
 * Credentials in Secrets Manager, as JSON: `{"account": "AC…", "token": "…"}`, and `"previousToken"` while clients
 * change to a new token.
 */
export function openCredentials(
  configuration: SigningConfiguration,
  secretId: string,
  onUnreadable: OnUnreadable,
): SecretSource<Credentials> {
  return new CachedSecret(configuration, {
    id: secretId,
    owner: 'the query API',
    content: 'the string fields account and token',
    read: readCredentials,
    retryPolicy,
    onUnreadable,
  });
}

function readCredentials({ account, token, previousToken }: JsonObject): Credentials | undefined {
  if (typeof account !== 'string' || typeof token !== 'string' || token === '') return undefined;
  const hasPrevious = typeof previousToken === 'string' && previousToken !== '';
  return { account, tokens: hasPrevious ? [token, previousToken] : [token] };
}
