import { BatchWriteItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { toError } from '../errors.ts';
import { backOff, chunked, forEachConcurrently, maxRequests } from './concurrency.ts';
import type { Item } from './items.ts';
import { isRefusal, UnprocessedItemsError } from './puts.ts';

/** Puts of many items at once, without conditions. */

/** Puts that one request may carry. */
const maxPuts = 25;
/** Times that what was not processed is sent again. */
const maxAttempts = 10;

/**
 * Puts items, 25 in a request.
 *
 * @param items no two of one key.
 * @param keyNames the attributes of the table's key.
 * @returns those that were not put, each with the reason.
 */
export async function putItems(
  client: DynamoDBClient,
  tableName: string,
  items: readonly Item[],
  keyNames: readonly string[],
): Promise<Map<Item, Error>> {
  const failed = new Map<Item, Error>();
  await forEachConcurrently(chunked(items, maxPuts), maxRequests, (chunk) =>
    putSome(client, tableName, chunk, keyNames, failed),
  );
  return failed;
}

async function putSome(
  client: DynamoDBClient,
  tableName: string,
  items: readonly Item[],
  keyNames: readonly string[],
  failed: Map<Item, Error>,
): Promise<void> {
  const formatKey = (item: Item): string => JSON.stringify(keyNames.map((name) => item[name]?.S));
  let open = new Map(items.map((item) => [formatKey(item), item]));
  try {
    for (let attempt = 0; open.size > 0; attempt += 1) {
      if (attempt === maxAttempts) throw new UnprocessedItemsError(open.size);
      if (attempt > 0) await backOff(attempt);
      const requests = [...open.values()].map((Item) => ({ PutRequest: { Item } }));
      const { UnprocessedItems } = await client.send(
        new BatchWriteItemCommand({ RequestItems: { [tableName]: requests } }),
      );
      const left = UnprocessedItems?.[tableName] ?? [];
      const keys = left.map(({ PutRequest }) => formatKey(PutRequest?.Item ?? {}));
      open = new Map([...open].filter(([key]) => keys.includes(key)));
    }
  } catch (error) {
    const left = [...open.values()];
    if (isRefusal(error) && left.length > 1) {
      // One item of them is refused: the others are put without it.
      const half = Math.ceil(left.length / 2);
      await putSome(client, tableName, left.slice(0, half), keyNames, failed);
      await putSome(client, tableName, left.slice(half), keyNames, failed);
      return;
    }
    for (const item of left) failed.set(item, toError(error));
  }
}
