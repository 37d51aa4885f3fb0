import { type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { holdsCondition } from './conditions.ts';
import type { Item } from './items.ts';

/** Items that count their writes in the attribute `revision`, so that a write can require the item that was read. */

/** What must be stored under an item's key for a write to happen. */
export interface Expected {
  /** Name of the table's partition key. */
  readonly partitionKey: string;
  /** The revision of the stored item; 0 if no item may be stored. */
  readonly revision: number;
  /** The `id` of the stored item, for keys that items with different ids use in turn. */
  readonly id?: string;
}

/**
 * Puts an item if its key holds what is expected.
 *
 * @returns whether it did. If not, another writer was first, or the SDK repeated the request after losing the response
 *   to the first attempt, which then has made the write.
 */
export async function putRevision(
  client: DynamoDBClient,
  tableName: string,
  item: Item,
  expected: Expected,
): Promise<boolean> {
  return holdsCondition(
    client.send(new PutItemCommand({ TableName: tableName, Item: item, ...describeCondition(expected) })),
  );
}

function describeCondition({ partitionKey, revision, id }: Expected) {
  if (revision === 0) {
    return {
      ConditionExpression: 'attribute_not_exists(#partition)',
      ExpressionAttributeNames: { '#partition': partitionKey },
    };
  }
  return {
    ConditionExpression: `${id === undefined ? '' : '#id = :id AND '}#revision = :revision`,
    ExpressionAttributeNames: { '#revision': 'revision', ...(id !== undefined && { '#id': 'id' }) },
    ExpressionAttributeValues: {
      ':revision': { N: String(revision) },
      ...(id !== undefined && { ':id': { S: id } }),
    },
  };
}
