import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseEmbeddedMetrics } from '../../../../emulators/lambda-runtime/embedded-metrics.ts';
import type { LocalFunction } from '../../../../emulators/lambda-runtime/function.ts';
import { createSecretsEmulator } from '../../../../emulators/secrets/emulator.ts';
import { createSqsEmulator } from '../../../../emulators/sqs/emulator.ts';
import { MetricsSender } from '../../../../lambda/aws/metrics-queue.ts';
import type { MetricsSettings } from '../../../../lambda/aws/metrics-receiver.ts';
import { environment } from '../../../../lambda/aws/names.ts';
import { functions, metricsExport } from '../../../../lib/limits.ts';
import { createDeployedFunction } from '../../../../local/deployed-function.ts';
import { Collector } from '../../metrics/collector.ts';

/** The deployed bundle in a separate process, with emulators and a collector. */

const collector = new Collector();
const secrets: Record<string, string> = {};
const secretsServer = createSecretsEmulator(secrets);
const sqs = createSqsEmulator();
const lines: string[] = [];
let sender: MetricsSender;
let exporter: LocalFunction;

beforeAll(async () => {
  secrets['otlp'] = JSON.stringify({
    url: await collector.listen(),
    headers: { 'dd-api-key': 'key-of-ours' },
  });
  const [{ port: secretsPort }] = await Promise.all([secretsServer.listen(0), sqs.listen(0)]);
  const { visibilityTimeoutSeconds } = metricsExport;
  const { url } = sqs.createQueue('metrics', { visibilityTimeoutSeconds });
  const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };
  sender = new MetricsSender({ region: async () => 'us-east-1', credentials: async () => credentials }, url);
  const settings: MetricsSettings = { secret: 'otlp', allowPrivateAddresses: true, maxSeries: 50 };
  exporter = await createDeployedFunction({
    ...functions.metricsExporter,
    name: 'metrics-exporter',
    onLog: (line) => void lines.push(line),
    environment: {
      AWS_ENDPOINT_URL_SECRETS_MANAGER: `http://127.0.0.1:${secretsPort}`,
      [environment.metricsQueue]: url,
      [environment.metricsReceiver]: JSON.stringify(settings),
      [environment.metricNamespace]: 'my-stack',
    },
  });
});

afterAll(async () => {
  await exporter.stop();
  collector.close();
  await Promise.all([secretsServer.close(), sqs.close()]);
});

const group = {
  ...{
    source: 'fleet',
    carrier: 'emnify',
    country: 'DE',
    operator: 'Vodafone',
    radio: undefined,
    currency: 'EUR',
  },
  ...{ bytes: 7, uploaded: 3, downloaded: 4, cost: '0.25' },
};

test('messages of functions are sent each minute, kept while the receiver is down, and measured if it refuses them', async () => {
  for (let batch = 0; batch < 23; batch += 1) await sender.send({ kind: 'gain', groups: [group] });
  collector.behaviours.push(503);
  expect(await exporter.invoke({ time: '2026-11-03T14:15:00Z' })).toMatchObject({ ok: true });
  expect(collector.points()).toEqual([]);
  expect(lines.splice(0).join('\n')).toContain('status 503');
  await exporter.invoke({ time: '2026-11-03T14:16:00Z' });
  expect(collector.points().map(({ metric, from, to, value }) => [metric, to - from, value])).toEqual([
    ['endpoint.volume', 60_000, 161],
    ['endpoint.volume_tx', 60_000, 69],
    ['endpoint.volume_rx', 60_000, 92],
    ['endpoint.cost', 60_000, 5.75],
  ]);
  expect(sqs.findQueue('metrics')?.counts()).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
  await sender.send({ kind: 'day', day: '2026-11-01', version: 1, groups: [group] });
  collector.behaviours.push({
    body: '{"partialSuccess":{"rejectedDataPoints":"2","errorMessage":"too old"}}',
  });
  await exporter.invoke({ time: '2026-11-03T14:16:30Z' });
  const warned = lines.splice(0);
  expect(warned.join()).toContain('"warning":"too old","rejectedPoints":2');
  expect(warned.flatMap((line) => parseEmbeddedMetrics(line) ?? [])).toMatchObject([
    { name: 'metricsDropped', value: 2 },
  ]);
  await sender.send({ kind: 'day', day: '2026-11-01', version: 2, groups: [group] });
  collector.behaviours.push(400);
  await exporter.invoke({ time: '2026-11-03T14:17:00Z' });
  const logged = lines.splice(0);
  expect(logged.flatMap((line) => parseEmbeddedMetrics(line) ?? [])).toEqual([
    {
      ...{ namespace: 'my-stack', name: 'metricsDropped', value: 1 },
      dimensions: { service: 'metrics-exporter' },
    },
  ]);
  expect(['key-of-ours', '127.0.0.1'].filter((text) => logged.join().includes(text))).toEqual([]);
  expect(collector.requests.map(({ headers }) => headers['dd-api-key'])).toEqual(
    Array(4).fill('key-of-ours'),
  );
});
