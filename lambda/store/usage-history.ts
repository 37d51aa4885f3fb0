import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { scanPages } from './query-pages.ts';
import { usageTable } from './tables.ts';

/**
 * Whether there is usage before a day. Scans the table until it finds some, and the whole table if it finds none, so it
 * is called only once, when days are first closed.
 */
export async function hasUsageBefore(
  client: DynamoDBClient,
  tableName: string,
  day: string,
): Promise<boolean> {
  const pages = scanPages(client, {
    TableName: tableName,
    // The key begins with the time.
    FilterExpression: '#id < :day',
    ProjectionExpression: '#id',
    ExpressionAttributeNames: { '#id': usageTable.sortKey },
    ExpressionAttributeValues: { ':day': { S: day } },
  });
  for await (const { Items: items = [] } of pages) if (items.length > 0) return true;
  return false;
}
