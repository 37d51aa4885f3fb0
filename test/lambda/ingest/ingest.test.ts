import { describe, expect, test } from 'vitest';
import { type Fault, makeFault, type Reading } from '../../../lambda/carriers/reading.ts';
import { noDaysClosed } from '../../../lambda/days/fence/chunk-fence.ts';
import {
  type ChunkOutcome,
  type EndChunk,
  type Entry,
  ingest,
  type LedgerPorts,
} from '../../../lambda/ingest/ingest.ts';
import type { Changes } from '../../../lambda/ledger/fold.ts';
import type { Reject } from '../../../lambda/store/quarantine.ts';
import { Report } from '../../../lambda/store/report.ts';
import { eventAt, minute, sessionAt, usageAt } from '../store/observations.ts';

const source = { name: 'main', carrier: 'twilio', bytesPerMegabyte: 1_000_000 } as const;

/** Entries whose numbers of deliveries are given beside their readings. */
function entries(...read: readonly (readonly [number, Reading])[]): Entry[] {
  return read.map(([delivery, reading], index) => ({
    reading,
    delivery,
    position: `position-${index}`,
    source,
    arrivedAt: 0,
    readBytes: () => Buffer.from(`bytes-${index}`),
  }));
}

function window(sim: string, id: string): Reading {
  const usage = usageAt(minute(1), sim, id);
  return { kind: 'observed', session: sessionAt(minute(1), sim), usage, event: undefined, sim: undefined };
}

function happening(sim: string, id: string): Reading {
  const event = eventAt(minute(1), sim, id);
  return { kind: 'observed', session: undefined, usage: undefined, event, sim: undefined };
}

const broken: Fault = makeFault('broken-json', 'This is not JSON');
const test1: Reading = { kind: 'ignored', reason: 'sink validation', testId: 'test-1' };

/** Ports that take everything, and report what a test tells them to. */
function ports(options: {
  readonly report?: (report: Report, changes: Changes) => void;
  readonly refuse?: (reject: Reject) => boolean;
}): LedgerPorts & { readonly kept: { readonly group: string | undefined; readonly positions: string[] }[] } {
  const kept: { group: string | undefined; positions: string[] }[] = [];
  return {
    kept,
    fence: noDaysClosed,
    writer: {
      write: async (changes) => {
        const report = new Report();
        options.report?.(report, changes);
        return report;
      },
    },
    quarantine: {
      keep: async (rejects, group) => {
        if (rejects.some((reject) => options.refuse?.(reject))) throw new Error('The bucket is full');
        kept.push({ group, positions: rejects.map(({ position }) => position) });
      },
    },
  };
}

