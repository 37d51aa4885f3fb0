import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import type { Marker } from '../days/fence/markers.ts';
import { putItems } from './batch-put.ts';
import { compileCodec, type Item } from './codec.ts';
import { scanPages } from './query-pages.ts';
import { dayMarkersTable } from './tables.ts';

/** Markers of late records as items, and their reads and writes. */

export const markerCodec = compileCodec<Marker>({
  sim: 'text',
  day: 'text',
  sessionId: 'text?',
  token: 'text',
});

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
    const puts = markers.map((marker) => ({
      tableName: this.#tableName,
      key: makeMarkerKey(marker),
      item: encodeMarker(marker),
      marker,
    }));
    const failed = await putItems(this.#client, puts);
    return new Map([...failed].map(([{ marker }, error]) => [marker, error]));
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
    const pages = scanPages(this.#client, { TableName: this.#tableName, ConsistentRead: true });
    for await (const { Items: items = [] } of pages) yield items.map((item) => markerCodec.decode(item));
  }
}
