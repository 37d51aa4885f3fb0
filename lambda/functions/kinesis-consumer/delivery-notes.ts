import { type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { Item } from '../../store/items.ts';
import { readItem } from '../../store/registers.ts';
import { deliveriesTable } from '../../store/tables.ts';

/** One record of a stream, as it is delivered by itself. */
export interface SingleDelivery {
  /** `stream/shard`. */
  readonly shard: string;
  readonly sequenceNumber: string;
  /** Milliseconds since the epoch at which the record arrived in the stream. */
  readonly arrivedAt: number;
}

/**
 * Notes of records that are delivered by themselves. Lambda counts a crash like a throttle, and what is delivered until
 * it is too old must not be tried for days when it kills the function: these notes tell the two apart.
 */
export interface DeliveryNotes {
  /**
   * Notes that work on a record begins.
   *
   * @returns how often it began before and never ended: the process died of it, or ran out of time.
   * @throws what the store throws: then nothing is known, and the record must not be looked at.
   */
  begin(delivery: SingleDelivery): Promise<number>;
  /**
   * Notes that the work ended and the record comes again. What is done needs no such note: it does not come again.
   *
   * @throws what the store throws.
   */
  end(delivery: SingleDelivery): Promise<void>;
}

/** Seconds after its arrival for which a note stays: longer than a record is delivered. */
const noteSeconds = 8 * 24 * 3600;

/** Ends that a process remembers: far more than it has shards to serve. */
const maxUnnotedEnds = 10_000;

/** Notes as items of the table Deliveries. */
export class StoredDeliveryNotes implements DeliveryNotes {
  readonly #client: DynamoDBClient;
  readonly #tableName: string;
  /** Records whose work ended while the store did not take the note: this process knows that it did not die of them. */
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
