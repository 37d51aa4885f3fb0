import { makeDynamoDbClient } from '../../aws/dynamodb-client.ts';
import { MetricsQueue } from '../../aws/metrics-queue.ts';
import { type MetricsSettings, makeMetricsReceiver } from '../../aws/metrics-receiver.ts';
import { measureExport } from '../../aws/metrics-telemetry.ts';
import { environment, metricNamespace, service } from '../../aws/names.ts';
import { readScheduledTime, type ScheduledEvent } from '../../aws/scheduled-event.ts';
import { requireEnvironment } from '../../aws/sources.ts';
import { createTelemetry } from '../../aws/telemetry.ts';
import { VolumeExporter } from '../../metrics/export.ts';

const telemetry = createTelemetry(service.metricsExporter);
// Only for its configuration, which signs the requests; no table is read.
const { config } = makeDynamoDbClient();
const settings = JSON.parse(requireEnvironment(environment.metricsReceiver)) as MetricsSettings;
const exporter = new VolumeExporter(
  {
    queue: new MetricsQueue(config, requireEnvironment(environment.metricsQueue)),
    send: makeMetricsReceiver(settings, config, telemetry.reportUnreadableSecret),
  },
  {
    deployment: process.env[environment.metricNamespace] ?? metricNamespace,
    maxSeries: settings.maxSeries,
    interval: 60_000,
  },
);

/**
 * Exports what was stored since the last run.
 *
 * @throws Error if the event has no time, and the queue's errors.
 */
export async function handler(event: ScheduledEvent): Promise<void> {
  measureExport(telemetry, await exporter.run(readScheduledTime(event)));
}
