import {
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  ScanCommand,
  type ScanCommandOutput,
} from '@aws-sdk/client-dynamodb';
import type { Marker } from '../days/fence/markers.ts';
import { toError } from '../errors.ts';
import { compileCodec, type Item } from './codec.ts';
import { backOff, chunked, forEachConcurrently, maxRequests } from './concurrency.ts';
import { UnprocessedItemsError } from './puts.ts';
import { dayMarkersTable } from './tables.ts';

/** Markers of late records as items, and their reads and writes. */

export const markerCodec = compileCodec<Marker>({
  sim: 'text',
  day: 'text',
  sessionId: 'text?',
  token: 'text',
});

/** Markers that one request may put. */
const maxPuts = 25;
/** Times that what was not processed is sent again. */
const maxAttempts = 10;

/** A marker as its item. One stands for a SIM's day, and one for each of its sessions. */
export function encodeMarker(marker: Marker): Item {
  return { ...markerCodec.encode(marker), ...makeMarkerKey(marker) };
}

/** The key of a marker's item. */
export function makeMarkerKey({ sim, day, sessionId }: Omit<Marker, 'token'>): Item {
  return {
    [dayMarkersTable.partitionKey]: { S: sim },
    [dayMarkersTable.sortKey]: { S: sessionId === undefined ? day : `${day}#${sessionId}` },
  };
}

/** The markers of a deployment. */
export class MarkersTable {
  readonly #client: DynamoDBClient;
  readonly #tableName: string;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#tableName = tableName;
  }

  /**
   * Puts markers of different subjects in place of those that stand there.
   *
   * @returns those that were not put, with the reason.
   */
  async put(markers: readonly Marker[]): Promise<ReadonlyMap<Marker, Error>> {
    const failed = new Map<Marker, Error>();
    await forEachConcurrently(chunked(markers, maxPuts), maxRequests, (chunk) =>
      this.#putSome(chunk, failed),
    );
    return failed;
  }

  /** Deletes a marker if it still has this token. */
  async delete(marker: Marker): Promise<void> {
    try {
      await this.#client.send(
        new DeleteItemCommand({
          TableName: this.#tableName,
          Key: makeMarkerKey(marker),
          ConditionExpression: '#token = :token',
          ExpressionAttributeNames: { '#token': 'token' },
          ExpressionAttributeValues: { ':token': { S: marker.token } },
        }),
      );
    } catch (error) {
      // It was put anew, or another visit has deleted it.
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
  }

  /** All markers, page by page. */
  async *list(): AsyncGenerator<Marker[]> {
    let start: Item | undefined;
    do {
      const answer: ScanCommandOutput = await this.#client.send(
        new ScanCommand({ TableName: this.#tableName, ConsistentRead: true, ExclusiveStartKey: start }),
      );
      yield (answer.Items ?? []).map((item) => markerCodec.decode(item));
      start = answer.LastEvaluatedKey;
    } while (start !== undefined);
  }

  async #putSome(markers: readonly Marker[], failed: Map<Marker, Error>): Promise<void> {
    let open = new Map(markers.map((marker) => [formatKey(makeMarkerKey(marker)), marker]));
    try {
      for (let attempt = 0; open.size > 0; attempt += 1) {
        if (attempt === maxAttempts) throw new UnprocessedItemsError(open.size);
        if (attempt > 0) await backOff(attempt);
        const requests = [...open.values()].map((marker) => ({ PutRequest: { Item: encodeMarker(marker) } }));
        const { UnprocessedItems } = await this.#client.send(
          new BatchWriteItemCommand({ RequestItems: { [this.#tableName]: requests } }),
        );
        const left = UnprocessedItems?.[this.#tableName] ?? [];
        const keys = left.map(({ PutRequest }) => formatKey(PutRequest?.Item ?? {}));
        open = new Map([...open].filter(([key]) => keys.includes(key)));
      }
    } catch (error) {
      for (const marker of open.values()) failed.set(marker, toError(error));
    }
  }
}

function formatKey(item: Item): string {
  const { partitionKey, sortKey } = dayMarkersTable;
  return JSON.stringify([item[partitionKey]?.S, item[sortKey]?.S]);
}
