import { randomUUID } from 'node:crypto';
import { DynamoDBClient, type QueryCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import { StreamNotes } from '../../../../lambda/alerts/progress/stream-notes.ts';
import { readStream } from '../../../../lambda/alerts/watermark.ts';
import { alertStateTable } from '../../../../lambda/store/tables.ts';
import { runningTables } from '../../store/running-tables.ts';

const tables = runningTables();
const now = Date.parse('2026-11-02T12:00:00Z');
const minute = 60_000;

/** A shard of a separate source, with notes of its batches. */
class NotedShard {
  readonly source = `source-${randomUUID()}`;

  /** A process of the consumer. */
  process(parallelBatches = 1): StreamNotes {
    return new StreamNotes(tables.client, alertStateTable.name, () => now, parallelBatches);
  }

  /** A batch of records that arrived at these minutes; the sequence numbers are the minutes. */
  batch(...minutes: number[]) {
    const records = minutes.map((at) => ({ sequence: String(1_000 + at), arrival: now + at * minute }));
    return { source: this.source, shard: 'shardId-000000000000', records };
  }

  /** The notes, and how far the shard is read according to them, in minutes. */
  async read() {
    const shards = await this.process().list(this.source);
    const noted = [...shards].map(([name, notes]) => ({ name, ...notes, drainedAt: undefined }));
    const { at, holds } = readStream(noted, now);
    return { at: at === undefined ? undefined : (at - now) / minute, holds: holds.map(({ cause }) => cause) };
  }
}

describe('the notes of a shard', () => {
  test('hold R at a batch that has started and not finished', async () => {
    const shard = new NotedShard();
    const process = shard.process();
    expect(await shard.read()).toEqual({ at: undefined, holds: [] });
    const batch = shard.batch(1, 2, 3);
    await process.begin(batch);
    expect(await shard.read()).toEqual({ at: 1, holds: ['unfinished-batch'] });
    await process.end(batch, batch.records.slice(1));
    expect(await shard.read()).toEqual({ at: 1, holds: ['unfinished-batch'] });
    const again = shard.batch(2, 3);
    await shard.process().begin(again);
    await process.end(again, []);
    expect(await shard.read()).toEqual({ at: 3, holds: [] });
  });

  test('keep a batch of a crashed process until its records are done in other batches', async () => {
    const shard = new NotedShard();
    await shard.process().begin(shard.batch(1, 2, 3, 4));
    const process = shard.process();
    const held: unknown[] = [];
    for (const half of [shard.batch(1, 2), shard.batch(3, 4)]) {
      await process.begin(half);
      held.push((await shard.read()).at);
      await process.end(half, []);
    }
    expect(held).toEqual([1, 2]);
    expect(await shard.read()).toEqual({ at: 4, holds: [] });
  });

  test('allow several concurrent batches, and never go back behind a finished one', async () => {
    const shard = new NotedShard();
    const [old, young] = [shard.process(2), shard.process(2)];
    const [first, second] = [shard.batch(1), shard.batch(2)];
    await old.begin(first);
    await young.begin(second);
    await young.end(second, []);
    expect(await shard.read()).toEqual({ at: 1, holds: ['unfinished-batch'] });
    await old.end(first, []);
    expect(await shard.read()).toEqual({ at: 1, holds: ['late-lane'] });
    const [[, notes] = []] = [...(await old.list(shard.source))];
    expect(notes?.newestDone).toEqual(second.records[0]);
  });

  test('hold R at a lane between two of its batches', async () => {
    const shard = new NotedShard();
    const process = shard.process(2);
    for (const batch of [shard.batch(60), shard.batch(10, 11)]) {
      await process.begin(batch);
      await process.end(batch, []);
    }
    expect(await shard.read()).toEqual({ at: 11, holds: ['late-lane'] });
    const next = shard.batch(12, 60.5);
    await process.begin(next);
    expect(await shard.read()).toEqual({ at: 11, holds: ['late-lane', 'unfinished-batch'] });
    await process.end(next, []);
    expect(await shard.read()).toEqual({ at: 11, holds: ['late-lane'] });
  });

  test('end with the next batch of the process if the store did not accept the end', async () => {
    const shard = new NotedShard();
    const broken = { isAway: false };
    const client = new DynamoDBClient({});
    client.send = ((command: QueryCommand) => {
      if (broken.isAway) throw new Error('The store is away');
      return tables.client.send(command);
    }) as DynamoDBClient['send'];
    const process = new StreamNotes(client, alertStateTable.name, () => now, 1);
    const [first, second] = [shard.batch(1, 2), shard.batch(3)];
    await process.begin(first);
    broken.isAway = true;
    await expect(process.end(first, [])).rejects.toThrow('away');
    broken.isAway = false;
    expect(await shard.read()).toEqual({ at: 1, holds: ['unfinished-batch'] });
    await process.begin(second);
    expect(await shard.read()).toEqual({ at: 2, holds: ['unfinished-batch'] });
    await process.end(second, []);
    expect(await shard.read()).toEqual({ at: 3, holds: [] });
  });

  test('end a batch whose start could not be noted', async () => {
    const shard = new NotedShard();
    await shard.process().end(shard.batch(1, 2), []);
    expect(await shard.read()).toEqual({ at: 2, holds: [] });
  });

  test('end with the redrive of an abandoned batch', async () => {
    const shard = new NotedShard();
    const process = shard.process();
    await process.begin(shard.batch(1, 2));
    const done = shard.batch(3);
    await process.begin(done);
    await process.end(done, []);
    expect(await shard.read()).toEqual({ at: 1, holds: ['unfinished-batch'] });
    await shard.process().forget(shard.batch(1));
    expect(await shard.read()).toEqual({ at: 1, holds: ['unfinished-batch'] });
    await shard.process().forget(shard.batch(1, 2));
    expect(await shard.read()).toEqual({ at: 3, holds: [] });
  });

  test('of many batches are one item of bounded size', async () => {
    const shard = new NotedShard();
    const process = shard.process();
    for (let at = 0; at < 20; at += 1) {
      const batch = shard.batch(at);
      await process.begin(batch);
      await process.end(batch, []);
    }
    const noted = await process.list(shard.source);
    expect(noted).toEqual(
      new Map([
        [
          'shardId-000000000000',
          {
            notes: [],
            lanes: [{ lastSequence: '1019', since: now + 19 * minute, notedAt: now }],
            newestDone: { sequence: '1019', arrival: now + 19 * minute },
          },
        ],
      ]),
    );
  });
});
