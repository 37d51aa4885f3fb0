import { type JsonObject, parseObject } from '../json/json.ts';
import { findEndpoint, type RetryPolicy, type SigningConfiguration, sendSigned } from './aws-request.ts';

/** Where a secret comes from; an answer may be some minutes old unless a fresh one is asked for. */
export interface SecretSource<Secret> {
  get(): Promise<Secret>;
  /** The secret as it is now, unless it was read a moment ago. */
  refresh(): Promise<Secret>;
}

/** For how long a secret that was read is used. */
const cacheMilliseconds = 300_000;
/** For how long even a caller with unknown credentials has no new ones looked for, and a failed reading is not repeated. */
const refreshMilliseconds = 10_000;
/** For how long a secret that was read is used while it can't be read again. */
const keptMilliseconds = 3_600_000;

/** A secret in Secrets Manager, and what is expected in it. */
export interface SecretDefinition<Secret> {
  /** ARN or name. */
  readonly id: string;
  /** Whose it is, as a sentence goes on: `the query API`. */
  readonly owner: string;
  /** What its JSON object has to hold, in words. */
  readonly content: string;
  /** Reads it; undefined where that is not what it holds. */
  readonly read: (members: JsonObject) => Secret | undefined;
  /** How long its reading may take. */
  readonly retryPolicy: RetryPolicy;
  /** Told of each reading that fails. The error shows nothing of the secret. */
  readonly onUnreadable: OnUnreadable;
}

/** A reading of a secret that failed. */
export interface FailedReading {
  /** Whose secret it is. */
  readonly owner: string;
  readonly error: unknown;
  /** Whether the secret is used as it was read last. */
  readonly isKept: boolean;
}

/** Told of readings that fail. */
export type OnUnreadable = (failure: FailedReading) => void;

/**
 * A secret in Secrets Manager, a JSON object, kept for five minutes. What replaces it works at once, since credentials
 * that are not known make the function read again; what is withdrawn goes within five minutes.
 *
 * A secret that can't be read again (Secrets Manager is not reached, permission is missing, what is there is not
 * readable) is used as it was for up to an hour after it was read.
 */
export class CachedSecret<Secret> implements SecretSource<Secret> {
  readonly #configuration: SigningConfiguration;
  readonly #definition: SecretDefinition<Secret>;
  #cached: { readonly secret: Secret; readonly readAt: number } | undefined;
  #reading: Promise<Secret> | undefined;
  #failedAt: number | undefined;

  constructor(configuration: SigningConfiguration, definition: SecretDefinition<Secret>) {
    this.#configuration = configuration;
    this.#definition = definition;
  }

  /** @throws CredentialsError or AwsRequestError when it can't be read, and was not within the last hour. */
  get(): Promise<Secret> {
    return this.#youngerThan(cacheMilliseconds);
  }

  /** @throws CredentialsError or AwsRequestError when it can't be read, and was not within the last hour. */
  refresh(): Promise<Secret> {
    return this.#youngerThan(refreshMilliseconds);
  }

  async #youngerThan(milliseconds: number): Promise<Secret> {
    const hasJustFailed = this.#failedAt !== undefined && Date.now() - this.#failedAt < refreshMilliseconds;
    const cached = this.#cachedWithin(hasJustFailed ? keptMilliseconds : milliseconds);
    if (cached !== undefined) return cached.secret;
    this.#reading ??= this.#readOrKeep().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  #cachedWithin(milliseconds: number): { readonly secret: Secret } | undefined {
    const cached = this.#cached;
    return cached !== undefined && Date.now() - cached.readAt < milliseconds ? cached : undefined;
  }

  async #readOrKeep(): Promise<Secret> {
    try {
      const secret = await this.#read();
      this.#cached = { secret, readAt: Date.now() };
      this.#failedAt = undefined;
      return secret;
    } catch (error) {
      this.#failedAt = Date.now();
      const kept = this.#cachedWithin(keptMilliseconds);
      const { owner, onUnreadable } = this.#definition;
      onUnreadable({ owner, error, isKept: kept !== undefined });
      if (kept === undefined) throw error;
      return kept.secret;
    }
  }

  async #read(): Promise<Secret> {
    const { id, owner, content, read, retryPolicy } = this.#definition;
    const answer = await sendSigned(
      this.#configuration,
      {
        service: 'secretsmanager',
        method: 'POST',
        url: await findEndpoint(this.#configuration, 'secretsmanager'),
        headers: {
          'content-type': 'application/x-amz-json-1.1',
          'x-amz-target': 'secretsmanager.GetSecretValue',
        },
        body: JSON.stringify({ SecretId: id }),
      },
      retryPolicy,
    );
    // Neither answer nor secret is shown: one may hold the other.
    if (answer.status !== 200) {
      throw new CredentialsError(
        `Secrets Manager answered ${answer.status} to the reading of the secret of ${owner}`,
      );
    }
    const text = parseObject(answer.body)?.['SecretString'];
    const members = typeof text === 'string' ? parseObject(text) : undefined;
    const secret = members === undefined ? undefined : read(members);
    if (secret === undefined) {
      throw new CredentialsError(`The secret of ${owner} must be a JSON object with ${content}`);
    }
    return secret;
  }
}

/** The secret could not be read, or does not hold what it must. */
export class CredentialsError extends Error {
  override readonly name = 'CredentialsError';
}
