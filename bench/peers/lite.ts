import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { KinesisStreamEvent, KinesisStreamRecord } from 'aws-lambda';
import { makeUpdate, type PeerRecord } from './item.ts';

/** The peer without idempotency: Powertools' batch processor and one `UpdateItem` per record through lib-dynamodb. */

const client = DynamoDBDocumentClient.from(new DynamoDBClient({}));
const processor = new BatchProcessor(EventType.KinesisDataStreams);

async function store({ kinesis }: KinesisStreamRecord): Promise<void> {
  const record: PeerRecord = JSON.parse(Buffer.from(kinesis.data, 'base64').toString('utf8'));
  try {
    await client.send(new UpdateCommand(makeUpdate(record)));
  } catch (error) {
    // The stored item is newer.
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
}

export async function handler(event: KinesisStreamEvent) {
  return processPartialResponse(event, store, processor);
}
