import { carrierTraits, type WebhookAuthentication } from '../lambda/ledger/source.ts';
import type { ApiCredentials } from './options.ts';
import { apiSecret, localSources, makeWebhookSecret } from './places.ts';

/**
 * The contents of Secrets Manager: the API's credentials, which are also those of each carrier, in the form that the
 * carrier uses.
 */
export function makeSecrets({ account, token }: ApiCredentials): Record<string, string> {
  const byAuthentication: Readonly<Record<WebhookAuthentication, Record<string, string>>> = {
    'twilio-hmac': { authToken: token },
    'kore-hmac': { secret: token },
    basic: { username: account, password: token },
    token: { token },
  };
  const ofSources = localSources.map(({ name, carrier }) => [
    makeWebhookSecret(name),
    JSON.stringify(byAuthentication[carrierTraits[carrier].webhook]),
  ]);
  return { [apiSecret]: JSON.stringify({ account, token }), ...Object.fromEntries(ofSources) };
}
