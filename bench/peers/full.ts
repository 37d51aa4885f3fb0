import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Context, KinesisStreamEvent, KinesisStreamRecord } from 'aws-lambda';
import { makeUpdate, type PeerRecord } from './item.ts';

/**
 * The peer as its documentation recommends: Powertools' batch processor, Powertools' idempotency by record id with the
 * DynamoDB layer, and one `UpdateItem` per record through lib-dynamodb.
 */

const client = DynamoDBDocumentClient.from(new DynamoDBClient({}));
const processor = new BatchProcessor(EventType.KinesisDataStreams);
const idempotency = new IdempotencyConfig({ eventKeyJmesPath: 'id' });

const store = makeIdempotent(
  async (record: PeerRecord): Promise<string> => {
    try {
      await client.send(new UpdateCommand(makeUpdate(record)));
    } catch (error) {
      // The stored item is newer.
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
    return 'stored';
  },
  {
    persistenceStore: new DynamoDBPersistenceLayer({ tableName: process.env['IDEMPOTENCY_TABLE'] ?? '' }),
    config: idempotency,
  },
);

async function storeRecord({ kinesis }: KinesisStreamRecord): Promise<void> {
  await store(JSON.parse(Buffer.from(kinesis.data, 'base64').toString('utf8')));
}

export async function handler(event: KinesisStreamEvent, context: Context) {
  idempotency.registerLambdaContext(context);
  return processPartialResponse(event, storeRecord, processor, { context });
}
