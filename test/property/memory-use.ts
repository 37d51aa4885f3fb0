/**
 * A process that takes in something large and prints how much memory that took: run by `memory.test.ts`, with
 * `file <megabytes>`, `batch`, or `bombs` of a kind. Store and quarantine answer at once and keep nothing, so that what is measured
 * is ours.
 */

import type { KinesisStreamRecord } from 'aws-lambda';
import { readPeakMemory } from '../../emulators/lambda-runtime/peak-memory.ts';
import { noDaysClosed } from '../../lambda/days/fence/chunk-fence.ts';
import { readEntries } from '../../lambda/ingest/entries.ts';
import { importFile } from '../../lambda/ingest/files/import-file.ts';
import { ingest } from '../../lambda/ingest/ingest.ts';
import type { Source } from '../../lambda/ledger/source.ts';
import { LedgerWriter } from '../../lambda/store/writer.ts';
import { sources } from './delivery-path.ts';
import {
  arrivedAt,
  type BombKind,
  batchOfBombs,
  largeFile,
  largestBatch,
  megabyte,
} from './large-deliveries.ts';
import { asClient } from './memory-dynamodb.ts';

const writer = new LedgerWriter({
  client: asClient({
    send: async ({ input }) =>
      'Statements' in input ? { Responses: input.Statements?.map(() => ({})) } : {},
  }),
  sessions: 'Sessions',
  usage: 'Usage',
  events: 'Events',
  sims: 'Sims',
  eventRetentionDays: 90,
  usageRetentionDays: 0,
  writes: 'batched',
});
const quarantine = { keep: async () => undefined };

/** Most bytes that were in use once the garbage was collected. */
let maxRetained = 0;

function retainedBytes(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

async function takeFile(megabytes: number): Promise<number> {
  const source: Source = { name: '1nce', carrier: '1nce', bytesPerMegabyte: 1_000_000, filesOnly: true };
  const { manifest } = await importFile(
    { bucket: 'files', key: 'cdr_1.csv', versionId: 'v', eTag: '' },
    source,
    {
      writer,
      quarantine,
      fence: noDaysClosed,
      files: {
        read: async () => undefined,
        write: async () => {
          maxRetained = Math.max(maxRetained, retainedBytes());
        },
      },
      open: async () => ({
        bytes: largeFile(megabytes),
        size: megabytes * megabyte,
        deliveredAt: arrivedAt,
        close: async () => undefined,
      }),
      keepFile: async () => undefined,
      count: () => undefined,
      askedAt: 0,
      isTimeShort: () => false,
      now: () => 0,
    },
  );
  return manifest?.accepted ?? 0;
}

async function takeBatch(batch: readonly KinesisStreamRecord[]): Promise<number> {
  const { receipt } = await ingest(
    readEntries(batch, sources),
    { writer, quarantine, fence: noDaysClosed },
    { readBeforeWrite: false },
  );
  return receipt.received;
}

function batchFor(what: string | undefined, kind: string | undefined): KinesisStreamRecord[] {
  if (what === 'batch') return largestBatch();
  return what === 'bombs' ? batchOfBombs(kind as BombKind) : [];
}

const [what, kindOrSize] = process.argv.slice(2);
const batch = batchFor(what, kindOrSize);
const retainedBefore = retainedBytes();
const before = process.memoryUsage().rss;
const records = what === 'file' ? await takeFile(Number(kindOrSize)) : await takeBatch(batch);
const peak = readPeakMemory();
const inMegabytes = (bytes: number): number => Math.ceil(Math.max(0, bytes) / megabyte);
process.stdout.write(
  JSON.stringify({
    records,
    grownMegabytes: inMegabytes(peak - before),
    retainedMegabytes: inMegabytes(maxRetained - retainedBefore),
  }),
);
