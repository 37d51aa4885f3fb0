import {
  BatchGetItemCommand,
  type BatchGetItemCommandOutput,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { backOff, chunked } from './concurrency.ts';
import type { Item } from './items.ts';

/** Keys that one request may ask for. */
export const maxKeys = 100;
/** Times that what was left unread is asked for again. */
const maxAttempts = 10;

/**
 * Reads items by their keys, in any order; keys without an item are left out of the answer.
 *
 * @throws what the store throws, and UnreadKeysError when it keeps leaving keys unread.
 */
export async function readItems(
  client: DynamoDBClient,
  tableName: string,
  keys: readonly Item[],
  { consistent }: { consistent: boolean },
): Promise<Item[]> {
  const items: Item[] = [];
  await Promise.all(
    chunked(keys, maxKeys).map(async (chunk) => {
      let open: Item[] | undefined = chunk;
      for (let attempt = 0; open !== undefined && open.length > 0; attempt += 1) {
        if (attempt === maxAttempts) throw new UnreadKeysError(tableName, open.length);
        if (attempt > 0) await backOff(attempt);
        const answer: BatchGetItemCommandOutput = await client.send(
          new BatchGetItemCommand({
            RequestItems: { [tableName]: { Keys: open, ConsistentRead: consistent } },
          }),
        );
        items.push(...(answer.Responses?.[tableName] ?? []));
        open = answer.UnprocessedKeys?.[tableName]?.Keys;
      }
    }),
  );
  return items;
}

/** The store kept leaving keys unread, as it does when it throttles. */
export class UnreadKeysError extends Error {
  override readonly name = 'UnreadKeysError';

  constructor(tableName: string, count: number) {
    super(`${count} keys of ${tableName} were left unread ${maxAttempts} times`);
  }
}
