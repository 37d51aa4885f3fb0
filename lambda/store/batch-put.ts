import { BatchWriteItemCommand, type DynamoDBClient, type WriteRequest } from '@aws-sdk/client-dynamodb';
import { toError } from '../errors.ts';
import { divideIntoChunks, forEachConcurrently, maxRequests, waitBeforeRetry } from './concurrency.ts';
import type { Item } from './items.ts';

/** Puts of many items at once, without conditions. */

/** Puts that one request may carry. */
const maxPuts = 25;
/** Times that unprocessed items are sent again. */
const maxAttempts = 10;

/** An item, and where it is put. */
export interface PlacedItem {
  readonly tableName: string;
  /** The attributes of its key. */
  readonly key: Item;
  readonly item: Item;
}

/**
 * Puts items, 25 in a request; sends again what was not processed, and finds the one that is refused, if any.
 *
 * @param puts no two of one key.
 * @returns those that were not put, each with the reason.
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

/** DynamoDB refuses a whole batch for one item that it can't take. */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && error.name === 'ValidationException';
}

/** The store kept items unprocessed, as it does when it throttles. */
class UnprocessedItemsError extends Error {
  override readonly name = 'UnprocessedItemsError';

  constructor(count: number) {
    super(`${count} items were left unprocessed ${maxAttempts} times`);
  }
}
