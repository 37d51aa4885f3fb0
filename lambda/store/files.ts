import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Item } from './items.ts';
import { readItem } from './registers.ts';
import { filesTable } from './tables.ts';

/** How far a file is in. The counts are those of the rows before `position`, so they depend on the file alone. */
export interface Manifest {
  /** `bucket/key@version`. */
  readonly object: string;
  readonly source: string;
  readonly carrier: string;
  readonly state: 'importing' | 'done' | 'failed';
  readonly rows: number;
  readonly accepted: number;
  readonly rejected: number;
  /** Bytes that are in; where to go on. Of gzip, bytes of the CSV in it. */
  readonly position: number;
  /** Bytes of the file. */
  readonly size: number;
  /** When the file was delivered, ISO 8601. */
  readonly delivered: string;
  /** When this was noted, ISO 8601; absent in items of older versions. */
  readonly noted?: string | undefined;
  /** Whether it is gzip. */
  readonly packed?: boolean | undefined;
  /** The header in force, while the file is being imported: reading that begins further on needs it. */
  readonly header?: string | undefined;
  /** Headers so far, where there is more than the first. */
  readonly headers?: number | undefined;
  /** Why a file failed. */
  readonly reason?: string | undefined;
}

/**
 * Milliseconds after its last note at which an import is dead: a running one notes its progress every few seconds, and
 * no invocation lasts longer.
 */
const maxSilentMilliseconds = 15 * 60_000;

/** Whether an import has ended without having come to its end: it was killed, or waits to be tried again. */
export function isStalled({ state, noted, delivered }: Manifest, now: number): boolean {
  return state === 'importing' && now - Date.parse(noted ?? delivered) > maxSilentMilliseconds;
}

/** The table of manifests. */
export class FilesTable {
  readonly #client: DynamoDBClient;
  readonly #tableName: string;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#tableName = tableName;
  }

  /** The manifest of a file, if its import has begun. */
  async read(object: string): Promise<Manifest | undefined> {
    const item = await readItem(this.#client, this.#tableName, keyOf(object));
    return item === undefined ? undefined : manifestOf(item);
  }

  /** Lets a file that failed be imported again, from its beginning. */
  async reopen(object: string): Promise<void> {
    try {
      await this.#client.send(
        new UpdateItemCommand({
          TableName: this.#tableName,
          Key: keyOf(object),
          UpdateExpression:
            'SET #state = :importing, #position = :none, #rows = :none, accepted = :none, rejected = :none REMOVE reason, header, headers',
          ConditionExpression: '#state = :failed',
          ExpressionAttributeNames: { '#state': 'state', '#rows': 'rows', '#position': 'position' },
          ExpressionAttributeValues: {
            ':importing': { S: 'importing' },
            ':failed': { S: 'failed' },
            ':none': { N: '0' },
          },
        }),
      );
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
  }

  /** Notes progress. Two imports of one file at the same time can't set each other back. */
  async write(manifest: Manifest): Promise<void> {
    try {
      await this.#client.send(
        new UpdateItemCommand({
          TableName: this.#tableName,
          Key: keyOf(manifest.object),
          UpdateExpression: updateExpression(manifest),
          ConditionExpression:
            manifest.state === 'importing'
              ? 'attribute_not_exists(#state) OR (#state = :importing AND #position < :position)'
              : 'attribute_not_exists(#state) OR #state = :importing',
          ExpressionAttributeNames: {
            '#source': 'source',
            '#state': 'state',
            '#rows': 'rows',
            '#position': 'position',
            '#size': 'size',
          },
          ExpressionAttributeValues: { ...valuesOf(manifest), ':importing': { S: 'importing' } },
        }),
      );
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
  }
}

function keyOf(object: string): Item {
  return { [filesTable.partitionKey]: { S: object } };
}

/** Attributes that not every manifest has. */
const optionalAttributes = ['noted', 'packed', 'header', 'headers', 'reason'] as const;

function updateExpression(manifest: Manifest): string {
  const sets =
    'SET #source = :source, carrier = :carrier, #state = :state, #rows = :rows, accepted = :accepted, ' +
    'rejected = :rejected, #position = :position, #size = :size, delivered = :delivered';
  const stated = optionalAttributes.filter((name) => manifest[name] !== undefined);
  const removed = optionalAttributes.filter((name) => manifest[name] === undefined);
  const removes = removed.length === 0 ? '' : ` REMOVE ${removed.join(', ')}`;
  return `${[sets, ...stated.map((name) => `${name} = :${name}`)].join(', ')}${removes}`;
}

function valuesOf(manifest: Manifest): Item {
  const { source, carrier, state, rows, accepted, rejected, position, size, delivered } = manifest;
  const { noted, packed, header, headers, reason } = manifest;
  return {
    ':source': { S: source },
    ':carrier': { S: carrier },
    ':state': { S: state },
    ':rows': { N: String(rows) },
    ':accepted': { N: String(accepted) },
    ':rejected': { N: String(rejected) },
    ':position': { N: String(position) },
    ':size': { N: String(size) },
    ':delivered': { S: delivered },
    ...(noted !== undefined && { ':noted': { S: noted } }),
    ...(packed !== undefined && { ':packed': { BOOL: packed } }),
    ...(header !== undefined && { ':header': { S: header } }),
    ...(headers !== undefined && { ':headers': { N: String(headers) } }),
    ...(reason !== undefined && { ':reason': { S: reason } }),
  };
}

/** The manifest that an item holds. */
export function manifestOf(item: Item): Manifest {
  const text = (name: string): string => item[name]?.S ?? '';
  const count = (name: string): number => Number(item[name]?.N ?? 0);
  const state = text('state');
  return {
    object: text('object'),
    source: text('source'),
    carrier: text('carrier'),
    state: state === 'done' || state === 'failed' ? state : 'importing',
    rows: count('rows'),
    accepted: count('accepted'),
    rejected: count('rejected'),
    position: count('position'),
    size: count('size'),
    delivered: text('delivered'),
    noted: item['noted']?.S,
    packed: item['packed']?.BOOL,
    header: item['header']?.S,
    headers: item['headers']?.N === undefined ? undefined : Number(item['headers'].N),
    reason: item['reason']?.S,
  };
}
