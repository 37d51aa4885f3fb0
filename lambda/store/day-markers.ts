import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  ScanCommand,
  type ScanCommandOutput,
} from '@aws-sdk/client-dynamodb';
import type { Marker } from '../days/fence/markers.ts';
import { putItems } from './batch-put.ts';
import { compileCodec, type Item } from './codec.ts';
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
    const items = new Map(markers.map((marker) => [encodeMarker(marker), marker]));
    const { partitionKey, sortKey } = dayMarkersTable;
    const failed = await putItems(this.#client, this.#tableName, [...items.keys()], [partitionKey, sortKey]);
    return new Map(
      [...failed].flatMap(([item, error]) => {
        const marker = items.get(item);
        return marker === undefined ? [] : [[marker, error] as const];
      }),
    );
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
}
