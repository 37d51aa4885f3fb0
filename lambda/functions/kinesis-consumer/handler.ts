import type { Context, KinesisStreamBatchResponse, KinesisStreamEvent } from 'aws-lambda';
import { StreamNotes } from '../../alerts/progress/stream-notes.ts';
import { Deadline } from '../../aws/deadline.ts';
import { makeDynamoDbClient } from '../../aws/dynamodb-client.ts';
import { makeLedgerPorts } from '../../aws/ledger-ports.ts';
import { environment, service } from '../../aws/names.ts';
import { SignedBucket } from '../../aws/signed-bucket.ts';
import { readSources, requireEnvironment } from '../../aws/sources.ts';
import { createTelemetry } from '../../aws/telemetry.ts';
import { type ConsumerContext, consume } from './consume.ts';
import { StoredDeliveryNotes } from './delivery-notes.ts';

const deadline = new Deadline();
const client = makeDynamoDbClient({}, deadline);
const rejects = new SignedBucket(client.config, requireEnvironment(environment.quarantineBucket));
const telemetry = createTelemetry(service.kinesisConsumer);
const consumer: ConsumerContext = {
  sources: readSources(),
  ports: makeLedgerPorts(client, rejects, telemetry, deadline),
  notes: new StoredDeliveryNotes(client, requireEnvironment(environment.deliveriesTable)),
  progress: new StreamNotes(
    client,
    requireEnvironment(environment.progressTable),
    Date.now,
    readParallelBatches(),
  ),
  telemetry,
  deadline,
};

function readParallelBatches(): number | undefined {
  const given = process.env[environment.parallelBatches];
  return given === undefined ? undefined : Number(given);
}

/** Stores a batch of Kinesis records; see {@link consume}. */
export function handler(event: KinesisStreamEvent, context: Context): Promise<KinesisStreamBatchResponse> {
  return consume(event, consumer, context.getRemainingTimeInMillis());
}
