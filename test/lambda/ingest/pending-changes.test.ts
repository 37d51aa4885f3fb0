import { describe, expect, test } from 'vitest';
import type { Reading } from '../../../lambda/carriers/reading.ts';
import { type ChunkFence, noDaysClosed } from '../../../lambda/days/fence/chunk-fence.ts';
import type { FiledRecord } from '../../../lambda/days/filed-records.ts';
import { BatchAccount } from '../../../lambda/ingest/batch-account.ts';
import { type Entry, ingest, type LedgerPorts } from '../../../lambda/ingest/ingest.ts';
import { PendingChanges, type StoringOptions } from '../../../lambda/ingest/pending-changes.ts';
import { makeAccountKey } from '../../../lambda/ledger/accounts.ts';
import type { Changes } from '../../../lambda/ledger/fold.ts';
import type { Source } from '../../../lambda/ledger/source.ts';
import type { WriteOptions } from '../../../lambda/store/ledger-tables.ts';
import { Report } from '../../../lambda/store/report.ts';
import { eventAt, minute, observe, sessionAt, simAt, usageAt } from '../store/observations.ts';

const hour = 3_600_000;
const source: Source = { name: 'main', carrier: '1nce', bytesPerMegabyte: 1_000_000, lateness: hour };
/** An hour after minute 10: what tells of an earlier moment came late. */
const arrivedAt = Date.parse(minute(70));

const usage = (at: number, sim: string, more: Parameters<typeof usageAt>[3] = {}): Reading =>
  observe({ usage: usageAt(minute(at), sim, `${at}`, more) });
const event = (at: number, sim: string): Reading => observe({ event: eventAt(minute(at), sim, `${at}`) });

/** Entries of one delivery each. */
function makeEntries(readings: readonly Reading[], more: Partial<Entry> = {}): Entry[] {
  return readings.map((reading, delivery) => ({
    ...{ reading, delivery, source, arrivedAt, position: `${delivery}`, readBytes: () => Buffer.from('') },
    ...more,
  }));
}

const stream: StoringOptions = { readBeforeWrite: false };
const file: StoringOptions = { readBeforeWrite: true };

/** Takes in a batch. @returns what became of it, and what was noted and written. */
async function take(
  entries: readonly Entry[],
  options: StoringOptions,
  {
    report: fill = () => undefined,
    ...ports
  }: Partial<LedgerPorts> & { readonly report?: (report: Report, changes: Changes) => void } = {},
) {
  const late: (readonly [string, string])[][] = [];
  const filed: string[][] = [];
  const written: WriteOptions[] = [];
  const { receipt, failedDeliveries, errors } = await ingest(
    entries,
    {
      fence: noDaysClosed,
      writer: {
        write: async (changes, given) => {
          written.push(given);
          const report = new Report();
          fill(report, changes);
          return report;
        },
      },
      quarantine: { keep: async () => undefined },
      noteLate: async (notes) =>
        void late.push([...notes].map(([sim, at]) => [sim, new Date(at).toISOString()])),
      noteFiled: async (records: readonly FiledRecord[]) =>
        void filed.push(records.map(({ kind, id }) => `${kind} ${id}`)),
      ...ports,
    },
    options,
  );
  const messages = errors.map(({ message }) => message);
  return { late, filed, written, receipt, failed: [...failedDeliveries], messages };
}

describe('records that arrive later than their source’s lateness', () => {
  test('are noted, by the earliest time of each SIM; exactly the lateness is not late', async () => {
    const batch = [usage(5, 'a'), event(3, 'a'), usage(4, 'a'), usage(10, 'b'), event(9, 'c')];
    expect((await take(makeEntries(batch), stream)).late).toEqual([
      [
        ['a', minute(3)],
        ['c', minute(9)],
      ],
    ]);
  });

  test('are judged by the last moment of usage, and by when a session was observed', async () => {
    const batch = [
      usage(5, 'a', { end: minute(20) }),
      usage(20, 'b', { end: minute(5) }),
      usage(5, 'c', { end: minute(6) }),
      observe({ session: sessionAt(minute(7), 'd') }),
      observe({ session: sessionAt(minute(11), 'e', { start: minute(1) }) }),
    ];
    expect((await take(makeEntries(batch), stream)).late).toEqual([
      [
        ['c', minute(6)],
        ['d', minute(7)],
      ],
    ]);
  });

  test('are not noted for a source that no rule watches, and no empty note is put', async () => {
    const { lateness: _, ...unwatched } = source;
    expect((await take(makeEntries([usage(1, 'a')], { source: unwatched }), stream)).late).toEqual([]);
    expect((await take(makeEntries([usage(30, 'a')]), stream)).late).toEqual([]);
    const state = observe({ sim: simAt(minute(1), 'a') });
    expect((await take(makeEntries([state]), stream)).late).toEqual([]);
  });

  const batch = makeEntries([usage(1, 'new'), usage(2, 'stored'), usage(3, 'failed')]);
  const report = (written: Report, { usage: [, stored, failed] }: Changes): void => {
    if (stored !== undefined) written.noteUnchanged(stored);
    if (failed !== undefined) written.noteFailure(failed, new Error('throttled'));
  };

  test.each([
    ['a stream, also if they were stored before', stream, ['new', 'stored']],
    ['a file, if they were not stored before', file, ['new']],
    ['a file that is tried again, also if they were', { ...file, isRetry: true }, ['new', 'stored']],
  ])('are noted of %s, and never if they are not stored', async (_, options, expected) => {
    const { late, failed } = await take(batch, options, { report });
    expect(late.flat().map(([sim]) => sim)).toEqual(expected);
    expect(failed).toEqual([2]);
  });

  test('are delivered again if they could not be noted, and no others are', async () => {
    const noteLate = () => Promise.reject(new Error('throttled'));
    const { receipt, failed, messages } = await take(makeEntries([usage(1, 'a'), usage(30, 'b')]), stream, {
      noteLate,
    });
    expect([failed, messages, receipt.stored, receipt.failed]).toEqual([[0], ['throttled'], 1, 1]);
  });
});

