import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';

/** What a client of the AWS SDK asks for its credentials. */
type CredentialsProvider = DynamoDBClient['config']['credentials'];

/**
 * Credentials from the environment, where Lambda puts those of a function's role. The bundles contain this module
 * instead of `@aws-sdk/credential-provider-node`, which looks for credentials in many other places (profiles, single
 * sign-on, instance metadata, web identities, …). None of them exists on Lambda, and with their clients they would be a
 * third of a bundle. The name of the export is the SDK's.
 *
 * @returns a provider that throws MissingCredentialsError where the environment has none.
 */
export function defaultProvider(): CredentialsProvider {
  return async () => {
    const {
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_SESSION_TOKEN: sessionToken,
    } = process.env;
    if (!accessKeyId || !secretAccessKey) throw new MissingCredentialsError();
    return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
  };
}

/** A function that was started without credentials. */
export class MissingCredentialsError extends Error {
  override readonly name = 'MissingCredentialsError';

  constructor() {
    super('AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set; Lambda sets them for every function');
  }
}
