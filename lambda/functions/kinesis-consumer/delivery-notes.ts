import { type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { Item } from '../../store/items.ts';
import { readItem } from '../../store/registers.ts';
import { deliveriesTable } from '../../store/tables.ts';

/** One Kinesis record that is alone in its batch. */
export interface SingleDelivery {
  /** `stream/shard`. */
  readonly shard: string;
  readonly sequenceNumber: string;
  /** Milliseconds since the epoch at which the record arrived in the stream. */
  readonly arrivedAt: number;
}

/**
 * Notes about records that are alone in their batch. Lambda treats a crash like throttling, but a record that kills the
 * function must not be retried for days. The notes distinguish the two.
 */
export interface DeliveryNotes {
  /**
   * Notes that work on a record begins.
   *
   * @returns how often it has begun before without an end, because the process crashed or timed out.
   * @throws the store's errors: then nothing is known, and the record must not be read.
   */
  begin(delivery: SingleDelivery): Promise<number>;
  /**
   * Notes that the work has ended and the record will be delivered again. Not needed for a record that was stored.
   *
   * @throws the store's errors.
   */
  end(delivery: SingleDelivery): Promise<void>;
}

/** How many seconds after the record's arrival its note expires: longer than the record is delivered. */
const noteSeconds = 8 * 24 * 3600;

/** How many ends a process remembers: far more than it has shards. */
const maxUnnotedEnds = 10_000;

/** Stores the notes as items of the table Deliveries. */
export class StoredDeliveryNotes implements DeliveryNotes {
  readonly #client: DynamoDBClient;
  readonly #tableName: string;
  /** Records whose end could not be stored: this process knows that they did not kill it. */
  readonly #unnotedEnds = new Set<string>();

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#tableName = tableName;
  }

  async begin(delivery: SingleDelivery): Promise<number> {
    const noted = await readItem(this.#client, this.#tableName, makeKey(delivery));
    const hasEnded = noted === undefined || this.#unnotedEnds.has(delivery.sequenceNumber);
    const deaths = hasEnded ? 0 : Number(noted['begun']?.N);
    await this.#put(delivery, deaths + 1);
    this.#unnotedEnds.delete(delivery.sequenceNumber);
    return deaths;
  }

  async end(delivery: SingleDelivery): Promise<void> {
    if (this.#unnotedEnds.size === maxUnnotedEnds) this.#unnotedEnds.clear();
    this.#unnotedEnds.add(delivery.sequenceNumber);
    await this.#put(delivery, 0);
    this.#unnotedEnds.delete(delivery.sequenceNumber);
  }

  async #put(delivery: SingleDelivery, started: number): Promise<void> {
    const item: Item = {
      ...makeKey(delivery),
      begun: { N: String(started) },
      [deliveriesTable.expiryAttribute]: { N: String(Math.ceil(delivery.arrivedAt / 1000) + noteSeconds) },
    };
    await this.#client.send(new PutItemCommand({ TableName: this.#tableName, Item: item }));
  }
}

function makeKey({ shard, sequenceNumber }: SingleDelivery): Item {
  return {
    [deliveriesTable.partitionKey]: { S: shard },
    [deliveriesTable.sortKey]: { S: `record#${sequenceNumber}` },
  };
}
