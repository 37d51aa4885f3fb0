import { setTimeout as wait } from 'node:timers/promises';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';

/**
 * Single signed requests to services that a function needs only one operation of. Their SDK clients would double the
 * size of a bundle, and with it the cold start.
 */

/** Region and credentials, as a client of the AWS SDK has them. */
export type SigningConfiguration = Pick<DynamoDBClient['config'], 'credentials' | 'region'>;

/** A request to be signed. */
export interface AwsRequest {
  readonly service: 'kinesis' | 's3' | 'sqs' | 'secretsmanager' | 'events' | 'sns';
  readonly method: 'PUT' | 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string;
}

/** What a service answered. */
export interface AwsAnswer {
  readonly status: number;
  readonly body: string;
}

/** How long an answer is waited for. */
export interface RetryPolicy {
  /** Times that a request is tried, while the service or the network fails. */
  readonly attempts: number;
  /** For each attempt. */
  readonly timeoutMilliseconds: number;
}

const defaultRetryPolicy: RetryPolicy = { attempts: 5, timeoutMilliseconds: 10_000 };

/**
 * Signs and sends a request; tries again on throttling, server errors and network errors.
 *
 * @returns the answer, whatever its status below 500 (429 aside).
 * @throws AwsRequestError when the service or the network keeps failing.
 */
export async function sendSigned(
  configuration: SigningConfiguration,
  request: AwsRequest,
  { attempts, timeoutMilliseconds }: RetryPolicy = defaultRetryPolicy,
): Promise<AwsAnswer> {
  let failure = '';
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    if (attempt > 0) await wait(Math.random() * 100 * 2 ** attempt);
    const answer = await attemptOnce(configuration, request, timeoutMilliseconds);
    if (typeof answer !== 'string' && answer.status < 500 && answer.status !== 429) return answer;
    failure = typeof answer === 'string' ? answer : shownAnswer(request, answer);
  }
  throw new AwsRequestError(request, failure, attempts);
}

/** Where a service is: the address that the environment gives, or else the region's own. */
export async function findEndpoint(
  { region }: SigningConfiguration,
  service: 'kinesis' | 'secretsmanager' | 'events' | 'sns',
): Promise<URL> {
  const variable = {
    kinesis: 'AWS_ENDPOINT_URL_KINESIS',
    secretsmanager: 'AWS_ENDPOINT_URL_SECRETS_MANAGER',
    events: 'AWS_ENDPOINT_URL_EVENTBRIDGE',
    sns: 'AWS_ENDPOINT_URL_SNS',
  };
  const given = process.env[variable[service]] ?? process.env['AWS_ENDPOINT_URL'];
  if (given !== undefined) return new URL(given);
  const name = await region();
  return new URL(`https://${service}.${name}.amazonaws.com${name.startsWith('cn-') ? '.cn' : ''}`);
}

/** A failed answer as a message may show it. An answer of Secrets Manager is not shown: it may hold a secret. */
function shownAnswer({ service }: AwsRequest, { status, body }: AwsAnswer): string {
  return service === 'secretsmanager' ? `status ${status}` : `status ${status}: ${body.slice(0, 300)}`;
}

/** @returns the answer, or what the network said. */
async function attemptOnce(
  configuration: SigningConfiguration,
  request: AwsRequest,
  timeoutMilliseconds: number,
): Promise<AwsAnswer | string> {
  const headers = await signedHeaders(configuration, request);
  try {
    const response = await fetch(request.url, {
      method: request.method,
      headers,
      body: request.body,
      signal: AbortSignal.timeout(timeoutMilliseconds),
    });
    return { status: response.status, body: await response.text() };
  } catch (error) {
    if (error instanceof TypeError || error instanceof DOMException) return `${error.name}: ${error.message}`;
    throw error;
  }
}

async function signedHeaders(
  configuration: SigningConfiguration,
  { service, method, url, headers, body }: AwsRequest,
): Promise<Record<string, string>> {
  const signer = new SignatureV4({
    service,
    region: configuration.region,
    credentials: configuration.credentials,
    sha256: Sha256,
    uriEscapePath: service !== 's3',
  });
  const signed = await signer.sign({
    method,
    protocol: url.protocol,
    hostname: url.hostname,
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: { ...headers, host: url.host },
    body,
  });
  const { host, ...others } = signed.headers;
  return others;
}

/** A service that keeps failing. */
export class AwsRequestError extends Error {
  override readonly name = 'AwsRequestError';

  constructor({ method, service }: AwsRequest, failure: string, attempts: number) {
    const times = attempts === 1 ? 'once' : `${attempts} times, last`;
    super(`${method} to ${service} failed ${times} with ${failure}`);
  }
}
