import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { SigningConfiguration } from '../../aws/aws-request.ts';
import { CachedSecret } from '../../aws/cached-secret.ts';
import { defaultProvider } from '../../aws/environment-credentials.ts';
import { environment, service } from '../../aws/names.ts';
import { requireEnvironment, type WebhookSourceDescription } from '../../aws/sources.ts';
import { createTelemetry, describeCause } from '../../aws/telemetry.ts';
import { findAuthentication, type Verifier } from './authentication.ts';
import { receive, type WebhookSource } from './receiver.ts';
import { readWebhookRequest } from './request.ts';
import { RequestLimit } from './request-limit.ts';
import { makeWebhookRouteKey } from './routes.ts';
import { StreamWriter } from './stream-writer.ts';

/** Carriers wait for 5 seconds. The rest is for the network and for a cold start. */
const answerMilliseconds = 4_000;

/** Short, so that enough time is left for the stream. */
const secretRetryPolicy = { attempts: 2, timeoutMilliseconds: 1_000 };

const telemetry = createTelemetry(service.webhookReceiver);
const configuration: SigningConfiguration = {
  region: async () => requireEnvironment('AWS_REGION'),
  credentials: defaultProvider(),
};
const stream = new StreamWriter(configuration);
const sources = new Map(
  (JSON.parse(requireEnvironment(environment.webhookSources)) as WebhookSourceDescription[]).map(
    (description) => [makeWebhookRouteKey(description.name), makeSource(description)],
  ),
);

/** Answers one request. The log contains the source and the status, but nothing of the body. */
export async function handler(event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> {
  const started = performance.now();
  const source = sources.get(event.routeKey);
  if (source === undefined) return answer(404, 'Unknown source');
  const request = readWebhookRequest(event);
  const { status, message, records } = await receive(
    request,
    source,
    {
      stream,
      onError: (error) =>
        telemetry.logger.warn('The carrier must send again', {
          source: source.name,
          ...describeCause(error),
        }),
    },
    started + answerMilliseconds,
  );
  telemetry.reportRequest(status, source.name);
  telemetry.logger.info('Request', {
    ...{ source: source.name, status, records },
    bytes: request.body.length,
    milliseconds: Math.round(performance.now() - started),
  });
  return answer(status, message);
}

function makeSource(description: WebhookSourceDescription): WebhookSource {
  const { name, carrier, streamArn, secret: id, requestsPerSecond } = description;
  const { content, makeVerifier } = findAuthentication(carrier);
  const verifier = new CachedSecret<Verifier>(configuration, {
    ...{ id, content },
    owner: `the source ${name}`,
    read: makeVerifier,
    retryPolicy: secretRetryPolicy,
    onUnreadable: telemetry.reportUnreadableSecret,
  });
  return { name, streamArn, verifier, limit: new RequestLimit(requestsPerSecond) };
}

function answer(statusCode: number, message: string): APIGatewayProxyStructuredResultV2 {
  return {
    statusCode,
    headers: {
      'content-type': 'application/json',
      ...(statusCode === 401 && { 'www-authenticate': 'Basic realm="simledger", charset="UTF-8"' }),
      ...(statusCode === 415 && { 'accept-encoding': 'gzip' }),
      ...(statusCode === 503 && { 'retry-after': '5' }),
    },
    body: JSON.stringify({ message }),
  };
}
