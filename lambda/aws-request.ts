import { setTimeout as wait } from 'node:timers/promises';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SignatureV4 } from '@smithy/signature-v4';

/**
 * Single signed requests to services that a function needs only one operation of. Their SDK clients would double the
 * size of a bundle, and with it the cold start.
 */

/** Region, credentials and hash of a client that the function has anyway. */
export type SigningConfiguration = Pick<DynamoDBClient['config'], 'credentials' | 'region' | 'sha256'>;

/** A request to be signed. */
export interface AwsRequest {
  readonly service: 's3' | 'sqs' | 'secretsmanager';
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

/** Times that a request is tried, while the service or the network fails. */
const mostAttempts = 5;
const timeoutMilliseconds = 10_000;

/**
 * Signs and sends a request; tries again on throttling, server errors and network errors.
 *
 * @returns the answer, whatever its status below 500 (429 aside).
 * @throws AwsRequestError when the service or the network keeps failing.
 */
export async function sendSigned(
  configuration: SigningConfiguration,
  request: AwsRequest,
): Promise<AwsAnswer> {
  let failure = '';
  for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
    if (attempt > 0) await wait(Math.random() * 100 * 2 ** attempt);
    const answer = await attemptOnce(configuration, request);
    if (typeof answer !== 'string' && answer.status < 500 && answer.status !== 429) return answer;
    failure = typeof answer === 'string' ? answer : `status ${answer.status}: ${answer.body.slice(0, 300)}`;
  }
  throw new AwsRequestError(request, failure);
}

/** @returns the answer, or what the network said. */
async function attemptOnce(
  configuration: SigningConfiguration,
  request: AwsRequest,
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
    sha256: configuration.sha256,
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

  constructor(request: AwsRequest, failure: string) {
    super(`${request.method} to ${request.service} failed ${mostAttempts} times, last with ${failure}`);
  }
}
