import { setTimeout as wait } from 'node:timers/promises';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';

/**
 * Single signed requests to services of which a function needs only one operation. Their SDK clients would double the
 * size of a bundle, and with it the cold start.
 */

/** Region and credentials, as in the configuration of an AWS SDK client. */
export type SigningConfiguration = Pick<DynamoDBClient['config'], 'credentials' | 'region'>;

/** A request to sign. */
export interface AwsRequest {
  readonly service: 'kinesis' | 's3' | 'sqs' | 'secretsmanager' | 'events' | 'sns';
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string;
}

/** A service's response with its body as text. */
export interface AwsAnswer {
  readonly status: number;
  readonly body: string;
}

/** A service's response. */
export interface AwsBytes {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** How often the request was sent. An earlier attempt may already have had its effect. */
  readonly attempts: number;
}

/** How often to try a request, and how long to wait for a response. */
export interface RetryPolicy {
  /** How often to try the request while the service or the network fails. */
  readonly attempts: number;
  /** The time for each attempt. */
  readonly timeoutMilliseconds: number;
}

const defaultRetryPolicy: RetryPolicy = { attempts: 5, timeoutMilliseconds: 10_000 };

/**
 * Signs and sends a request. Retries it after throttling, server errors and network errors.
 *
 * @returns the response, with any status below 500 except 429.
 * @throws AwsRequestError if the service or the network keeps failing.
 */
export async function sendSigned(
  configuration: SigningConfiguration,
  request: AwsRequest,
  retryPolicy?: RetryPolicy,
): Promise<AwsAnswer> {
  const { status, bytes } = await fetchSigned(configuration, request, retryPolicy);
  return { status, body: decodeText(bytes) };
}

/** Like {@link sendSigned}, for responses that are not text or whose headers matter. */
export async function fetchSigned(
  configuration: SigningConfiguration,
  request: AwsRequest,
  { attempts, timeoutMilliseconds }: RetryPolicy = defaultRetryPolicy,
): Promise<AwsBytes> {
  let failure = '';
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    if (attempt > 0) await wait(Math.random() * 100 * 2 ** attempt);
    const answer = await attemptOnce(configuration, request, timeoutMilliseconds);
    if (typeof answer !== 'string' && answer.status < 500 && answer.status !== 429)
      return { ...answer, attempts: attempt + 1 };
    failure = typeof answer === 'string' ? answer : describeAnswer(request, answer);
  }
  throw new AwsRequestError(request, failure, attempts);
}

function decodeText(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** The endpoint of a service: from the environment, or else the region's own. */
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

/** Describes a failed response for a message. Never shows a response of Secrets Manager, which may contain a secret. */
function describeAnswer({ service }: AwsRequest, { status, bytes }: Omit<AwsBytes, 'attempts'>): string {
  if (service === 'secretsmanager') return `status ${status}`;
  return `status ${status}: ${decodeText(bytes).slice(0, 300)}`;
}

/** @returns the response, or a description of the network's error. */
async function attemptOnce(
  configuration: SigningConfiguration,
  request: AwsRequest,
  timeoutMilliseconds: number,
): Promise<Omit<AwsBytes, 'attempts'> | string> {
  const headers = await signHeaders(configuration, request);
  try {
    const response = await fetch(request.url, {
      method: request.method,
      headers,
      ...(request.body.length > 0 && { body: request.body }),
      signal: AbortSignal.timeout(timeoutMilliseconds),
    });
    const { status, headers: answered } = response;
    return { status, headers: answered, bytes: new Uint8Array(await response.arrayBuffer()) };
  } catch (error) {
    if (error instanceof TypeError || error instanceof DOMException) return `${error.name}: ${error.message}`;
    throw error;
  }
}

async function signHeaders(
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

/** A service kept failing. */
export class AwsRequestError extends Error {
  override readonly name = 'AwsRequestError';

  constructor({ method, service }: AwsRequest, failure: string, attempts: number) {
    const times = attempts === 1 ? 'once' : `${attempts} times, last`;
    super(`${method} to ${service} failed ${times} with ${failure}`);
  }
}
