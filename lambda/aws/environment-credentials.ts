import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';

/** The type of an AWS SDK client's credentials. */
type CredentialsProvider = DynamoDBClient['config']['credentials'];

/**
 * Credentials from the environment, where Lambda puts those of a function's role. Bundles contain this module instead
 * of `@aws-sdk/credential-provider-node`, which also supports profiles, single sign-on, instance metadata, web
 * identities and more. None of these exists on Lambda, and their clients would make up a third of a bundle. The export
 * has the SDK's name.
 *
 * @returns a provider that throws MissingCredentialsError if the environment has no credentials.
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

/** The function was started without credentials. */
export class MissingCredentialsError extends Error {
  override readonly name = 'MissingCredentialsError';

  constructor() {
    super('AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set; Lambda sets them for every function');
  }
}
