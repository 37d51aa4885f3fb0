import type { KinesisStreamBatchResponse, KinesisStreamEvent } from 'aws-lambda';
import { dynamoDbClient } from '../dynamodb-client.ts';
import { ingest } from '../ingest.ts';
import { ledgerPortsFromEnvironment } from '../ledger-ports.ts';
import { service } from '../names.ts';
import { sourcesFromEnvironment } from '../sources.ts';
import { causeOf, telemetryOf } from '../telemetry.ts';
import { entriesOf } from './entries.ts';

const telemetry = telemetryOf(service.kinesisConsumer);
const sources = sourcesFromEnvironment();
const ports = ledgerPortsFromEnvironment(dynamoDbClient());

/**
 * Takes in a batch of Kinesis records.
 *
 * @returns exactly the sequence numbers of the records that were not, or not wholly, taken in.
 */
export async function handler(event: KinesisStreamEvent): Promise<KinesisStreamBatchResponse> {
  const [first] = event.Records;
  if (first === undefined) return { batchItemFailures: [] };
  const source = sources.ofStream(first.eventSourceARN).name;
  const { receipt, failedDeliveries, testIds, errors } = await ingest(
    entriesOf(event.Records, sources),
    { ...ports, measure: (measures, counted) => telemetry.count(counted, measures, source) },
    { lookFirst: false },
  );
  for (const testId of testIds) {
    telemetry.logger.info('Sink validation: hand this test_id back to the carrier', { testId, source });
  }
  for (const error of errors) {
    telemetry.logger.warn('Records will be delivered again', {
      source,
      failed: receipt.failed,
      ...causeOf(error),
    });
  }
  return {
    batchItemFailures: [...failedDeliveries].map((delivery) => ({
      itemIdentifier: event.Records[delivery]?.kinesis.sequenceNumber ?? '',
    })),
  };
}
