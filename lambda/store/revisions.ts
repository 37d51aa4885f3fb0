import { type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { holdsCondition } from './conditions.ts';
import type { Item } from './items.ts';

/** Items that count their writes in the attribute `revision`: each write holds to what was read. */

/** What must stand at an item's key when it is written. */
export interface Expected {
  /** Name of the table's partition key. */
  readonly partitionKey: string;
  /** The revision of the item; 0 where nothing may stand there. */
  readonly revision: number;
  /** The attribute `id` of the item, where items with several ids take turns at a key. */
  readonly id?: string;
}

/**
 * Puts an item, on condition of what stands at its key.
 *
 * @returns whether it did. Otherwise another writer was there, or the request was sent again because its answer was lost:
 *   then it is made.
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
