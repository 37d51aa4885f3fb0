import { type JsonObject, parseObject } from '../json/json.ts';
import { findEndpoint, type RetryPolicy, type SigningConfiguration, sendSigned } from './aws-request.ts';
import { makeJsonRequest } from './json-operations.ts';

/** Where a secret comes from; an answer may be some minutes old unless a fresh one is requested. */
export interface SecretSource<Secret> {
  get(): Promise<Secret>;
  /** The secret as it is now, unless it was read a moment ago. */
  refresh(): Promise<Secret>;
}

/** How long a secret is used before it is read again. */
const cacheMilliseconds = 300_000;
/** How long the secret is not read again, even for unknown credentials or after a failed reading. */
const refreshMilliseconds = 10_000;
/** How long a secret is used after it was read, while it cannot be read again. */
const keptMilliseconds = 3_600_000;

/** A secret in Secrets Manager, and what is expected in it. */
export interface SecretDefinition<Secret> {
  /** ARN or name. */
  readonly id: string;
  /** Whose it is, in the middle of a sentence: `the query API`. */
  readonly owner: string;
  /** What its JSON object must hold, in words. */
  readonly content: string;
  /** Reads the secret's text; undefined if it does not hold what it must. */
  readonly read: (members: JsonObject) => Secret | undefined;
  /** How long reading it may take, in milliseconds. */
  readonly retryPolicy: RetryPolicy;
  /** Called for each reading that fails. The error shows nothing of the secret. */
  readonly onUnreadable: OnUnreadable;
}

/** A reading of a secret that failed. */
export interface FailedReading {
  /** Whose secret it is. */
  readonly owner: string;
  readonly error: unknown;
  /** Whether the secret that was read last is used instead. */
  readonly isKept: boolean;
}

/** Called for readings that fail. */
export type OnUnreadable = (failure: FailedReading) => void;

/**
 * A secret in Secrets Manager, a JSON object, cached for five minutes. New credentials work at once, since unknown
 * credentials make the function read the secret again; withdrawn ones stop working within five minutes.
 *
 * If the secret cannot be read again (Secrets Manager cannot be reached, the permission is missing, the value is not
 * readable), the last one is used for up to an hour after it was read.
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
    return this.#getYoungerThan(cacheMilliseconds);
  }

  /** @throws CredentialsError or AwsRequestError when it can't be read, and was not within the last hour. */
  refresh(): Promise<Secret> {
    return this.#getYoungerThan(refreshMilliseconds);
  }

  async #getYoungerThan(milliseconds: number): Promise<Secret> {
    const hasJustFailed = this.#failedAt !== undefined && Date.now() - this.#failedAt < refreshMilliseconds;
    const cached = this.#findCached(hasJustFailed ? keptMilliseconds : milliseconds);
    if (cached !== undefined) return cached.secret;
    this.#reading ??= this.#readOrKeep().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  #findCached(milliseconds: number): { readonly secret: Secret } | undefined {
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
      const kept = this.#findCached(keptMilliseconds);
      const { owner, onUnreadable } = this.#definition;
      onUnreadable({ owner, error, isKept: kept !== undefined });
      if (kept === undefined) throw error;
      return kept.secret;
    }
  }

  async #read(): Promise<Secret> {
    const { id, owner, content, read, retryPolicy } = this.#definition;
    const url = await findEndpoint(this.#configuration, 'secretsmanager');
    const request = makeJsonRequest('secretsmanager', 'GetSecretValue', url, { SecretId: id });
    const answer = await sendSigned(this.#configuration, request, retryPolicy);
    // Neither answer nor secret is shown: one may hold the other.
    if (answer.status !== 200) {
      throw new CredentialsError(
        `Secrets Manager answered ${answer.status} when the secret of ${owner} was read`,
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
