/**
 * A process that takes in something large and prints how much memory that took: run by `memory.test.ts`, with
 * `file <megabytes>` or `batch`. The store answers at once and keeps nothing, so that what is measured is ours.
 */
import { gzipSync } from 'node:zlib';
import type { KinesisStreamRecord } from 'aws-lambda';
import { importFile } from '../../lambda/file-importer/import-file.ts';
import { ingest } from '../../lambda/ingest.ts';
import { entriesOf } from '../../lambda/kinesis-consumer/entries.ts';
import type { Source } from '../../lambda/sources.ts';
import { LedgerWriter } from '../../lambda/store/writer.ts';
import { writeRecord } from '../../local/simulation/corruption.ts';
import { usageColumns, usageRow, writeRow } from '../../local/simulation/csv-dialect.ts';
import { provideSim } from '../../local/simulation/identity.ts';
import { Random } from '../../local/simulation/random.ts';
import type { UsageRecord } from '../../local/simulation/records.ts';
import { asClient } from './memory-dynamodb.ts';
import { kinesisRecord, sources } from './road.ts';

const megabyte = 2 ** 20;
/** Bytes that Lambda puts into one invocation, as base64. */
const largestPayload = 6 * megabyte;
const arrivedAt = Date.parse('2026-11-02T12:00:00.000Z');

const writer = new LedgerWriter({
  client: asClient({ send: async () => ({}) }),
  sessions: 'Sessions',
  usage: 'Usage',
  events: 'Events',
  sims: 'Sims',
  eventRetentionDays: 90,
});
const quarantine = { keep: async () => undefined };
const sims = Array.from({ length: 1_000 }, (_, index) => provideSim(index * 10 + 1, new Random(index)));

function usage(number: number): UsageRecord {
  const sim = sims[number % sims.length];
  if (sim === undefined) throw new RangeError('There is no SIM');
  const start = arrivedAt - 86_400_000 + (number % 80_000) * 1_000;
  const volume = { up: number, down: 2 * number };
  const common = {
    kind: 'usage',
    sim,
    id: String(4_000_000_000 + number),
    messages: 0,
    road: 'file',
  } as const;
  return { ...common, at: start, start, end: start + 1_000, volume };
}

/** A file of so many megabytes, made while it is read. */
async function* file(megabytes: number): AsyncGenerator<Uint8Array> {
  yield Buffer.from(`${writeRow(usageColumns)}\n`);
  for (let number = 0, bytes = 0; bytes < megabytes * megabyte; ) {
    let text = '';
    while (text.length < 65_536) {
      text += `${writeRow(usageRow(usage(number)))}\n`;
      number += 1;
    }
    const chunk = Buffer.from(text);
    bytes += chunk.length;
    yield chunk;
  }
}

async function takeFile(megabytes: number): Promise<number> {
  const source: Source = { name: '1nce', carrier: '1nce', bytesPerMegabyte: 1_000_000, filesOnly: true };
  const { manifest } = await importFile(
    { bucket: 'files', key: 'cdr_1.csv', versionId: 'v', eTag: '' },
    source,
    {
      writer,
      quarantine,
      files: { read: async () => undefined, write: async () => undefined },
      open: async () => ({
        bytes: file(megabytes),
        size: megabytes * megabyte,
        deliveredAt: arrivedAt,
        close: async () => undefined,
      }),
      keepFile: async () => undefined,
      count: () => undefined,
      timeIsShort: () => false,
    },
  );
  return manifest?.accepted ?? 0;
}

/** The largest batch that Lambda hands over: half of it records as they are, half arrays in gzip. */
function largestBatch(): KinesisStreamRecord[] {
  const records: KinesisStreamRecord[] = [];
  const add = (data: Buffer): number => {
    const record = kinesisRecord(sources.ofBucket('1nce'), '1nce/0', records.length, arrivedAt, data);
    records.push(record);
    return record.kinesis.data.length + 500;
  };
  let number = 0;
  const next = (): string => {
    number += 1;
    return writeRecord(usage(number));
  };
  for (let payload = 0; payload < largestPayload; ) {
    payload += add(Buffer.from(next()));
    if (records.length % 100 === 0) {
      payload += add(gzipSync(`[${Array.from({ length: 500 }, next).join(',')}]`));
    }
  }
  return records;
}

async function takeBatch(batch: readonly KinesisStreamRecord[]): Promise<number> {
  const { receipt } = await ingest(entriesOf(batch, sources), { writer, quarantine }, { lookFirst: false });
  return receipt.stored + receipt.repeated;
}

const [what, size] = process.argv.slice(2);
const batch = what === 'batch' ? largestBatch() : [];
globalThis.gc?.();
const before = process.memoryUsage().rss;
const records = what === 'batch' ? await takeBatch(batch) : await takeFile(Number(size));
const peak = process.resourceUsage().maxRSS * 1024;
process.stdout.write(JSON.stringify({ records, grownMegabytes: Math.ceil((peak - before) / megabyte) }));
