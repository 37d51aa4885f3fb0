import {
  BatchGetItemCommand,
  type BatchGetItemCommandOutput,
  type DynamoDBClient,
  type KeysAndAttributes,
} from '@aws-sdk/client-dynamodb';
import { divideIntoChunks, waitBeforeRetry } from './concurrency.ts';
import type { Item } from './items.ts';

/** The most keys that BatchGetItem accepts. */
const maxKeys = 100;
/** How often unprocessed keys are requested before giving up. */
const maxAttempts = 10;

/** How items are read. */
export interface ReadOptions {
  readonly consistent: boolean;
  /** The attributes to read; none may have a name that DynamoDB reserves. All, by default. */
  readonly attributes?: readonly string[];
}

/** The outcome of reading items. */
export interface ReadResult {
  /** The items that were found. */
  readonly items: readonly Item[];
  /** The keys of failed requests: they may or may not have an item. */
  readonly unread: readonly Item[];
  /** Why the first request failed. */
  readonly error: unknown;
}

/**
 * Reads items by their keys. The result is in no particular order and omits keys without an item.
 *
 * @throws what the client throws, and {@link UnreadKeysError} if DynamoDB keeps leaving keys unprocessed.
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
 * Reads items as {@link readItems} does, for writers that read only to write less. If a request fails, only its own
 * keys are unread, and the caller writes their items as if it had not read them. Never rejects.
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

/** DynamoDB left keys unprocessed on every attempt, as it does when it throttles. */
export class UnreadKeysError extends Error {
  override readonly name = 'UnreadKeysError';

  constructor(tableName: string, count: number) {
    super(`${count} keys of ${tableName} were left unread ${maxAttempts} times`);
  }
}
