import type { Context, KinesisStreamBatchResponse, KinesisStreamEvent } from 'aws-lambda';
import { Deadline } from '../deadline.ts';
import { dynamoDbClient } from '../dynamodb-client.ts';
import { ledgerPortsFromEnvironment } from '../ledger-ports.ts';
import { environment, service } from '../names.ts';
import { requireEnvironment, sourcesFromEnvironment } from '../sources.ts';
import { telemetryOf } from '../telemetry.ts';
import { type ConsumerContext, consume } from './consume.ts';
import { StoredDeliveryNotes } from './delivery-notes.ts';

const deadline = new Deadline();
const client = dynamoDbClient({}, deadline);
const consumer: ConsumerContext = {
  sources: sourcesFromEnvironment(),
  ports: ledgerPortsFromEnvironment(client, deadline),
  notes: new StoredDeliveryNotes(client, requireEnvironment(environment.deliveriesTable)),
  telemetry: telemetryOf(service.kinesisConsumer),
  deadline,
};

/** Takes in a batch of Kinesis records; see {@link consume}. */
export function handler(event: KinesisStreamEvent, context: Context): Promise<KinesisStreamBatchResponse> {
  return consume(event, consumer, context.getRemainingTimeInMillis());
}
