import { randomBytes } from 'node:crypto';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LocalDynamoDb } from '../../../../emulators/dynamodb/start.ts';
import {
  type MetricValue,
  parseEmbeddedMetrics,
} from '../../../../emulators/lambda-runtime/embedded-metrics.ts';
import type { LocalFunction } from '../../../../emulators/lambda-runtime/function.ts';
import { createSecretsEmulator } from '../../../../emulators/secrets/emulator.ts';
import { runLimits } from '../../../../lambda/alerts/delivery/deliver.ts';
import { AlertOutbox } from '../../../../lambda/alerts/delivery/outbox.ts';
import type { ReceiverSettings } from '../../../../lambda/alerts/delivery/receiver.ts';
import { requestMilliseconds } from '../../../../lambda/alerts/delivery/receivers.ts';
import { makeDynamoDbClient } from '../../../../lambda/aws/dynamodb-client.ts';
import { environment } from '../../../../lambda/aws/names.ts';
import { alertOutboxTable } from '../../../../lambda/store/tables.ts';
import { functions } from '../../../../lib/limits.ts';
import { createDeployedFunction } from '../../../../local/deployed-function.ts';
import { HookReceiver } from '../../alerts/delivery/hook-receiver.ts';
import { startOutboxTable } from '../../alerts/delivery/outbox-table.ts';
import { transitionWith } from '../../alerts/delivery/transitions.ts';

/** The deployed bundle in a separate process, with emulators and a receiver. */

const secret = `whsec_${randomBytes(32).toString('base64')}`;
const hook = new HookReceiver(secret);
const secrets: Record<string, string> = {};
const secretsServer = createSecretsEmulator(secrets);
const lines: string[] = [];
let engine: LocalDynamoDb;
let client: DynamoDBClient;
let outbox: AlertOutbox;
let delivery: LocalFunction;

const subscription = { minimumSeverity: 'info', rules: undefined } as const;
const receivers: readonly ReceiverSettings[] = [
  { ...subscription, kind: 'webhook', name: 'hook', secret: 'hook', allowPrivateAddresses: true },
  { ...subscription, kind: 'slack', name: 'chat', secret: 'chat' },
];

beforeAll(async () => {
  engine = await startOutboxTable();
  const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };
  client = makeDynamoDbClient({ endpoint: engine.endpoint, region: 'us-east-1', credentials });
  outbox = new AlertOutbox(client, alertOutboxTable.name);
  secrets['hook'] = JSON.stringify({ url: await hook.listen(), secret });
  const { port } = await secretsServer.listen(0);
  delivery = await createDeployedFunction({
    ...functions.alertDelivery,
    name: 'alert-delivery',
    onLog: (line) => void lines.push(line),
    environment: {
      AWS_ENDPOINT_URL_DYNAMODB: engine.endpoint,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: `http://127.0.0.1:${port}`,
      [environment.alertReceivers]: JSON.stringify(receivers),
      [environment.alertOutboxTable]: alertOutboxTable.name,
      [environment.alertApiUrl]: 'https://api.example.com',
      [environment.metricNamespace]: 'my-stack',
    },
  });
});

afterAll(async () => {
  await delivery.stop();
  hook.close();
  client.destroy();
  await secretsServer.close();
  await engine.stop();
});

/** The metrics of the log lines since the last call. */
function takeMetrics(): MetricValue[] {
  return lines.splice(0).flatMap((line) => parseEmbeddedMetrics(line) ?? []);
}

test('due messages are delivered, and measured by receiver', async () => {
  for (const sequence of [1, 2]) {
    const transition = transitionWith({ sequence, kind: sequence === 1 ? 'opened' : 'amended' });
    for (const { name } of receivers) await outbox.enqueue(name, transition);
  }
  // The secret of the chat is missing.
  expect(await delivery.invoke({ time: '2026-11-03T14:15:00Z' })).toMatchObject({ ok: true });
  expect(hook.taken.map(({ sequence, link }) => [sequence, link])).toEqual([
    [1, 'https://api.example.com/v1/Alerts/ep1'],
    [2, 'https://api.example.com/v1/Alerts/ep1'],
  ]);
  const logged = lines.join('\n');
  expect(logged).toContain('its secret cannot be read');
  expect(['whsec', '127.0.0.1', 'van 17', '8988303'].filter((text) => logged.includes(text))).toEqual([]);
  const metrics = takeMetrics().filter(({ name }) => name.startsWith('alert'));
  expect(metrics.toSorted((a, b) => (a.name < b.name ? -1 : 1))).toEqual(
    [
      { name: 'alertOldestFailedSeconds', value: 300, dimensions: { receiver: 'chat' } },
      { name: 'alertReceiverUnusable', value: 1, dimensions: { receiver: 'chat' } },
      { name: 'alertsDelivered', value: 2, dimensions: { receiver: 'hook' } },
      { name: 'alertsFailed', value: 1, dimensions: { receiver: 'chat' } },
    ].map((one) => ({ namespace: 'my-stack', ...one })),
  );
});

test('a receiver whose key does not work is measured in each run, even while it is paused', async () => {
  await delivery.invoke({ time: '2026-11-03T14:15:01Z' });
  expect(takeMetrics()).toEqual([
    { namespace: 'my-stack', name: 'alertReceiverUnusable', value: 1, dimensions: { receiver: 'chat' } },
  ]);
});

test('an event without a time is an error', async () => {
  expect(await delivery.invoke({ time: 'now' })).toMatchObject({
    ...{ ok: false, error: { message: 'time: "now" given; accepted is ISO 8601' } },
  });
});

test('the function’s timeout is longer than a run, and its lease is longer still', () => {
  // A message may need two requests and two reads of a secret.
  const messageMilliseconds = 2 * (requestMilliseconds + 5_000);
  const runMilliseconds = runLimits.maxMilliseconds + messageMilliseconds;
  expect(functions.alertDelivery.timeoutSeconds * 1000).toBeGreaterThan(runMilliseconds);
  // Asynchronous events are dropped after a minute.
  expect(runLimits.leaseMilliseconds).toBeGreaterThan(60_000 + functions.alertDelivery.timeoutSeconds * 1000);
});
