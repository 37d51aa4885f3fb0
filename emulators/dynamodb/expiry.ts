import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  paginateScan,
} from '@aws-sdk/client-dynamodb';

/** A table whose items expire. */
export interface ExpiringTable {
  readonly name: string;
  /** Its key attributes. */
  readonly keys: readonly string[];
  /** The attribute that holds when an item expires, in seconds since the epoch. */
  readonly attribute: string;
}

/**
 * Deletes expired items, as DynamoDB does within days. dynalite does not do this, so the caller decides when.
 *
 * @param now milliseconds since the epoch.
 * @returns how many items were deleted.
 */
export async function expireItems(
  client: DynamoDBClient,
  { name, keys, attribute }: ExpiringTable,
  now: number,
): Promise<number> {
  const condition = {
    ExpressionAttributeNames: { '#expiry': attribute },
    ExpressionAttributeValues: { ':now': { N: String(Math.floor(now / 1_000)) } },
  };
  let deleted = 0;
  const pages = paginateScan(
    { client },
    { TableName: name, FilterExpression: '#expiry < :now', ...condition },
  );
  for await (const { Items: items = [] } of pages) {
    for (const item of items) {
      const Key = Object.fromEntries(keys.map((key) => [key, item[key] ?? { S: '' }]));
      try {
        // A client may have replaced the item since.
        await client.send(
          new DeleteItemCommand({
            TableName: name,
            Key,
            ConditionExpression: '#expiry < :now',
            ...condition,
          }),
        );
        deleted += 1;
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    }
  }
  return deleted;
}