describe('ingesting a batch', () => {
  test('counts each record once: stored, repeated in the batch, ignored or rejected', async () => {
    const there = ports({});
    const batch = entries(
      [0, window('a', '1')],
      [1, window('a', '2')],
      [2, window('a', '1')],
      [3, happening('a', '1')],
      [4, test1],
      [5, broken],
      [6, broken],
    );
    const { receipt, failedDeliveries, testIds, errors } = await ingest(batch, there, {
      readBeforeWrite: false,
    });
    expect(receipt).toEqual({ received: 7, stored: 3, repeated: 1, ignored: 1, rejected: 2, failed: 0 });
    expect([[...failedDeliveries], testIds, errors]).toEqual([[], ['test-1'], []]);
    expect(there.kept).toEqual([
      { group: undefined, positions: ['position-5'] },
      { group: undefined, positions: ['position-6'] },
    ]);
  });

  test('folds what records say about one item into one change, which lists them all', async () => {
    let seen: unknown;
    const there = ports({
      report: (_, { sessions, usage, events, sims }) => {
        seen = [sessions, usage, events, sims].map((changes) => changes.map(({ indexes }) => indexes));
      },
    });
    const batch = entries(
      [0, window('a', '1')],
      [0, window('b', '1')],
      [1, window('a', '2')],
      [1, window('a', '1')],
      [2, happening('b', '1')],
    );
    await ingest(batch, there, { readBeforeWrite: false });
    expect(seen).toEqual([[[0, 2, 3], [1]], [[0, 3], [1], [2]], [[4]], []]);
  });

  test('counts records whose change was already stored as repeated', async () => {
    const there = ports({ report: (report, { sessions }) => report.noteUnchanged(sessions[0]!) });
    const batch = entries([0, window('a', '1')], [1, window('a', '2')], [2, window('b', '1')]);
    const { receipt } = await ingest(batch, there, { readBeforeWrite: false });
    expect(receipt).toEqual({ received: 3, stored: 1, repeated: 2, ignored: 0, rejected: 0, failed: 0 });
  });

  test('counts records that were not stored as failed, and their whole deliveries', async () => {
    const refused = new Error('refused');
    const there = ports({ report: (report, { usage }) => report.noteFailure(usage[1]!, refused) });
    // Delivery 4 holds three records: one is stored, one is not, one is rejected.
    const batch = entries(
      [3, window('a', '1')],
      [4, window('a', '2')],
      [4, broken],
      [4, happening('a', '1')],
      [5, happening('b', '1')],
    );
    const { receipt, failedDeliveries, errors } = await ingest(batch, there, { readBeforeWrite: false });
    expect(receipt).toEqual({ received: 4, stored: 3, repeated: 0, ignored: 0, rejected: 1, failed: 1 });
    expect([[...failedDeliveries], errors]).toEqual([[4], [refused]]);
  });

  test('requests again the deliveries whose rejects the quarantine did not keep', async () => {
    const there = ports({ refuse: ({ position }) => position === 'position-2' });
    const batch = entries([0, broken], [1, window('a', '1')], [2, broken], [3, test1]);
    const { receipt, failedDeliveries, errors } = await ingest(batch, there, { readBeforeWrite: false });
    expect(receipt).toEqual({ received: 3, stored: 1, repeated: 0, ignored: 1, rejected: 1, failed: 1 });
    expect([[...failedDeliveries], errors.map(({ message }) => message)]).toEqual([
      [2],
      ['The bucket is full'],
    ]);
    expect(there.kept).toEqual([{ group: undefined, positions: ['position-0'] }]);
  });

  test('keeps the rejects of a group together, by what is wrong with them', async () => {
    const there = ports({});
    const wrongTime = makeFault('impossible-time', 'No such time');
    const batch = entries([0, broken], [1, wrongTime], [2, window('a', '1')], [3, broken]);
    await ingest(batch, there, { readBeforeWrite: true, rejectGroup: 'file#0' });
    expect(there.kept).toEqual([
      { group: 'file#0/broken-json', positions: ['position-0', 'position-3'] },
      { group: 'file#0/impossible-time', positions: ['position-1'] },
    ]);
  });

  test('keeps the rejects of one delivery together, by what is wrong with them, and each once', async () => {
    const there = ports({});
    const wrongTime = makeFault('impossible-time', 'No such time');
    const batch = entries([0, broken], [0, wrongTime], [0, broken], [0, broken], [1, broken], [1, wrongTime]);
    const bytes = ['a', 'a', 'b', 'a', 'c', 'a'];
    const read = batch.map((entry, index) => ({
      ...entry,
      readBytes: () => Buffer.from(bytes[index] ?? ''),
    }));
    const { receipt } = await ingest(read, there, { readBeforeWrite: false });
    expect(there.kept).toEqual([
      { group: undefined, positions: ['position-0', 'position-2'] },
      { group: undefined, positions: ['position-1'] },
      { group: undefined, positions: ['position-4'] },
    ]);
    expect(receipt).toEqual({ received: 6, stored: 0, repeated: 0, ignored: 0, rejected: 6, failed: 0 });
  });

  test('does not keep a reject again that is already kept with others of the batch', async () => {
    const there = ports({});
    const batch = entries([0, broken], [1, broken], [1, broken], [2, broken], [2, broken]);
    const bytes = ['a', 'a', 'b', 'b', 'c'];
    const read = batch.map((entry, index) => ({
      ...entry,
      readBytes: () => Buffer.from(bytes[index] ?? ''),
    }));
    await ingest(read, there, { readBeforeWrite: false });
    expect(there.kept).toEqual([
      { group: undefined, positions: ['position-1', 'position-2'] },
      { group: undefined, positions: ['position-3', 'position-4'] },
    ]);
  });

  test('requests again every delivery whose rejects belong to an object that was not kept', async () => {
    const there = ports({ refuse: () => true });
    const batch = entries([0, broken], [1, window('a', '1')], [2, broken]);
    const read = batch.map((entry) => ({ ...entry, readBytes: () => Buffer.from('same') }));
    const { receipt, failedDeliveries } = await ingest(read, there, { readBeforeWrite: false });
    expect([receipt.stored, receipt.failed, [...failedDeliveries]]).toEqual([1, 2, [0, 2]]);
  });

  test('ends an object of rejects at four megabytes, whatever else is in the batch', async () => {
    const alone = ports({});
    const among = ports({});
    const large = (delivery: number) =>
      Array.from({ length: 10 }, (_, index) => ({
        ...entries([delivery, broken])[0]!,
        position: `large-${index}`,
        readBytes: () => Buffer.alloc(1024 * 1024, index),
      }));
    await ingest(large(0), alone, { readBeforeWrite: false });
    await ingest([...entries([0, broken], [1, broken]), ...large(2), ...entries([3, broken])], among, {
      readBeforeWrite: false,
    });
    const objects = [
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9],
    ].map((numbers) => ({
      group: undefined,
      positions: numbers.map((number) => `large-${number}`),
    }));
    expect(alone.kept).toEqual(objects);
    expect(among.kept).toEqual(expect.arrayContaining(objects));
  });

  test('writes what many records state in several steps, and counts each once', async () => {
    const written: number[] = [];
    const there = ports({ report: (_, { usage }) => written.push(usage.length) });
    const many = Array.from({ length: 45_000 }, (_, id) => [0, window('a', String(id))] as const);
    const { receipt } = await ingest(entries(...many), there, { readBeforeWrite: false });
    expect([written, receipt.stored]).toEqual([[20_000, 20_000, 5_000], 45_000]);
  });

  test('without records returns an empty receipt', async () => {
    expect(await ingest([], ports({}), { readBeforeWrite: false })).toMatchObject({
      receipt: { received: 0, stored: 0, repeated: 0, ignored: 0, rejected: 0, failed: 0 },
      failedDeliveries: new Set(),
      testIds: [],
      errors: [],
    });
  });

  test('keeps rejects before it has read the whole batch, if many bytes are waiting', async () => {
    const there = ports({ refuse: ({ position }) => position === 'position-1' });
    const bytes = (byte: number) => () => Buffer.alloc(5 * 1024 * 1024, byte);
    const keptWhenRead: number[] = [];
    function* read(): Generator<Entry> {
      for (const entry of entries([0, broken], [1, broken], [2, broken], [3, broken], [4, broken])) {
        keptWhenRead.push(there.kept.length);
        yield { ...entry, readBytes: bytes(entry.delivery) };
      }
    }
    const { receipt, failedDeliveries } = await ingest(read(), there, { readBeforeWrite: false });
    expect(keptWhenRead).toEqual([0, 0, 1, 1, 3]);
    expect(there.kept.flatMap(({ positions }) => positions)).toEqual(
      [0, 2, 3, 4].map((number) => `position-${number}`),
    );
    expect([receipt.rejected, receipt.failed, [...failedDeliveries]]).toEqual([4, 1, [1]]);
  });

  test('begins a chunk before it reads a record, and ends it with the outcome of all', async () => {
    const steps: string[] = [];
    const there = ports({
      report: (report, { usage }) => {
        steps.push('stored');
        for (const change of usage.slice(1)) report.noteFailure(change, new Error('The table is gone'));
      },
    });
    function* read(): Generator<Entry> {
      for (const entry of entries([0, window('a', '1')], [1, broken], [2, window('b', '1')])) {
        steps.push(`read ${entry.position}`);
        yield entry;
      }
    }
    const ended: ChunkOutcome[] = [];
    const beginChunk = async (): Promise<EndChunk> => {
      steps.push('begun');
      return async (outcome) => {
        steps.push('ended');
        ended.push(outcome);
      };
    };
    const ingested = await ingest(read(), { ...there, beginChunk }, { readBeforeWrite: false });
    expect(steps).toEqual([
      'begun',
      'read position-0',
      'read position-1',
      'read position-2',
      'stored',
      'ended',
    ]);
    expect(ended).toEqual([ingested]);
    const none = { received: 0, stored: 0, repeated: 0, ignored: 0, rejected: 0, failed: 0 };
    expect(Object.fromEntries(ingested.measures.receipts)).toEqual({
      usage: { ...none, received: 1, stored: 1, failed: 1 },
      'broken-json': { ...none, received: 1, rejected: 1 },
    });
    expect([ingested.receipt.failed, [...ingested.failedDeliveries]]).toEqual([1, [2]]);
  });

  test('reads no record of a chunk that could not begin', async () => {
    let read = 0;
    function* reading(): Generator<Entry> {
      for (const entry of entries([0, window('a', '1')])) {
        read += 1;
        yield entry;
      }
    }
    const beginChunk = () => Promise.reject(new Error('The note was not taken'));
    await expect(ingest(reading(), { ...ports({}), beginChunk }, { readBeforeWrite: false })).rejects.toThrow(
      'The note was not taken',
    );
    expect(read).toBe(0);
  });
});
