import {
  type AttributeValue,
  type DynamoDBClient,
  QueryCommand,
  type QueryCommandInput,
  type QueryCommandOutput,
  ScanCommand,
  type ScanCommandInput,
  type ScanCommandOutput,
} from '@aws-sdk/client-dynamodb';
import type { Item } from './items.ts';

/** Queries and scans of any number of pages. */

/** The items of a query, page by page. A `Limit` applies to each page. */
export async function* queryPages(client: DynamoDBClient, input: QueryCommandInput): AsyncGenerator<Item[]> {
  let start = input.ExclusiveStartKey;
  do {
    const answer: QueryCommandOutput = await client.send(
      new QueryCommand({ ...input, ExclusiveStartKey: start }),
    );
    yield answer.Items ?? [];
    start = answer.LastEvaluatedKey;
  } while (start !== undefined);
}

/** All items of a query, by sort key. */
export async function queryAll(client: DynamoDBClient, input: QueryCommandInput): Promise<Item[]> {
  const items: Item[] = [];
  for await (const page of queryPages(client, input)) items.push(...page);
  return items;
}

/** The responses to a scan, page by page. */
export async function* scanPages(
  client: DynamoDBClient,
  input: ScanCommandInput,
): AsyncGenerator<ScanCommandOutput> {
  let start: Item | undefined;
  do {
    const answer: ScanCommandOutput = await client.send(
      new ScanCommand({ ...input, ExclusiveStartKey: start }),
    );
    yield answer;
    start = answer.LastEvaluatedKey;
  } while (start !== undefined);
}

/** All items of a partition, by sort key, read consistently. */
export function readPartition(
  client: DynamoDBClient,
  tableName: string,
  partitionKey: string,
  partition: AttributeValue,
): Promise<Item[]> {
  return queryAll(client, {
    TableName: tableName,
    ConsistentRead: true,
    KeyConditionExpression: '#partition = :partition',
    ExpressionAttributeNames: { '#partition': partitionKey },
    ExpressionAttributeValues: { ':partition': partition },
  });
}