describe('what a file states', () => {
  const rows = { isRow: true };

  test('is noted if a stream may deliver it too: data and events of SIMs', async () => {
    const account = makeAccountKey('main', '7');
    const batch = [
      usage(11, 'a'),
      usage(12, 'a', { trafficType: 'sms' }),
      event(13, 'a'),
      event(14, account),
    ];
    expect((await take(makeEntries(batch, rows), file)).filed).toEqual([['usage 11', 'event 13']]);
  });

  test('is not noted for a source without a stream, nor for records of a stream', async () => {
    const batch = [usage(11, 'a'), event(13, 'a')];
    const filesOnly = { ...rows, source: { ...source, filesOnly: true } };
    expect((await take(makeEntries(batch, filesOnly), file)).filed).toEqual([]);
    expect((await take(makeEntries(batch), file)).filed).toEqual([]);
  });

  test('is delivered again if it could not be noted, and nothing else is', async () => {
    const noteFiled = () => Promise.reject(new Error('throttled'));
    const batch = [usage(11, 'a', { trafficType: 'sms' }), usage(12, 'a'), event(13, 'a')];
    const { receipt, failed, messages } = await take(makeEntries(batch, rows), file, { noteFiled });
    expect([failed, messages, receipt.stored, receipt.failed]).toEqual([[1, 2], ['throttled'], 1, 2]);
  });

  test('needs no notes in a dry run', async () => {
    const entries = makeEntries([usage(1, 'a'), event(2, 'a')], rows);
    const { receipt } = await take(entries, file, { noteLate: undefined, noteFiled: undefined } as object);
    expect(receipt).toMatchObject({ stored: 2, failed: 0 });
  });
});

test('what is written is as old as its newest record, or as the request to write it where that is later', async () => {
  const entries = [arrivedAt, arrivedAt + hour, arrivedAt - hour].flatMap((at, index) =>
    makeEntries([usage(20 + index, 'a')], { arrivedAt: at }),
  );
  expect((await take(entries, stream)).written).toEqual([{ ...stream, writtenAt: arrivedAt + hour }]);
  for (const later of [0, 5 * hour]) {
    const options = { ...file, writtenAt: arrivedAt + later };
    const { written } = await take(entries, options);
    expect(written).toEqual([{ ...file, writtenAt: arrivedAt + Math.max(hour, later) }]);
  }
});

test('the changes of 20,000 records are as many as may wait, and none waits after them', async () => {
  const late: string[][] = [];
  const changes = new PendingChanges({
    writer: { write: async () => new Report() },
    passage: await noDaysClosed.enter(),
    noteLate: async (notes) => void late.push([...notes.keys()]),
    noteFiled: undefined,
    options: stream,
    account: new BatchAccount(),
  });
  const [record] = makeEntries([usage(1, 'a')]);
  if (record?.reading.kind !== 'observed') expect.fail('The record is not read');
  for (let index = 0; index < 19_999; index += 1) changes.fold(index, record.reading, record);
  expect(changes.areFull).toBe(false);
  changes.fold(19_999, record.reading, record);
  expect(changes.areFull).toBe(true);
  await changes.store();
  expect(changes.areFull).toBe(false);
  await changes.store();
  expect(late).toEqual([['a']]);
});

describe('the fence', () => {
  /** Refuses the second usage record, and counts who has left. */
  function refuseSecond() {
    const passages = { entered: 0, left: 0 };
    const fence: ChunkFence = {
      enter: async () => {
        passages.entered += 1;
        return {
          mark: async ({ usage: [first, second, ...others], ...changes }) => ({
            writable: { ...changes, usage: [first, ...others].filter((one) => one !== undefined) },
            refused: second === undefined ? [] : [{ change: second, error: new Error('No marker was put') }],
          }),
          markDays: async () => undefined,
          leave: () => {
            passages.left += 1;
          },
        };
      },
    };
    return { fence, passages };
  }

  test('returns the records that it refuses, and the others are written', async () => {
    const { fence, passages } = refuseSecond();
    const seen: (string | undefined)[] = [];
    const report = (_: Report, changes: Changes): void => {
      seen.push(...changes.usage.map(({ state }) => state.recordId));
    };
    const entries = makeEntries([usage(11, 'a'), usage(12, 'a'), usage(13, 'a'), usage(12, 'a')]);
    const { receipt, failed, messages } = await take(entries, stream, { fence, report });
    expect(seen).toEqual(['11', '13']);
    expect([failed, messages, receipt.stored, receipt.failed]).toEqual([[1, 3], ['No marker was put'], 2, 2]);
    expect(passages).toEqual({ entered: 1, left: 1 });
  });

  test('is left even if a chunk could not be written', async () => {
    const { fence, passages } = refuseSecond();
    const beginChunk = async () => () => Promise.reject(new Error('The note was not taken'));
    await expect(take(makeEntries([usage(11, 'a')]), stream, { fence, beginChunk })).rejects.toThrow(
      'not taken',
    );
    expect(passages).toEqual({ entered: 1, left: 1 });
  });
});
