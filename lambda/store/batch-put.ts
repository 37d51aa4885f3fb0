import { BatchWriteItemCommand, type DynamoDBClient, type WriteRequest } from '@aws-sdk/client-dynamodb';
import { toError } from '../errors.ts';
import { divideIntoChunks, forEachConcurrently, maxRequests, waitBeforeRetry } from './concurrency.ts';
import type { Item } from './items.ts';

/** Puts many items without conditions. */

/** The most puts that BatchWriteItem accepts. */
const maxPuts = 25;
/** How often unprocessed items are sent before giving up. */
const maxAttempts = 10;

/** An item and where to put it. */
export interface PlacedItem {
  readonly tableName: string;
  /** The item's key attributes. */
  readonly key: Item;
  readonly item: Item;
}

/**
 * Puts items, 25 per request. Sends unprocessed items again; if DynamoDB refuses a request because of one item, finds
 * that item.
 *
 * @param puts no two may have the same key.
 * @returns the puts that failed, each with its error.
 */
export async function putItems<Put extends PlacedItem>(
  client: DynamoDBClient,
  puts: readonly Put[],
): Promise<ReadonlyMap<Put, Error>> {
  const failed = new Map<Put, Error>();
  await forEachConcurrently(divideIntoChunks(puts, maxPuts), maxRequests, (chunk) =>
    putBatch(client, chunk, failed),
  );
  return failed;
}

async function putBatch<Put extends PlacedItem>(
  client: DynamoDBClient,
  puts: readonly Put[],
  failed: Map<Put, Error>,
): Promise<void> {
  let open = puts;
  try {
    for (let attempt = 0; open.length > 0; attempt += 1) {
      if (attempt === maxAttempts) throw new UnprocessedItemsError(open.length);
      if (attempt > 0) await waitBeforeRetry(attempt);
      const answer = await client.send(new BatchWriteItemCommand({ RequestItems: listRequests(open) }));
      open = pickUnprocessed(open, answer.UnprocessedItems);
    }
  } catch (error) {
    if (isRefusal(error) && open.length > 1) {
      const half = Math.ceil(open.length / 2);
      await putBatch(client, open.slice(0, half), failed);
      await putBatch(client, open.slice(half), failed);
      return;
    }
    for (const put of open) failed.set(put, toError(error));
  }
}

function listRequests(puts: readonly PlacedItem[]): Record<string, WriteRequest[]> {
  const requests: Record<string, WriteRequest[]> = {};
  for (const { tableName, item } of puts) {
    const ofTable = requests[tableName] ?? [];
    requests[tableName] = ofTable;
    ofTable.push({ PutRequest: { Item: item } });
  }
  return requests;
}

function pickUnprocessed<Put extends PlacedItem>(
  puts: readonly Put[],
  left: Record<string, WriteRequest[]> = {},
): readonly Put[] {
  return puts.filter(({ tableName, key }) =>
    left[tableName]?.some(({ PutRequest }) =>
      Object.entries(key).every(([name, { S }]) => PutRequest?.Item?.[name]?.S === S),
    ),
  );
}

/** DynamoDB refuses a whole request if one of its items is invalid. */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && error.name === 'ValidationException';
}

/** DynamoDB left items unprocessed on every attempt, as it does when it throttles. */
class UnprocessedItemsError extends Error {
  override readonly name = 'UnprocessedItemsError';

  constructor(count: number) {
    super(`${count} items were left unprocessed ${maxAttempts} times`);
  }
}
