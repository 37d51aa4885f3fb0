import { describe, expect, test } from 'vitest';
import { StoredDeliveryNotes } from '../../../../lambda/functions/kinesis-consumer/delivery-notes.ts';
import { asClient, MemoryDynamoDb, type Sender } from '../../../property/memory-dynamodb.ts';

const arrivedAt = Date.parse('2026-11-02T18:00:00Z');
const delivery = { shard: 'stream/shardId-000000000000', sequenceNumber: '49600', arrivedAt };

/** A store that can be made to refuse. */
class Store implements Sender {
  readonly engine = new MemoryDynamoDb();
  refuses = false;

  async send(...[command]: Parameters<Sender['send']>): Promise<object> {
    if (this.refuses) throw new Error('The table is away');
    return this.engine.send(command);
  }
}

function newNotes(store: Store): StoredDeliveryNotes {
  return new StoredDeliveryNotes(asClient(store), 'Deliveries');
}

describe('the notes of deliveries', () => {
  test('count starts without an end, in any process', async () => {
    const store = new Store();
    expect(await newNotes(store).begin(delivery)).toBe(0);
    expect(await newNotes(store).begin(delivery)).toBe(1);
    expect(await newNotes(store).begin(delivery)).toBe(2);
    expect(store.engine.items('Deliveries')).toEqual([
      {
        shard: { S: 'stream/shardId-000000000000' },
        delivery: { S: 'record#49600' },
        begun: { N: '3' },
        expiresAt: { N: String(arrivedAt / 1000 + 8 * 24 * 3600) },
      },
    ]);
  });

  test('start at zero after an end', async () => {
    const store = new Store();
    await newNotes(store).begin(delivery);
    const notes = newNotes(store);
    expect(await notes.begin(delivery)).toBe(1);
    await notes.end(delivery);
    expect(await newNotes(store).begin(delivery)).toBe(0);
  });

  test('start at zero in the process whose end the store did not accept', async () => {
    const store = new Store();
    const notes = newNotes(store);
    await notes.begin(delivery);
    store.refuses = true;
    await expect(notes.end(delivery)).rejects.toThrow('The table is away');
    store.refuses = false;
    expect(await notes.begin(delivery)).toBe(0);
  });

  test('keep records apart', async () => {
    const store = new Store();
    await newNotes(store).begin(delivery);
    expect(await newNotes(store).begin({ ...delivery, sequenceNumber: '49601' })).toBe(0);
    expect(await newNotes(store).begin({ ...delivery, shard: 'stream/shardId-000000000001' })).toBe(0);
  });
});
