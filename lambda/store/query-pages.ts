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

/** Queries and scans that take more than one page. */

/** The items of a query, page by page. A limit counts for each page. */
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

/** All items of a query, in the order of their sort keys. */
export async function queryAll(client: DynamoDBClient, input: QueryCommandInput): Promise<Item[]> {
  const items: Item[] = [];
  for await (const page of queryPages(client, input)) items.push(...page);
  return items;
}

/** The answers to a scan, page by page. */
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

/** All items of a partition, by a consistent read, in the order of their sort keys. */
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
