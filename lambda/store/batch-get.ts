import {
  BatchGetItemCommand,
  type BatchGetItemCommandOutput,
  type DynamoDBClient,
  type KeysAndAttributes,
} from '@aws-sdk/client-dynamodb';
import { divideIntoChunks, waitBeforeRetry } from './concurrency.ts';
import type { Item } from './items.ts';

/** Keys that one request may ask for. */
const maxKeys = 100;
/** Times that unread keys are requested again. */
const maxAttempts = 10;

/** How items are read. */
export interface ReadOptions {
  readonly consistent: boolean;
  /** The only attributes that are read; none of a name that DynamoDB reserves. All of them, by default. */
  readonly attributes?: readonly string[];
}

/** The outcome of reading items. */
export interface ReadResult {
  /** The items that were found. */
  readonly items: readonly Item[];
  /** The keys of requests that failed, of which nobody knows whether they have an item. */
  readonly unread: readonly Item[];
  /** Why the first request failed. */
  readonly error: unknown;
}

/**
 * Reads items by their keys, in any order; keys without an item are left out of the answer.
 *
 * @throws what the store throws, and UnreadKeysError when it keeps leaving keys unread.
 */
export async function readItems(
  client: DynamoDBClient,
  tableName: string,
  keys: readonly Item[],
  options: ReadOptions,
): Promise<readonly Item[]> {
  const { items, unread, error } = await tryReadItems(client, tableName, keys, options);
  if (unread.length > 0) throw error;
  return items;
}

/**
 * Reads items as {@link readItems} does, for writers that read only to write less. A request that fails leaves only its
 * own keys unread, and their items are then written as though nobody had looked. Never rejects.
 */
export async function tryReadItems(
  client: DynamoDBClient,
  tableName: string,
  keys: readonly Item[],
  { consistent, attributes }: ReadOptions,
): Promise<ReadResult> {
  const items: Item[] = [];
  const unread: Item[] = [];
  const errors: unknown[] = [];
  const settings: Omit<KeysAndAttributes, 'Keys'> = {
    ConsistentRead: consistent,
    ...(attributes && { ProjectionExpression: attributes.join(', ') }),
  };
  await Promise.all(
    divideIntoChunks(keys, maxKeys).map(async (chunk) => {
      let open: readonly Item[] = chunk;
      try {
        for (let attempt = 0; open.length > 0; attempt += 1) {
          if (attempt === maxAttempts) throw new UnreadKeysError(tableName, open.length);
          if (attempt > 0) await waitBeforeRetry(attempt);
          const answer: BatchGetItemCommandOutput = await client.send(
            new BatchGetItemCommand({ RequestItems: { [tableName]: { Keys: [...open], ...settings } } }),
          );
          items.push(...(answer.Responses?.[tableName] ?? []));
          open = answer.UnprocessedKeys?.[tableName]?.Keys ?? [];
        }
      } catch (error) {
        unread.push(...open);
        errors.push(error);
      }
    }),
  );
  return { items, unread, error: errors[0] };
}

/** The store kept leaving keys unread, as it does when it throttles. */
export class UnreadKeysError extends Error {
  override readonly name = 'UnreadKeysError';

  constructor(tableName: string, count: number) {
    super(`${count} keys of ${tableName} were left unread ${maxAttempts} times`);
  }
}
