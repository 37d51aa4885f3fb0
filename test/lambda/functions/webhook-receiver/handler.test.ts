import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { parseEmbeddedMetrics } from '../../../../emulators/lambda-runtime/embedded-metrics.ts';
import type { LocalFunction } from '../../../../emulators/lambda-runtime/function.ts';
import { createSecretsEmulator } from '../../../../emulators/secrets/emulator.ts';
import { environment } from '../../../../lambda/aws/names.ts';
import type { WebhookSourceDescription } from '../../../../lambda/aws/sources.ts';
import {
  makeWebhookPath,
  makeWebhookRouteKey,
} from '../../../../lambda/functions/webhook-receiver/routes.ts';
import { functions } from '../../../../lib/limits.ts';
import { createDeployedFunction } from '../../../../local/deployed-function.ts';
import { readExampleDeliveries } from '../../../../local/examples/index.ts';
import { expectNone, personalValues } from '../../../personal-data.ts';
import { basic } from './requests.ts';
import { TroubledStream } from './troubled-stream.ts';

const address = '203.0.113.77';
const password = 'the password of the fleet';
const secrets = createSecretsEmulator({
  fleet: JSON.stringify({ username: 'fleet', password }),
  useless: JSON.stringify({ username: 'fleet' }),
});
const stream = new TroubledStream();
const lines: string[] = [];
let receiver: LocalFunction;

beforeAll(async () => {
  const { port } = await secrets.listen(0);
  await stream.start(1);
  receiver = await startReceiver(`http://127.0.0.1:${port}`);
});

afterAll(async () => {
  await receiver.stop();
  await Promise.all([stream.stop(), secrets.close()]);
});

beforeEach(() => {
  lines.length = 0;
  stream.requests.length = 0;
  stream.troubles = [];
});

function startReceiver(secretsEndpoint: string): Promise<LocalFunction> {
  const sources = ['fleet', 'useless', 'missing', 'limited'].map(
    (name): WebhookSourceDescription => ({
      ...{ name, carrier: '1nce', streamArn: stream.arn },
      secret: name === 'limited' ? 'fleet' : name,
      requestsPerSecond: name === 'limited' ? 1 : 0,
    }),
  );
  return createDeployedFunction({
    ...functions.webhookReceiver,
    name: 'webhook-receiver',
    onLog: (line) => lines.push(line),
    environment: {
      AWS_ENDPOINT_URL_KINESIS: stream.endpoint,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsEndpoint,
      [environment.webhookSources]: JSON.stringify(sources),
      [environment.metricNamespace]: 'fleet-stack',
    },
  });
}

function eventOf(
  source: string,
  body: string,
  authorization = basic('fleet', password),
): APIGatewayProxyEventV2 {
  const routeKey = makeWebhookRouteKey(source);
  return {
    version: '2.0',
    routeKey,
    rawPath: makeWebhookPath(source),
    rawQueryString: '',
    headers: { authorization, 'content-type': 'application/json', 'x-forwarded-for': address },
    requestContext: {
      ...{ accountId: '000000000000', apiId: 'api', domainName: 'api.example.com', domainPrefix: 'api' },
      http: {
        ...{ method: 'POST', path: makeWebhookPath(source), protocol: 'HTTP/1.1', userAgent: 'test' },
        sourceIp: address,
      },
      ...{ requestId: 'id', routeKey, stage: '$default', time: '02/Nov/2026:12:00:00 +0000', timeEpoch: 0 },
    },
    body,
    isBase64Encoded: false,
  };
}

async function answerTo(
  event: APIGatewayProxyEventV2,
  by = receiver,
): Promise<APIGatewayProxyStructuredResultV2> {
  const result = await by.invoke(event);
  if (!result.ok) expect.fail(result.error.message);
  return result.response as APIGatewayProxyStructuredResultV2;
}

/**
 * The metrics by name, and the log lines without values that differ between runs: `logged` has all of them, `warned` the
 * warnings and errors. A function writes these to a separate pipe, so their order relative to the others is not known.
 */
function told() {
  const metrics = lines.flatMap((line) => parseEmbeddedMetrics(line) ?? []);
  const logged = lines
    .filter((line) => parseEmbeddedMetrics(line) === undefined)
    .map((line) => {
      const { level, message, source, status, records, bytes, cause } = JSON.parse(line);
      return { level, message, source, status, records, bytes, cause };
    });
  return {
    metrics: metrics.map(({ namespace, name, value, dimensions }) => [namespace, name, value, dimensions]),
    logged,
    warned: logged.filter(({ level }) => level === 'WARN' || level === 'ERROR'),
  };
}

const json = { 'content-type': 'application/json' };

