import { type JsonObject, parseObject } from '../json/json.ts';
import { findEndpoint, type RetryPolicy, type SigningConfiguration, sendSigned } from './aws-request.ts';
import { makeJsonRequest } from './json-operations.ts';

/** A secret that may be some minutes old unless a fresh one is requested. */
export interface SecretSource<Secret> {
  get(): Promise<Secret>;
  /** The secret as it is now, unless it was read a few seconds ago. */
  refresh(): Promise<Secret>;
}

/** How long a secret is used before it is read again. */
const cacheMilliseconds = 300_000;
/** How long the secret is not read again, even for unknown credentials or after an error. */
const refreshMilliseconds = 10_000;
/** How long after it was read a secret is used while it cannot be read again. */
const keptMilliseconds = 3_600_000;

/** A secret in Secrets Manager, and what it must contain. */
export interface SecretDefinition<Secret> {
  /** ARN or name. */
  readonly id: string;
  /** The secret's owner for error messages, for example `the query API`. */
  readonly owner: string;
  /** What its JSON object must contain, for error messages. */
  readonly content: string;
  /** Parses the secret; undefined if its content is wrong. */
  readonly read: (members: JsonObject) => Secret | undefined;
  /** How long it may take to read the secret, and how often to try. */
  readonly retryPolicy: RetryPolicy;
  /** Called for each error. The error does not show the secret. */
  readonly onUnreadable: OnUnreadable;
}

/** An error while a secret was read. */
export interface FailedReading {
  /** The secret's owner. */
  readonly owner: string;
  readonly error: unknown;
  /** Whether the previous secret is used instead. */
  readonly isKept: boolean;
}

/** Called when a secret could not be read. */
export type OnUnreadable = (failure: FailedReading) => void;

/**
 * A secret in Secrets Manager, a JSON object, cached for five minutes. New credentials work immediately, because
 * unknown credentials cause another read. Withdrawn ones stop working within five minutes.
 *
 * If the secret cannot be read (Secrets Manager does not answer, the permission is missing, the value is invalid), the
 * previous value is used for up to an hour after it was read.
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

  /** @throws CredentialsError or AwsRequestError if it cannot be read, and was not read within the last hour. */
  get(): Promise<Secret> {
    return this.#getYoungerThan(cacheMilliseconds);
  }

  /** @throws CredentialsError or AwsRequestError if it cannot be read, and was not read within the last hour. */
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
    // Shows neither response nor secret, because one may contain the other.
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

/** The secret could not be read, or its content is wrong. */
export class CredentialsError extends Error {
  override readonly name = 'CredentialsError';
}
