import { randomUUID } from 'node:crypto';
import { runLimits } from '../../alerts/delivery/deliver.ts';
import { AlertOutbox } from '../../alerts/delivery/outbox.ts';
import type { ReceiverSettings } from '../../alerts/delivery/receiver.ts';
import { makeReceiver } from '../../alerts/delivery/receivers.ts';
import { makeDynamoDbClient } from '../../aws/dynamodb-client.ts';
import { environment, metricNamespace, service } from '../../aws/names.ts';
import { readScheduledTime, type ScheduledEvent } from '../../aws/scheduled-event.ts';
import { requireEnvironment } from '../../aws/sources.ts';
import { createTelemetry, describeCause } from '../../aws/telemetry.ts';
import { deliverAll } from './deliver-all.ts';

const telemetry = createTelemetry(service.alertDelivery);
const client = makeDynamoDbClient();
const store = new AlertOutbox(client, requireEnvironment(environment.alertOutboxTable));
const receivers = (JSON.parse(requireEnvironment(environment.alertReceivers)) as ReceiverSettings[]).map(
  (settings) =>
    makeReceiver(settings, {
      configuration: client.config,
      readSigningTime: () => new Date(),
      onUnreadable: telemetry.reportUnreadableSecret,
    }),
);
const context = {
  deployment: process.env[environment.metricNamespace] ?? metricNamespace,
  apiUrl: process.env[environment.alertApiUrl],
};

/**
 * Delivers what is due at the time of the event.
 *
 * @throws Error if the event has no time, and AggregateError if the store failed.
 */
export async function handler(event: ScheduledEvent): Promise<void> {
  const started = performance.now();
  await deliverAll(
    { receivers, store, onReport: telemetry.reportDelivery },
    {
      now: readScheduledTime(event),
      token: randomUUID(),
      measureElapsed: () => performance.now() - started,
      limits: runLimits,
      context,
      onError: (error) => telemetry.logger.error('A receiver’s code failed', describeCause(error)),
    },
  );
}