test('a request is answered, measured and logged, without its content', async () => {
  const examples = (await readExampleDeliveries()).stream.filter(({ source }) => source === '1nce');
  for (const { data } of examples) {
    expect(await answerTo(eventOf('fleet', data.toString('utf8')))).toEqual({
      statusCode: 200,
      headers: json,
      body: '{"message":"The whole body is in the stream"}',
    });
  }
  const { metrics, logged } = told();
  expect(metrics).toEqual(examples.map(() => ['fleet-stack', 'webhookTaken', 1, { source: 'fleet' }]));
  expect(logged).toEqual(
    examples.map(({ data }) => ({
      ...{ level: 'INFO', message: 'Request', source: 'fleet', status: 200, records: 1 },
      bytes: data.length,
      cause: undefined,
    })),
  );
  const personal = personalValues(examples.map(({ data }) => data));
  expect(personal.size).toBeGreaterThan(5);
  expectNone(new Set([...personal, address, password, basic('fleet', password)]), lines);
});

test('a request with a wrong password is refused before anything is written', async () => {
  expect(await answerTo(eventOf('fleet', '{}', basic('fleet', 'wrong')))).toMatchObject({
    statusCode: 401,
    headers: { 'www-authenticate': 'Basic realm="simledger", charset="UTF-8"' },
  });
  expect(stream.requests).toEqual([]);
  expect(told().metrics).toEqual([['fleet-stack', 'webhookRefused', 1, { source: 'fleet' }]]);
});

test('a full stream makes the carrier send again a little later', async () => {
  stream.troubles = Array(10).fill('throttled');
  expect(await answerTo(eventOf('fleet', '{}'))).toEqual({
    statusCode: 503,
    headers: { ...json, 'retry-after': '5' },
    body: '{"message":"The request could not be stored: send it again"}',
  });
  const { metrics, warned } = told();
  expect(metrics).toEqual([['fleet-stack', 'webhookFailed', 1, { source: 'fleet' }]]);
  expect(warned).toMatchObject([
    {
      level: 'WARN',
      message: 'The carrier must send again',
      cause: 'StreamBusyError: 1 of 1 records are not in the stream: ProvisionedThroughputExceededException',
    },
  ]);
});

test.each([
  [
    'useless',
    'CredentialsError: The secret of the source useless must be a JSON object with the string fields username and password',
  ],
  [
    'missing',
    'CredentialsError: Secrets Manager answered 400 when the secret of the source missing was read',
  ],
])('a secret that is %s lets nobody in, and has the carrier send again', async (source, cause) => {
  expect(await answerTo(eventOf(source, '{}'))).toMatchObject({ statusCode: 500 });
  const { metrics, warned } = told();
  expect(warned).toMatchObject([
    { level: 'ERROR', message: 'A secret cannot be read', cause },
    { level: 'WARN', source, cause },
  ]);
  expect(metrics).toEqual([
    ['fleet-stack', 'secretUnreadable', 1, { service: 'webhook-receiver' }],
    ['fleet-stack', 'webhookFailed', 1, { source }],
  ]);
  expect(stream.requests).toEqual([]);
});

test('an unreachable Secrets Manager makes the carrier send again', async () => {
  const alone = await startReceiver('http://127.0.0.1:9');
  try {
    expect(await answerTo(eventOf('fleet', '{}'), alone)).toMatchObject({ statusCode: 503 });
  } finally {
    await alone.stop();
  }
  expect(stream.requests).toEqual([]);
});

test('only a source that exceeds its limit must send again', async () => {
  const statuses = async (source: string, authorization?: string) => {
    const { statusCode, headers } = await answerTo(eventOf(source, '{}', authorization));
    return [source, statusCode, headers?.['retry-after']];
  };
  expect(await statuses('limited', basic('fleet', 'wrong'))).toEqual(['limited', 401, undefined]);
  expect(await statuses('limited', basic('fleet', 'wrong'))).toEqual(['limited', 401, undefined]);
  lines.length = 0;
  stream.requests.length = 0;
  // A burst of two is allowed, and one per second. On a slow machine, a few seconds pass meanwhile.
  const answers: unknown[] = [];
  for (let request = 0; request < 12; request += 1) answers.push(await statuses('limited'));
  const [taken, refused] = [
    ['limited', 200, undefined],
    ['limited', 503, '5'],
  ];
  expect(answers.slice(0, 2)).toEqual([taken, taken]);
  expect(answers).toContainEqual(refused);
  expect(stream.requests.length).toBe(answers.filter((answer) => String(answer) === String(taken)).length);
  // Lines of the two outputs of the function's process may arrive in any order.
  await vi.waitFor(() => {
    const { metrics, logged } = told();
    expect(metrics).toContainEqual(['fleet-stack', 'webhookFailed', 1, { source: 'limited' }]);
    expect(logged).toContainEqual(
      expect.objectContaining({
        ...{ level: 'WARN', message: 'The carrier must send again', source: 'limited' },
        cause: 'TooManyRequestsError: More than 1 requests per second',
      }),
    );
  }, 60_000);
  expect(await statuses('fleet')).toEqual(['fleet', 200, undefined]);
});

test('a route for an unknown source returns 404', async () => {
  expect(await answerTo(eventOf('elsewhere', '{}'))).toMatchObject({ statusCode: 404 });
});
