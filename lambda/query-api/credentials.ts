import { type SigningConfiguration, sendSigned } from '../aws-request.ts';

/** Who may call, and how it proves that. */
export interface Credentials {
  /** An account SID, `AC` and 32 hexadecimal digits: Twilio's clients take no other. */
  readonly account: string;
  /** Tokens that are valid now: the current one, and while it is being replaced the previous one. */
  readonly tokens: readonly string[];
}

/** Where credentials come from; an answer may be some minutes old unless a fresh one is asked for. */
export interface CredentialSource {
  get(): Promise<Credentials>;
  /** The credentials as they are now, unless they were read a moment ago. */
  refresh(): Promise<Credentials>;
}

/** For how long credentials that were read are used. */
const cacheMilliseconds = 300_000;
/** For how long even a caller with unknown credentials has no new ones looked for. */
const refreshMilliseconds = 10_000;

/**
 * Credentials in Secrets Manager, as JSON: `{"account": "AC…", "token": "…"}`, and `"previousToken"` while clients
 * change over to a new token. A new token works at once, since one that is not known makes the function read again; a
 * withdrawn one goes within five minutes.
 */
export class SecretCredentials implements CredentialSource {
  readonly #configuration: SigningConfiguration;
  readonly #secretId: string;
  #cached: { readonly credentials: Credentials; readonly readAt: number } | undefined;
  #reading: Promise<Credentials> | undefined;

  constructor(configuration: SigningConfiguration, secretId: string) {
    this.#configuration = configuration;
    this.#secretId = secretId;
  }

  get(): Promise<Credentials> {
    return this.#youngerThan(cacheMilliseconds);
  }

  refresh(): Promise<Credentials> {
    return this.#youngerThan(refreshMilliseconds);
  }

  async #youngerThan(milliseconds: number): Promise<Credentials> {
    const cached = this.#cached;
    if (cached !== undefined && Date.now() - cached.readAt < milliseconds) return cached.credentials;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #read(): Promise<Credentials> {
    const answer = await sendSigned(this.#configuration, {
      service: 'secretsmanager',
      method: 'POST',
      url: await endpoint(this.#configuration),
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'secretsmanager.GetSecretValue',
      },
      body: JSON.stringify({ SecretId: this.#secretId }),
    });
    const credentials = answer.status === 200 ? credentialsOf(answer.body) : undefined;
    // The answer itself is not shown: it may hold the secret.
    if (credentials === undefined) throw new CredentialsError(answer.status);
    this.#cached = { credentials, readAt: Date.now() };
    return credentials;
  }
}

/** The secret could not be read, or is none of ours. */
export class CredentialsError extends Error {
  override readonly name = 'CredentialsError';

  constructor(status: number) {
    super(
      status === 200
        ? 'The secret of the query API is no JSON object with the texts account and token'
        : `Secrets Manager answered ${status} to the reading of the query API's secret`,
    );
  }
}

async function endpoint({ region }: SigningConfiguration): Promise<URL> {
  const given = process.env['AWS_ENDPOINT_URL_SECRETS_MANAGER'] ?? process.env['AWS_ENDPOINT_URL'];
  if (given !== undefined) return new URL(given);
  const name = await region();
  return new URL(`https://secretsmanager.${name}.amazonaws.com${name.startsWith('cn-') ? '.cn' : ''}`);
}

function credentialsOf(body: string): Credentials | undefined {
  const secret = objectIn(objectIn(body)?.['SecretString']);
  const { account, token, previousToken } = secret ?? {};
  if (typeof account !== 'string' || typeof token !== 'string' || token === '') return undefined;
  const hasPrevious = typeof previousToken === 'string' && previousToken !== '';
  return { account, tokens: hasPrevious ? [token, previousToken] : [token] };
}

function objectIn(text: unknown): Readonly<Record<string, unknown>> | undefined {
  if (typeof text !== 'string') return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
