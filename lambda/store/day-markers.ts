import { randomUUID } from 'node:crypto';
import { DeleteItemCommand, type DynamoDBClient, type ScanCommandInput } from '@aws-sdk/client-dynamodb';
import type { Day } from '../days/day.ts';
import type { LateSubject } from '../days/fence/late-changes.ts';
import type { Marker } from '../days/fence/markers.ts';
import type { Markers } from '../days/pass/ports.ts';
import { putItems } from './batch-put.ts';
import { compileCodec, type Item } from './codec.ts';
import { mapConcurrently, maxRequests } from './concurrency.ts';
import { holdsCondition } from './conditions.ts';
import { scanPages } from './query-pages.ts';
import { dayMarkersTable } from './tables.ts';

/** Markers of late records: their items, reads and writes. */

/** Encodes and decodes a marker's item, without its sort key. */
export const markerCodec = compileCodec<Marker>({
  sim: 'text',
  day: 'text',
  sessionId: 'text?',
  token: 'text',
});

/** A marker as its item. A SIM's day has one item, and so has each of its late sessions. */
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

/** The markers of a deployment: writers put them, and the day pass visits them. */
export class DayMarkers implements Markers {
  readonly #client: DynamoDBClient;
  readonly #tableName: string;
  readonly #makeToken: () => string;

  /** @param makeToken makes a text that no other marker has. */
  constructor(client: DynamoDBClient, tableName: string, makeToken: () => string = randomUUID) {
    this.#client = client;
    this.#tableName = tableName;
    this.#makeToken = makeToken;
  }

  /**
   * Puts markers, which must have different keys. Replaces those that are stored.
   *
   * @returns the markers that were not put, each with its error.
   */
  async tryPut(markers: readonly Marker[]): Promise<ReadonlyMap<Marker, Error>> {
    const puts = markers.map((marker) => ({
      tableName: this.#tableName,
      key: makeMarkerKey(marker),
      item: encodeMarker(marker),
      marker,
    }));
    const failed = await putItems(this.#client, puts);
    return new Map([...failed].map(([{ marker }, error]) => [marker, error]));
  }

  /** @throws the error of the first marker that was not put. */
  async put(subjects: readonly LateSubject[]): Promise<void> {
    const failed = await this.tryPut(subjects.map((subject) => ({ ...subject, token: this.#makeToken() })));
    for (const error of failed.values()) throw error;
  }

  async remove(markers: readonly Marker[]): Promise<void> {
    await mapConcurrently(markers, maxRequests, (marker) => this.#remove(marker));
  }

  async #remove(marker: Marker): Promise<void> {
    // If the token differs, a writer has put the marker again, or another visit has removed it.
    await holdsCondition(
      this.#client.send(
        new DeleteItemCommand({
          TableName: this.#tableName,
          Key: makeMarkerKey(marker),
          ConditionExpression: '#token = :token',
          ExpressionAttributeNames: { '#token': 'token' },
          ExpressionAttributeValues: { ':token': { S: marker.token } },
        }),
      ),
    );
  }

  /** All markers in pages, read consistently. */
  async *listAll(): AsyncGenerator<Marker[]> {
    yield* this.#scan({});
  }

  async list(day: Day): Promise<readonly Marker[]> {
    const markers: Marker[] = [];
    const ofDay: Partial<ScanCommandInput> = {
      FilterExpression: '#day = :day',
      ExpressionAttributeNames: { '#day': 'day' },
      ExpressionAttributeValues: { ':day': { S: day } },
    };
    for await (const page of this.#scan(ofDay)) markers.push(...page);
    return markers;
  }

  /** The number of markers by day; days without one are left out. Reads consistently. */
  async countByDay(): Promise<ReadonlyMap<Day, number>> {
    const counts = new Map<Day, number>();
    for await (const page of this.listAll()) {
      for (const { day } of page) counts.set(day, (counts.get(day) ?? 0) + 1);
    }
    return counts;
  }

  async *#scan(filter: Partial<ScanCommandInput>): AsyncGenerator<Marker[]> {
    const input = { TableName: this.#tableName, ConsistentRead: true, ...filter };
    for await (const { Items: items = [] } of scanPages(this.#client, input)) {
      yield items.map((item) => markerCodec.decode(item));
    }
  }
}
